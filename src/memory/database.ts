import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { privateFile, privateFolder, tightenWithSiblings } from '../common/private-file.ts';
import { damaged, LedgerError, translate } from './ledger-error.ts';
import { integer, text } from './row.ts';
import { FORMER, migrate } from './migrate.ts';
import { checkoutViews, CONNECTION, SCHEMA_VERSION, seal, TABLES } from './schema.ts';
import type { Identity } from './schema.ts';
import { transaction } from './transaction.ts';

/** Opens (or begins) the database and checks it. Throws LedgerError; kind 'damaged' means that it can be set aside. */
export function openDatabase(file: string, identity: Identity, maxBytes?: number): DatabaseSync {
  return translated(file, () => {
    privateFolder(dirname(file));
    // SQLite gives a log the mode of its database, so that one is begun first.
    privateFile(file);
    tightenWithSiblings(file);
    const db = new DatabaseSync(file, { timeout: CONNECTION.busyMs, enableForeignKeyConstraints: true });
    try {
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

/** A second connection that sees one moment of one checkout while others go on writing. Close it after use. */
export function openReader(file: string, checkoutId: number): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true, timeout: CONNECTION.busyMs });
  // A read transaction begins with the first read: nothing that is asked next may lie before it.
  db.exec(`${checkoutViews(checkoutId)} BEGIN; SELECT 1 FROM main.meta;`);
  return db;
}

/** Finds or begins the checkout `place` and narrows the connection to it: its id. */
export function enterCheckout(db: DatabaseSync, place: string, now = Date.now()): number {
  const find = db.prepare('SELECT id, seen_ms FROM main.checkout WHERE place = ?');
  const known = find.get(place);
  if (known === undefined || Math.abs(now - integer(known, 'seen_ms')) > CONNECTION.seenMs) {
    db.prepare(
      `INSERT INTO main.checkout (place, seen_ms, generation) VALUES (?, ?, 0)
       ON CONFLICT (place) DO UPDATE SET seen_ms = excluded.seen_ms`,
    ).run(place, now);
  }
  const id = integer(find.get(place) ?? {}, 'id');
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
  // NORMAL: a power cut may lose the last files, never the database; a killed process loses nothing.
  db.exec(
    `PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${CONNECTION.cacheKib};
     PRAGMA wal_autocheckpoint = ${CONNECTION.walPages}; PRAGMA journal_size_limit = ${CONNECTION.walBytes};
     PRAGMA secure_delete = ON;`,
  );
  if (maxBytes !== undefined) {
    const page = integer(db.prepare('PRAGMA page_size').get() ?? {}, 'page_size');
    db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / page))}`);
  }
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
    put.run('seal', seal(identity, version));
    db.exec(`PRAGMA user_version = ${version}`);
  });
}

/** Throws 'damaged', 'newer' or 'foreign'. Cheap enough for every start: README.md has the time. */
function inspect(db: DatabaseSync, file: string, identity: Identity): void {
  const names = tableNames(db);
  if (!Object.keys(TABLES).some((name) => names.has(name))) {
    throw new LedgerError('foreign', `${file} is a database of another program.`);
  }
  const verdict = db.prepare('PRAGMA quick_check(1)').get();
  if (verdict === undefined || text(verdict, 'quick_check') !== 'ok') throw damaged(file);
  const meta = new Map(
    db
      .prepare('SELECT name, value FROM meta')
      .all()
      .map((row) => [text(row, 'name'), text(row, 'value')]),
  );
  const stored = {
    repository: meta.get('repository') ?? '',
    adapter: meta.get('adapter') ?? '',
    layout: meta.get('layout') ?? '',
  };
  const version = meta.get('schema') ?? '';
  if (version !== String(userVersion(db)) || meta.get('seal') !== seal(stored, version)) throw damaged(file);
  if (Number(version) > SCHEMA_VERSION) {
    throw new LedgerError('newer', `The memory database ${file} was made by a newer version of this program.`);
  }
  const former = FORMER.get(Number(version));
  if (!hasStatements(db, former ?? TABLES)) throw damaged(file);
  if (
    stored.repository !== identity.repository ||
    stored.adapter !== identity.adapter ||
    stored.layout !== identity.layout
  ) {
    throw new LedgerError('foreign', `The memory database ${file} belongs to another repository or adapter.`);
  }
  if (former !== undefined) migrate(db, identity);
}

/** True when the schema is these statements, letter for letter. */
function hasStatements(db: DatabaseSync, expected: Readonly<Record<string, string>>): boolean {
  const rows = db.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL').all();
  const statements = new Set(rows.map((row) => text(row, 'sql')));
  return Object.values(expected).every((statement) => statements.has(statement));
}

function tableNames(db: DatabaseSync): Set<string> {
  const rows = db.prepare('SELECT name FROM sqlite_schema').all();
  return new Set(rows.map((row) => text(row, 'name')));
}

function userVersion(db: DatabaseSync): number {
  return integer(db.prepare('PRAGMA user_version').get() ?? {}, 'user_version');
}
