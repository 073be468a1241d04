import type { DatabaseSync } from 'node:sqlite';

import { isAppError } from '../../common/app-error.ts';
import { currentRecord } from '../algebra/former-record.ts';
import { vectorsHash } from '../algebra/set-hash.ts';
import type { SetHash } from '../algebra/set-hash.ts';
import { layoutsBefore, shapeOfLayout } from '../algebra/shape.ts';
import type { MemoryShape } from '../algebra/shape.ts';
import { bytes, integer, text } from './row.ts';
import type { Row } from './row.ts';
import { FORMER_RECORDS, identityChecksum, TABLES } from './schema.ts';
import type { Identity } from './schema.ts';
import { storedSetHash, storeSetHash } from './set-hash-store.ts';
import { transaction } from './transaction.ts';

/** The version that this step ends with. */
const VERSION = '5';
/** Records of one transaction: some tens of milliseconds. */
const STEP = 256;

/** Whether a database still holds records of a former version in a table of their own, because a process was killed. */
export function isConverting(db: DatabaseSync): boolean {
  return db.prepare('SELECT 1 FROM main.sqlite_schema WHERE name = ?').get(FORMER_RECORDS) !== undefined;
}

/**
 * Brings a database of version 3 or 4 to version 5, and its records to the layout of the identity, with keys of four
 * bits averaged in pairs: records move to a new table, some in each transaction, so that no step is long and the file
 * does not grow (begin() has the exception). Nothing is encoded or read again. After each step the set hashes are those
 * of the records that have moved. A process that is killed leaves the rest to whoever opens the database next; a
 * program of a version before refuses it from the first step on.
 *
 * Several processes may do this at once, each for the layout that it expects: a database only goes forward, and each
 * process helps to bring it to the layout that has begun.
 *
 * Yields after each transaction.
 */
export function* convertRecords(db: DatabaseSync, identity: Identity): Generator<undefined> {
  // The table is renamed aside and made anew; references to it by name must stay as they are. Neither setting changes
  // anything inside a transaction.
  db.exec('PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON;');
  try {
    transaction(db, () => {
      begin(db, identity);
    });
    yield;
    while (transaction(db, () => move(db))) yield;
    // What the former table held goes back to the disk, and out of the log.
    db.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);');
  } finally {
    db.exec('PRAGMA foreign_keys = ON; PRAGMA legacy_alter_table = OFF;');
  }
}

/** Another process may have been first, or have gone further. */
function begin(db: DatabaseSync, identity: Identity): void {
  const version = integer(db.prepare('PRAGMA user_version').get() ?? {}, 'user_version');
  const [, ...before] = layoutsBefore(identity.layout);
  if (version >= Number(VERSION) && !before.includes(layoutIn(db))) return;
  // A program may have been killed in the same work, for a version or a layout before: all records are former ones
  // again. This is the one step that is long, and that needs room beside them, for the records that had moved.
  const aside = isConverting(db)
    ? `INSERT INTO ${FORMER_RECORDS} SELECT * FROM record; DROP TABLE record`
    : `ALTER TABLE record RENAME TO ${FORMER_RECORDS}`;
  db.exec(`DROP INDEX IF EXISTS record_by_origin; ${aside}; ${TABLES.record};`);
  db.prepare("UPDATE meta SET value = ? WHERE name = 'schema'").run(VERSION);
  db.prepare("UPDATE meta SET value = ? WHERE name = 'layout'").run(identity.layout);
  db.prepare("UPDATE meta SET value = ? WHERE name = 'checksum'").run(identityChecksum(identity, VERSION));
  db.exec(`PRAGMA user_version = ${VERSION}`);
}

function layoutIn(db: DatabaseSync): string {
  return text(db.prepare("SELECT value FROM meta WHERE name = 'layout'").get() ?? {}, 'value');
}

/** Moves some records to the layout that the database has now; false once none is left and the former table is gone. */
function move(db: DatabaseSync): boolean {
  if (!isConverting(db)) return false;
  const rows = db.prepare(`SELECT * FROM ${FORMER_RECORDS} ORDER BY id LIMIT ?`).all(STEP);
  if (rows.length === 0) {
    // Ids stay unused for ever also across this step.
    db.exec(`INSERT INTO sqlite_sequence (name, seq) SELECT 'record', 0
               WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'record');
             UPDATE sqlite_sequence SET seq = max(seq, coalesce(
               (SELECT seq FROM sqlite_sequence WHERE name = '${FORMER_RECORDS}'), 0)) WHERE name = 'record';
             DROP TABLE ${FORMER_RECORDS};`);
    return false;
  }
  const put = db.prepare(
    `INSERT INTO record (id, content_hash, tokens, used_ms, origin, vectors_hash, vectors)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const hashes = new MovedHashes(db);
  const shape = shapeOfLayout(layoutIn(db));
  for (const row of rows) {
    const id = integer(row, 'id');
    const before = bytes(row, 'vectors_hash');
    const vectors = shape && converted(row, shape);
    const hash = vectors === undefined ? before : vectorsHash(vectors);
    const [contentHash, origin] = [bytes(row, 'content_hash'), bytes(row, 'origin')];
    const [tokens, usedMs] = [integer(row, 'tokens'), integer(row, 'used_ms')];
    put.run(id, contentHash, tokens, usedMs, origin, hash, vectors ?? bytes(row, 'vectors'));
    hashes.change(id, before, hash);
  }
  hashes.store();
  db.prepare(`DELETE FROM ${FORMER_RECORDS} WHERE id <= ?`).run(integer(rows.at(-1) ?? {}, 'id'));
  return true;
}

/** Undefined for damage, which stays as it is: verify() finds it afterwards as it would have before. */
function converted(row: Row, shape: MemoryShape): Uint8Array | undefined {
  const vectors = bytes(row, 'vectors');
  if (Buffer.compare(vectorsHash(vectors), bytes(row, 'vectors_hash')) !== 0) return undefined;
  try {
    return currentRecord(vectors, shape);
  } catch (error) {
    if (!isAppError(error, 'memory/record')) throw error;
    return undefined;
  }
}

/** The set hashes of all checkouts, while the hashes of vectors change. A difference that was there before stays. */
class MovedHashes {
  readonly #db: DatabaseSync;
  readonly #hashes = new Map<number, SetHash>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Takes the segments of a record out with the hash that it had, and puts them in with the one that it has. */
  change(recordId: number, before: Uint8Array, after: Uint8Array): void {
    if (Buffer.compare(before, after) === 0) return;
    const rows = this.#db
      .prepare(
        `SELECT segment.checkout_id, path, ordinal, segment.content_hash
         FROM main.segment JOIN main.file ON file.id = file_id WHERE record_id = ?`,
      )
      .all(recordId);
    for (const row of rows) {
      const hash = this.#of(integer(row, 'checkout_id'));
      const place = {
        path: text(row, 'path'),
        ordinal: integer(row, 'ordinal'),
        contentHash: bytes(row, 'content_hash'),
      };
      hash.subtract({ ...place, vectorsHash: before });
      hash.add({ ...place, vectorsHash: after });
    }
  }

  store(): void {
    for (const [checkoutId, hash] of this.#hashes) storeSetHash(this.#db, checkoutId, hash);
  }

  #of(checkoutId: number): SetHash {
    const known = this.#hashes.get(checkoutId);
    if (known !== undefined) return known;
    const hash = storedSetHash(this.#db, checkoutId);
    this.#hashes.set(checkoutId, hash);
    return hash;
  }
}
