import { existsSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isAppError } from '../common/app-error.ts';
import { translate } from '../memory/ledger-error.ts';
import { DATABASE_NAME } from '../memory/store/database.ts';
import { integer, text } from '../memory/store/row.ts';

/** A memory as it lies on disk, whether or not its folder is still there. */
export interface StoredMemory {
  /** The folder that holds it: its name, which tells it from all others of one home. */
  readonly name: string;
  /** What a person knows it by: the last part of its newest working folder, else of its own name. */
  readonly title: string;
  /** Working folders that have used it, the last used first; empty where it cannot be read. */
  readonly folders: readonly { readonly path: string; readonly isThere: boolean; readonly usedMs: number }[];
  /** Files that are asked about, over all working folders. */
  readonly files: number;
  /** Files that were forgotten on request, over all working folders: without the memory nobody knows that. */
  readonly forgotten: number;
  /** On disk, with everything that was set aside. */
  readonly bytes: number;
  /** When it was begun, and last used; to the hour, in ms since 1970. */
  readonly createdMs: number;
  readonly usedMs: number;
  /** `gone`: none of its working folders is there. `unreadable`: damaged, or of another version. */
  readonly state: 'kept' | 'gone' | 'unreadable';
}

/** What became of a memory that was to be removed. */
export type Removal =
  | { readonly kind: 'removed'; readonly name: string; readonly bytes: number }
  | { readonly kind: 'in-use' | 'unknown' | 'failed'; readonly name: string; readonly message: string };

/** memoryFolder() names them so. */
const FOLDER = /-[0-9a-f]{12}$/;
const REMOVING = '.removing-';
const COUNTS =
  "SELECT count(*) FILTER (WHERE state = 'ingested') AS files, " +
  "count(*) FILTER (WHERE state = 'skipped' AND reason = 'forgotten') AS forgotten FROM file";
/** ms that a database is waited for: nobody who looks at a list waits for a writer. */
const BUSY = 500;

/** Every memory below a home, the last used first. One that cannot be read is listed with its size. */
export function storedMemories(home: string): StoredMemory[] {
  const all = join(home, 'memory');
  return foldersIn(all)
    .filter(isMemoryName)
    .flatMap((name) => {
      const databases = databasesIn(join(all, name));
      return databases.length === 0 ? [] : [describe(all, name, databases)];
    })
    .sort((a, b) => b.usedMs - a.usedMs || (a.name < b.name ? -1 : 1));
}

/**
 * Removes memories for good; no file of a working folder is touched. One that a window or a program has open stays:
 * what it writes next would be lost.
 */
export function removeStored(home: string, names: readonly string[]): Removal[] {
  const all = join(home, 'memory');
  sweepRemoved(home);
  const there = new Set(foldersIn(all).filter(isMemoryName));
  return names.map((name) => {
    const databases = there.has(name) ? databasesIn(join(all, name)) : [];
    if (databases.length === 0) return { kind: 'unknown', name, message: `There is no memory ${name} in ${home}.` };
    const { title, bytes } = describe(all, name, databases);
    try {
      if (databases.some((file) => isOpen(file))) {
        const message = `${title} is in use: close the windows and programs that have it open, then try again.`;
        return { kind: 'in-use', name, message };
      }
      // A rename takes all of it at once: whoever opens it now begins anew, and what is half removed is not found.
      const going = join(all, `${REMOVING}${name}`);
      renameSync(join(all, name), going);
      rmSync(going, { recursive: true, force: true });
      return { kind: 'removed', name, bytes };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: 'failed', name, message: `${title} could not be removed: ${reason}` };
    }
  });
}

/** Takes away what a removal left that was killed, or that a file held up which somebody had open. Never throws. */
export function sweepRemoved(home: string): void {
  const all = join(home, 'memory');
  for (const name of foldersIn(all).filter((folder) => folder.startsWith(REMOVING) && FOLDER.test(folder))) {
    try {
      rmSync(join(all, name), { recursive: true, force: true });
    } catch {
      // It is held up still: the next time.
    }
  }
}

