import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { AppError, isAppError } from '../../common/app-error.ts';
import { privateFile, privateFolder, tightenWithSiblings } from '../../common/private-file.ts';
import { damaged, newer, translate } from '../ledger-error.ts';
import type { LedgerIdentity } from '../records.ts';
import { integer, text } from './row.ts';
import { FORMER, FORMER_LEXICAL } from './former-schema.ts';
import { convertRecords, isConverting } from './convert-records.ts';
import { migrate } from './migrate.ts';
import { CachedStatements } from './cached-statements.ts';
import { checkoutViews, CONNECTION, SCHEMA_VERSION, identityChecksum, TABLES } from './schema.ts';
import type { Identity } from './schema.ts';
import { SET_HASH_BYTES } from '../algebra/set-hash.ts';
import { layoutsBefore, recordLayout } from '../algebra/shape.ts';
import { drain } from './steps.ts';
import { transaction } from './transaction.ts';

/** What a database of the home folder is called. */
export const DATABASE_NAME = /^memory-[0-9a-f]{24}\.sqlite$/;
/** What SQLite keeps of one database beside each other: all of its files, and those that hold rows. */
export const FILES = ['', '-wal', '-shm', '-journal'] as const;
export const CONTENT = ['', '-wal', '-journal'] as const;

/** Opens (or begins) the database and checks it. Throws `ledger/…`; what is `ledger/damaged` can be set aside. */
export function openDatabase(file: string, identity: Identity, maxBytes?: number): DatabaseSync {
  return translated(file, () => {
    privateFolder(dirname(file));
    refuseLinks(file);
    // SQLite gives a log the mode of its database, so that one is begun first.
    privateFile(file);
    tightenWithSiblings(file);
    const db = new CachedStatements(file, { timeout: CONNECTION.busyMs, enableForeignKeyConstraints: true });
    try {
      // Before anything is set: what is not ours stays as it is, to the byte.
      refuseNewer(db, file);
      refuseForeign(db, file);
      const isNew = tableNames(db).size === 0;
      if (isNew) db.exec(`PRAGMA page_size = ${CONNECTION.pageBytes}; PRAGMA auto_vacuum = INCREMENTAL;`);
      configure(db, maxBytes);
      if (isNew) begin(db, identity);
      inspect(db, file, identity);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/**
 * Opens a database of any adapter to take files out of it: in the layout that it has or, for records of this adapter,
 * in the one that this program expects. Throws as openDatabase().
 */
export function openToClear(
  file: string,
  checkout: string,
  { adapter, shape }: Pick<LedgerIdentity, 'adapter' | 'shape'>,
): DatabaseSync {
  const open = (): DatabaseSync => {
    const own = identityIn(file);
    return openDatabase(file, { ...own, layout: own.adapter === adapter ? recordLayout(shape) : own.layout, checkout });
  };
  try {
    return open();
  } catch (error) {
    // Its own program may have begun to bring it to the next layout just now. There is no layout after that.
    if (!isAppError(error, 'ledger/foreign')) throw error;
    return open();
  }
}

function identityIn(file: string): Omit<Identity, 'checkout'> {
  const db = new DatabaseSync(file, { readOnly: true, timeout: CONNECTION.busyMs });
  try {
    return storedIdentity(metaOf(db));
  } finally {
    db.close();
  }
}

/** A second connection that sees one moment of one checkout while others go on writing. Close it after use. */
export function openReader(file: string, checkoutId: number): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true, timeout: CONNECTION.busyMs });
  // A read transaction begins with the first read: nothing that is asked next may lie before it.
  db.exec(`${checkoutViews(checkoutId)} BEGIN; SELECT 1 FROM main.meta;`);
  return db;
}

/** Finds or begins the checkout of a working folder and narrows the connection to it: its id. */
export function enterCheckout(db: DatabaseSync, folder: string, now = Date.now()): number {
  const find = db.prepare('SELECT id, seen_ms FROM main.checkout WHERE folder = ?');
  const known = find.get(folder);
  if (known === undefined || Math.abs(now - integer(known, 'seen_ms')) > CONNECTION.seenMs) {
    db.prepare(
      `INSERT INTO main.checkout (folder, seen_ms, generation, set_hash) VALUES (?, ?, 0, zeroblob(${SET_HASH_BYTES}))
       ON CONFLICT (folder) DO UPDATE SET seen_ms = excluded.seen_ms`,
    ).run(folder, now);
  }
  const id = integer(find.get(folder) ?? {}, 'id');
  db.exec(checkoutViews(id));
  return id;
}

/** Runs work and translates what it throws. Errors that are not about the database pass through. */
export function translated<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translate(error, file) ?? error;
  }
}

