import { lstatSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { isAppError } from '../../common/app-error.ts';
import { StoreWriter } from './store-writer.ts';
import { isConverting } from './convert-records.ts';
import { enterCheckout, FILES, metaOf, openToClear, refuseForeign, refuseNewer, storedIdentity } from './database.ts';
import { namesIn } from './former-schema.ts';
import { filesAlike, filesSame } from './footprint.ts';
import type { Footprint } from './footprint.ts';
import { translate } from '../ledger-error.ts';
import { LexicalIndex } from '../search/full-text-index.ts';
import type { FileMeta, FileState, LedgerIdentity } from '../records.ts';
import { integer, text } from './row.ts';
import { CONNECTION, UNUSED } from './schema.ts';
import { rewriteWithoutFreePages, idOf, readBeginning, Traces, traceOf, traceOfRecord } from './residue-scan.ts';
import { transaction } from './transaction.ts';
import { beginForgetting, endForgetting, isForgetting } from './unfinished.ts';

/** Folders of a home in which everything is this program's. */
export const HOME_PARTS = ['memory', 'snapshots'] as const;

const MAGIC = Buffer.from('SQLite format 3\0');
/** Databases that another window, another version or a link keeps from us, by what opening them ends with. */
const REFUSED = { 'ledger/newer': 'newer', 'ledger/busy': 'busy', 'ledger/link': 'link' } as const;

/**
 * Begins the repository's name of a database that a snapshot was unpacked into, or a commit: it can be made again at
 * any time.
 */
export const UNPACKED = 'snapshot:';

/** Where something of forgotten files is or may be, and was left. */
export type Left =
  /** A file that nobody asked to forget has the same content, or nearly the same words. */
  | {
      readonly why: 'same' | 'alike';
      readonly place: string;
      readonly checkout: string;
      readonly path: string;
      /** Whether the working folder is still there. */
      readonly folder: 'there' | 'gone';
    }
  /**
   * - `damaged` set aside as damaged: it cannot be taken out of it
   * - `traces`  bytes of it stand in a file that could not be cleaned
   * - `newer`   made by a later version of the program, not searched
   * - `link`    leads out of the folder, not followed
   * - `busy`    in use by another window for too long
   * - `unread`  could not be read
   */
  | { readonly why: 'damaged' | 'traces' | 'newer' | 'link' | 'busy' | 'unread'; readonly place: string };

/** What was done about files that are forgotten in all databases but the one that forgets them. */
export interface Elsewhere {
  readonly databases: number;
  /** Files below the folder that were read as bytes, and how many bytes they have. */
  readonly files: number;
  readonly bytes: number;
  /** Other databases of this working folder: former names of the repository, other adapters. */
  readonly cleared: readonly { readonly place: string; readonly files: number; readonly records: number }[];
  /** Unpacked snapshots that held something of it. The snapshots themselves lie where their owner put them. */
  readonly deleted: readonly string[];
  readonly left: readonly Left[];
}

/** How a forgotten file is noted, so that no later reading brings it back. */
export interface Mark {
  readonly meta: FileMeta;
  readonly state: Exclude<FileState, { kind: 'ingested' }>;
}

export interface Search {
  /** Where memories are kept: everything in HOME_PARTS below is searched, and databases beside them. */
  readonly home: string;
  /** The database that forgets the files itself. */
  readonly location: string;
  readonly identity: LedgerIdentity;
  /** Names that the repository had before. */
  readonly names: readonly string[];
  readonly mark: Mark | undefined;
  /** Files that the working folder has now: nobody asked to forget them. */
  readonly live: ReadonlySet<string>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Searches every other database below a folder for what forgotten files left: by the names of their records, the hashes
 * of their content, and their rarest words; then every file there as bytes. What belongs to the same working folder is
 * taken out, records that no file uses and unpacked snapshots are removed, everything else is named. Repeating it is
 * safe.
 */
export async function clearElsewhere(search: Search, footprint: Footprint): Promise<Elsewhere> {
  return new Clearing(search, footprint).run();
}

/** Files of a database with the same content as the forgotten ones, and with nearly the same words. */
export function holdersIn(db: DatabaseSync, place: string, footprint: Footprint): Left[] {
  const { folder: column } = namesIn(db);
  const named =
    column === undefined
      ? `SELECT id, path, (SELECT value FROM main.meta WHERE name = 'repository') AS folder FROM main.file`
      : `SELECT main.file.id AS id, path, ${column} AS folder FROM main.file
         JOIN main.checkout ON checkout.id = file.checkout_id`;
  const same = filesSame(db, footprint);
  const alike = filesAlike(db, footprint.texts);
  const ids = new Set([...same, ...alike]);
  const rows = db.prepare(
    `SELECT * FROM (${named}) WHERE id IN (SELECT value FROM json_each(?)) ORDER BY folder, path`,
  );
  return rows.all(JSON.stringify([...ids])).map((row): Left => {
    const checkout = text(row, 'folder');
    const folder = lstatSync(checkout, { throwIfNoEntry: false }) === undefined ? 'gone' : 'there';
    const why = same.has(integer(row, 'id')) ? 'same' : 'alike';
    return { why, place, checkout, path: text(row, 'path'), folder };
  });
}

class Clearing {
  readonly #search: Search;
  readonly #footprint: Footprint;
  readonly #cleared: Elsewhere['cleared'][number][] = [];
  readonly #deleted: string[] = [];
  readonly #left: Left[] = [];
  /** Folders in which this working folder has a database: whatever was set aside there may be of it. */
  readonly #own: Set<string>;
  /** Databases of this program: no other may be changed. */
  readonly #ledgers = new Set<string>();
  #databases = 0;

  constructor(search: Search, footprint: Footprint) {
    this.#search = search;
    this.#footprint = footprint;
    this.#own = new Set([dirname(search.location)]);
  }

  async run(): Promise<Elsewhere> {
    const { signal } = this.#search;
    for (const file of this.#files().filter((name) => name.endsWith('.sqlite'))) {
      signal?.throwIfAborted();
      this.#databases++;
      this.#attempt(file, () => {
        this.#clear(file);
      });
    }
    const { files, bytes } = await this.#scan();
    const [cleared, deleted, left] = [this.#cleared, this.#deleted, this.#left];
    return { databases: this.#databases, files, bytes, cleared, deleted, left };
  }

  /** What cannot be used is named: the other places are searched all the same. */
  #attempt(place: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      const known = translate(error, place);
      if (known === undefined) throw error;
      // Another program's: it is read as bytes like any other file.
      if (known.code === 'ledger/foreign' && !this.#ledgers.has(place)) return;
      const why = isAppError(known, 'ledger/newer', 'ledger/busy', 'ledger/link') ? REFUSED[known.code] : 'unread';
      this.#left.push({ why, place });
    }
  }

  #clear(file: string): void {
    const { identity, names } = this.#search;
    const seen = this.#look(file);
    this.#ledgers.add(file);
    if (seen.repository.startsWith(UNPACKED)) {
      if (!seen.holds) return;
      this.#delete(file);
      return;
    }
    const isOurs =
      seen.checkouts === undefined
        ? [identity.repository, identity.checkout, ...names].includes(seen.repository)
        : seen.checkouts.includes(identity.checkout);
    if (isOurs) this.#own.add(dirname(file));
    // A database of version 1 is that of one folder, which its name is.
    const place = isOurs || seen.checkouts !== undefined ? identity.checkout : seen.repository;
    const stale = isOurs ? this.#stale(seen) : [];
    const changes = isOurs || seen.unused > 0 || seen.unfinished;
    if (changes) this.#takeOut(file, place, isOurs ? 'ours' : 'others', stale);
    this.#left.push(...(changes ? this.#look(file).left : seen.left));
  }

  /** Former names of the files: what this folder's other databases hold of its text, and the folder itself does not. */
  #stale({ checkouts, left }: { readonly checkouts?: readonly string[] | undefined; readonly left: readonly Left[] }) {
    const { identity, live } = this.#search;
    return left.flatMap((one) => {
      const isHere = 'path' in one && (checkouts === undefined || one.checkout === identity.checkout);
      return isHere && !live.has(one.path) ? [one.path] : [];
    });
  }

  /** Looks without changing anything. */
  #look(file: string) {
    const db = new DatabaseSync(file, { readOnly: true, timeout: CONNECTION.busyMs });
    try {
      refuseNewer(db, file);
      refuseForeign(db, file);
      const left = holdersIn(db, file, this.#footprint);
      const { record, contentHash, recordId, folder } = namesIn(db);
      const unused = db
        .prepare(
          `SELECT count(*) AS n FROM ${record} AS record WHERE ${contentHash} IN (SELECT unhex(value) FROM json_each(?))
             AND NOT EXISTS (SELECT 1 FROM segment WHERE ${recordId} = record.id)`,
        )
        .get(JSON.stringify([...this.#footprint.contentHashes]));
      const named = db.prepare('SELECT 1 FROM file WHERE path IN (SELECT value FROM json_each(?)) LIMIT 1');
      return {
        repository: storedIdentity(metaOf(db)).repository,
        checkouts: folder === undefined ? undefined : foldersIn(db, folder),
        unused: integer(unused ?? {}, 'n'),
        unfinished: isForgetting(db) || isConverting(db),
        left,
        holds: left.length > 0 || named.get(JSON.stringify(this.#footprint.paths)) !== undefined,
      };
    } finally {
      db.close();
    }
  }

  /**
   * Takes out files where the folder is ours, and records that no file uses: all of ours, the forgotten ones of others.
   */
  #takeOut(file: string, checkout: string, whose: 'ours' | 'others', stale: readonly string[]): void {
    const db = openToClear(file, checkout, this.#search.identity);
    try {
      const done = transaction(db, () => {
        beginForgetting(db);
        const files = whose === 'ours' ? this.#removeFiles(db, checkout, stale) : 0;
        const meant = whose === 'ours' ? '1' : 'content_hash IN (SELECT unhex(value) FROM json_each(?))';
        const meantHashes = whose === 'ours' ? [] : [JSON.stringify([...this.#footprint.contentHashes])];
        const { changes } = db.prepare(`DELETE FROM record WHERE ${meant} AND ${UNUSED}`).run(...meantHashes);
        new LexicalIndex(db).optimize();
        return { files, records: Number(changes) };
      });
      rewriteWithoutFreePages(file);
      endForgetting(db);
      if (done.files + done.records > 0) this.#cleared.push({ place: file, ...done });
    } finally {
      db.close();
    }
  }

  /** Inside a transaction: how many of the files were known, whatever was known of them. */
  #removeFiles(db: DatabaseSync, checkout: string, stale: readonly string[]): number {
    const { identity, mark } = this.#search;
    const changing = new StoreWriter(db, new LexicalIndex(db), identity.shape, enterCheckout(db, checkout));
    let files = 0;
    for (const path of this.#footprint.paths) {
      if (changing.removeFile(path).length > 0) files++;
      if (mark !== undefined) changing.replace(path, mark.meta, mark.state, [], new Map());
    }
    for (const path of stale) if (changing.removeFile(path).length > 0) files++;
    changing.countChange();
    return files;
  }

  #delete(file: string): void {
    const name = basename(file);
    for (const other of readdirSync(dirname(file))) {
      const isPart =
        other.startsWith(name) && /^(?:-(?:wal|shm|journal)|\.damaged-.*)?$/.test(other.slice(name.length));
      if (isPart) rmSync(join(dirname(file), other), { force: true });
    }
    this.#deleted.push(file);
  }

  /** Reads every file but those of the database that forgets; what is found there is cleaned once, or named. */
  async #scan(): Promise<{ readonly files: number; readonly bytes: number }> {
    const { signal } = this.#search;
    const { contentHashes, vectors } = this.#footprint;
    const named = [...contentHashes].flatMap((hash) => traceOf(Buffer.from(hash, 'hex')));
    const traces = new Traces([...named, ...vectors.flatMap(traceOfRecord)]);
    const kept = new Set(this.#left.map(({ place }) => place));
    let [files, bytes] = [0, 0];
    for (const file of this.#files()) {
      const seen = await this.#read(file, traces, signal);
      if (seen === undefined) continue;
      files++;
      bytes += seen.bytes;
      const database = file.replace(/-(?:wal|shm|journal)$/, '');
      const isAside = /\.sqlite\.damaged-[^/\\]*$/.test(database);
      if (isAside) {
        const isLog = database !== file;
        if (seen.found > 0 ? !kept.has(database) : !isLog && this.#own.has(dirname(file))) {
          kept.add(database);
          this.#left.push({ why: 'damaged', place: database });
        }
      } else if (seen.found > 0 && !kept.has(database)) {
        // Free space, or a log that nobody worked in: a copy without either has no trace.
        if (this.#ledgers.has(database)) {
          this.#attempt(database, () => {
            rewriteWithoutFreePages(database);
          });
        }
        const again = await this.#read(file, traces, signal);
        if (again === undefined || again.found === 0) continue;
        kept.add(database);
        this.#left.push({ why: 'traces', place: database });
      }
    }
    return { files, bytes };
  }

  async #read(file: string, traces: Traces, signal: AbortSignal | undefined) {
    try {
      const { found, bytes } = await traces.in(file, signal);
      return { found: found.length, bytes };
    } catch (error) {
      signal?.throwIfAborted();
      // Gone meanwhile: another window worked in its log.
      if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
      if (!(error instanceof Error && 'code' in error)) throw error;
      this.#left.push({ why: 'unread', place: file });
      return undefined;
    }
  }

  /**
   * Every regular file of the memories but those of the database that forgets, each under one of its names. A link is
   * followed only where it leads to that database. What else lies in the home folder is somebody's own, but for copies
   * of databases.
   */
  #files(): string[] {
    const { home, location } = this.#search;
    const found = new Map<string, string>();
    const own = new Set(FILES.map((suffix) => idOf(location + suffix)));
    const real = realpathSync(dirname(location)) + sep;
    const add = (path: string): void => {
      const id = idOf(path);
      if (id !== undefined && !own.has(id) && !found.has(id)) found.set(id, path);
    };
    const walk = (folder: string): void => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) walk(path);
        // The index of the log has no content, and locks lie on it: closing it would take them away.
        else if (entry.isFile() && !path.endsWith('.sqlite-shm')) add(path);
        else if (entry.isSymbolicLink()) this.#follow(path, real, walk);
      }
    };
    for (const folder of new Set([home, dirname(location)])) {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        const isPart = HOME_PARTS.some((part) => folder === home && entry.name === part);
        if (isPart && entry.isDirectory()) walk(path);
        else if (isPart && entry.isSymbolicLink()) this.#follow(path, real, walk);
        else if (entry.isFile() && !path.endsWith('-shm') && isDatabase(path)) add(path);
      }
    }
    return [...found.values()].sort();
  }

  #follow(link: string, real: string, walk: (folder: string) => void): void {
    const target = targetOf(link);
    if (target !== undefined && real.startsWith(target + sep)) walk(link);
    else if (!this.#left.some(({ place }) => place === link)) this.#left.push({ why: 'link', place: link });
  }
}

/** By its name, or by its first bytes (https://sqlite.org/fileformat2.html). */
function isDatabase(file: string): boolean {
  if (basename(file).includes('.sqlite')) return true;
  try {
    return readBeginning(file, MAGIC.length).equals(MAGIC);
  } catch {
    return false;
  }
}

function foldersIn(db: DatabaseSync, column: string): string[] {
  const rows = db.prepare(`SELECT ${column} AS folder FROM checkout`).all();
  return rows.map((row) => text(row, 'folder'));
}

function targetOf(link: string): string | undefined {
  try {
    return realpathSync(link);
  } catch {
    return undefined;
  }
}