function describe(all: string, name: string, databases: readonly string[]): StoredMemory {
  const folder = join(all, name);
  const stats = databases.map((file) => lstatSync(file));
  const read = databases.map(contentsOf);
  const folders = read
    .flatMap((one) => one?.folders ?? [])
    .sort((a, b) => b.usedMs - a.usedMs)
    .filter(({ path }, at, every) => every.findIndex((other) => other.path === path) === at);
  const used = folders.length > 0 ? folders.map(({ usedMs }) => usedMs) : stats.map(({ mtimeMs }) => mtimeMs);
  return {
    name,
    title: basename(folders[0]?.path ?? name.replace(FOLDER, '')),
    folders,
    files: read.reduce((sum, one) => sum + (one?.files ?? 0), 0),
    forgotten: read.reduce((sum, one) => sum + (one?.forgotten ?? 0), 0),
    bytes: bytesIn(folder),
    createdMs: Math.min(...stats.map(({ birthtimeMs, mtimeMs }) => birthtimeMs || mtimeMs)),
    usedMs: Math.max(...used),
    state: folders.length === 0 ? 'unreadable' : folders.some(({ isThere }) => isThere) ? 'kept' : 'gone',
  };
}

/** Undefined where it cannot be read: that is for verify and its repairs, and no reason not to list it. */
function contentsOf(file: string): Pick<StoredMemory, 'folders' | 'files' | 'forgotten'> | undefined {
  try {
    const db = new DatabaseSync(file, { readOnly: true, timeout: BUSY });
    try {
      const folders = db.prepare('SELECT folder, seen_ms FROM checkout').all();
      const count = db.prepare(COUNTS).get() ?? {};
      return {
        folders: folders.map((row) => {
          const path = text(row, 'folder');
          return { path, isThere: existsSync(path), usedMs: integer(row, 'seen_ms') };
        }),
        files: integer(count, 'files'),
        forgotten: integer(count, 'forgotten'),
      };
    } finally {
      db.close();
    }
  } catch {
    return undefined;
  }
}

/**
 * Whether another connection has the database open, here or in another process: SQLite takes its write-ahead log away
 * only where there is none (https://sqlite.org/wal.html). A database without such a log, as some network folders have
 * it, shows a connection only while it reads or writes.
 *
 * @throws `ledger/…` where that cannot be found out
 */
function isOpen(file: string): boolean {
  try {
    const db = new DatabaseSync(file, { timeout: BUSY });
    try {
      const mode = db.prepare('PRAGMA journal_mode = DELETE').get() ?? {};
      if (text(mode, 'journal_mode') === 'wal') return true;
      db.exec('BEGIN EXCLUSIVE; ROLLBACK');
      return false;
    } finally {
      db.close();
    }
  } catch (error) {
    const failure = translate(error, file);
    if (isAppError(failure, 'ledger/busy')) return true;
    // What is no database is open nowhere.
    if (isAppError(failure, 'ledger/damaged')) return false;
    throw failure ?? error;
  }
}

const isMemoryName = (name: string) => FOLDER.test(name) && !name.startsWith(REMOVING);

function databasesIn(folder: string): string[] {
  return namesIn(folder).flatMap((name) => (DATABASE_NAME.test(name) ? [join(folder, name)] : []));
}

/** Real folders only: a link leads to what is not ours. */
function foldersIn(folder: string): string[] {
  return namesIn(folder).filter((name) => lstatSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory());
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function bytesIn(folder: string): number {
  return namesIn(folder).reduce((sum, name) => {
    const found = lstatSync(join(folder, name), { throwIfNoEntry: false });
    return sum + (found?.isDirectory() === true ? bytesIn(join(folder, name)) : (found?.size ?? 0));
  }, 0);
}