function configure(db: DatabaseSync, maxBytes: number | undefined): void {
  // Some network file systems have no shared memory for the log; SQLite then stays in its older, slower mode.
  db.exec('PRAGMA journal_mode = WAL');
  // A database that was brought up to this version keeps its larger pages, and so the log takes fewer.
  const page = integer(db.prepare('PRAGMA page_size').get() ?? {}, 'page_size');
  // NORMAL: a power cut may lose the last files, never the database; a killed process loses nothing.
  db.exec(
    `PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${CONNECTION.cacheKib};
     PRAGMA wal_autocheckpoint = ${Math.floor(CONNECTION.walBytes / page)};
     PRAGMA journal_size_limit = ${CONNECTION.walBytes}; PRAGMA secure_delete = ON;`,
  );
  if (maxBytes !== undefined) db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / page))}`);
}

/** Creates the tables unless another process was first. */
function begin(db: DatabaseSync, identity: Identity): void {
  transaction(db, () => {
    if (tableNames(db).size > 0) return;
    for (const statement of Object.values(TABLES)) db.exec(statement);
    const version = String(SCHEMA_VERSION);
    const put = db.prepare('INSERT INTO meta (name, value) VALUES (?, ?)');
    put.run('schema', version);
    put.run('repository', identity.repository);
    put.run('adapter', identity.adapter);
    put.run('layout', identity.layout);
    put.run('checksum', identityChecksum(identity, version));
    db.exec(`PRAGMA user_version = ${version}`);
  });
}

/**
 * Throws 'link' where the database, its log or its journal is a symbolic link: a name that leads elsewhere cannot be
 * set aside or searched as a file of this folder. A folder on the way may be a link, such as a home on another disk.
 */
function refuseLinks(file: string): void {
  const linked = FILES.map((suffix) => file + suffix).find((name) =>
    lstatSync(name, { throwIfNoEntry: false })?.isSymbolicLink(),
  );
  if (linked !== undefined)
    throw new AppError('ledger/link', `${linked} is a link, and no memory is kept behind a link.`);
}

/**
 * Throws 'newer' for a database of a later version, whatever else that version changed. One flipped bit in the number
 * of the version is told by the copy of it that has a checksum: that is damage.
 */
export function refuseNewer(db: DatabaseSync, file: string): void {
  if (userVersion(db) > SCHEMA_VERSION && hasOurTables(tableNames(db)) && !isOurVersion(db)) throw newer(file);
}

/** Throws 'link', 'newer' or 'foreign' for what may not be set aside, because it is not ours to judge. */
export function refuseOthers(file: string): void {
  refuseLinks(file);
  const db = new DatabaseSync(file, { timeout: CONNECTION.busyMs });
  try {
    refuseNewer(db, file);
    refuseForeign(db, file);
  } catch (error) {
    const known = translate(error, file);
    if (known?.code !== 'ledger/damaged') throw error;
  } finally {
    db.close();
  }
}

/** Throws 'foreign' for what has tables, and none of ours. */
export function refuseForeign(db: DatabaseSync, file: string): void {
  const names = tableNames(db);
  if (names.size === 0 || hasOurTables(names)) return;
  throw new AppError('ledger/foreign', `${file} is a database of another program.`);
}

function hasOurTables(names: ReadonlySet<string>): boolean {
  return Object.keys(TABLES).some((name) => names.has(name));
}

/** Whether the copy of the version in `meta`, which has a checksum, is one that this program knows. */
function isOurVersion(db: DatabaseSync): boolean {
  try {
    const meta = metaOf(db);
    const version = meta.get('schema') ?? '';
    return Number(version) <= SCHEMA_VERSION && hasChecksum(meta, version);
  } catch {
    return false;
  }
}

/** Versions 1 and 2 called it a seal. */
function hasChecksum(meta: ReadonlyMap<string, string>, version: string): boolean {
  const stored = meta.get(Number(version) < 3 ? 'seal' : 'checksum');
  return stored === identityChecksum(storedIdentity(meta), version);
}

/** The identity that a database says it has. Throws what SQLite throws where there is none. */
export function metaOf(db: DatabaseSync): Map<string, string> {
  const rows = db.prepare('SELECT name, value FROM main.meta').all();
  return new Map(rows.map((row) => [text(row, 'name'), text(row, 'value')]));
}

export const storedIdentity = (meta: ReadonlyMap<string, string>): Omit<Identity, 'checkout'> => ({
  repository: meta.get('repository') ?? '',
  adapter: meta.get('adapter') ?? '',
  layout: meta.get('layout') ?? '',
});

/** Throws 'damaged', 'newer' or 'foreign'. Cheap enough for every start: README.md has the time. */
function inspect(db: DatabaseSync, file: string, identity: Identity): void {
  const verdict = db.prepare('PRAGMA quick_check(1)').get();
  if (verdict === undefined || text(verdict, 'quick_check') !== 'ok') throw damaged(file);
  const meta = metaOf(db);
  const stored = storedIdentity(meta);
  const version = meta.get('schema') ?? '';
  if (version !== String(userVersion(db)) || !hasChecksum(meta, version)) throw damaged(file);
  if (Number(version) > SCHEMA_VERSION) throw newer(file);
  const former = FORMER.get(Number(version));
  const isWhole = (former === undefined ? CURRENT : [former]).some((tables) => hasStatements(db, tables));
  if (!isWhole || wordTables(db) !== expectedWordTables()) throw damaged(file);
  if (
    stored.repository !== identity.repository ||
    stored.adapter !== identity.adapter ||
    !layoutsBefore(identity.layout).includes(stored.layout)
  ) {
    throw new AppError('ledger/foreign', `The memory database ${file} belongs to another repository or adapter.`);
  }
  if (Number(version) < 3) migrate(db, { ...identity, layout: stored.layout });
  const isCurrent = former === undefined && stored.layout === identity.layout;
  if (!isCurrent || isConverting(db)) drain(convertRecords(db, identity));
}

/** A database that was brought up to this version keeps its index of words. */
const CURRENT: readonly Readonly<Record<string, string>>[] = [TABLES, { ...TABLES, lexical: FORMER_LEXICAL }];

/** True when the schema is these statements, letter for letter. */
function hasStatements(db: DatabaseSync, expected: Readonly<Record<string, string>>): boolean {
  const rows = db.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL').all();
  const statements = new Set(rows.map((row) => text(row, 'sql')));
  return Object.values(expected).every((statement) => statements.has(statement));
}

/**
 * The tables that the full-text index keeps for itself, by their columns: SQLite writes their statements, in words that
 * may change with its version, and notices a changed letter in one only when something is stored.
 */
function wordTables(db: DatabaseSync): string {
  const rows = db.prepare(
    `SELECT listed.name, listed.wr, info.name AS field, info.type, info.pk
     FROM sqlite_schema AS own
     JOIN pragma_table_list(own.name) AS listed ON listed.schema = 'main'
     JOIN pragma_table_xinfo(own.name) AS info
     WHERE own.type = 'table' AND own.name GLOB 'lexical_*' ORDER BY listed.name, info.cid`,
  );
  return JSON.stringify(rows.all());
}

let expected: string | undefined;

function expectedWordTables(): string {
  if (expected !== undefined) return expected;
  const db = new DatabaseSync(':memory:');
  try {
    db.exec(TABLES.lexical);
    expected = wordTables(db);
    return expected;
  } finally {
    db.close();
  }
}

function tableNames(db: DatabaseSync): Set<string> {
  const rows = db.prepare('SELECT name FROM sqlite_schema').all();
  return new Set(rows.map((row) => text(row, 'name')));
}

function userVersion(db: DatabaseSync): number {
  return integer(db.prepare('PRAGMA user_version').get() ?? {}, 'user_version');
}
