import type { DatabaseSync } from 'node:sqlite';

import { AppError } from '../../common/app-error.ts';
import { SetHash, vectorsHash } from '../algebra/set-hash.ts';
import type { SetElement } from '../algebra/set-hash.ts';
import { bytes, integer, pagesById, readId, text } from './row.ts';
import type { Row } from './row.ts';

const COLUMNS = 'segment.id, path, ordinal, segment.content_hash, vectors_hash';
/** Embedded segments of all checkouts. */
const TABLES = `main.segment JOIN main.record ON record.id = record_id JOIN main.file ON file.id = file_id`;

/** The set hash that is stored with a checkout. Throws `memory/column` where none can be. */
export function storedSetHash(db: DatabaseSync, checkoutId: number): SetHash {
  const row = db.prepare('SELECT set_hash FROM main.checkout WHERE id = ?').get(checkoutId) ?? {};
  try {
    return new SetHash(bytes(row, 'set_hash'));
  } catch (error) {
    throw error instanceof RangeError ? new AppError('memory/column', 'set_hash') : error;
  }
}

/** Stores a set hash with a checkout, inside a transaction of the caller's. */
export function storeSetHash(db: DatabaseSync, checkoutId: number, hash: SetHash): void {
  db.prepare('UPDATE main.checkout SET set_hash = ? WHERE id = ?').run(hash.bytes(), checkoutId);
}

/** The embedded segments of one file. */
export function elementsOf(db: DatabaseSync, fileId: number): SetElement[] {
  return db.prepare(`SELECT ${COLUMNS} FROM ${TABLES} WHERE file_id = ?`).all(fileId).map(element);
}

/**
 * The set hash of some files of a checkout: added up, or what the others leave of the checkout's own, whichever is
 * less.
 */
export function hashOfScope(db: DatabaseSync, checkoutId: number, paths: ReadonlySet<string>): SetHash {
  const files = db.prepare("SELECT path FROM main.file WHERE checkout_id = ? AND state = 'ingested'").all(checkoutId);
  const all = files.map((row) => text(row, 'path'));
  const others = all.filter((path) => !paths.has(path));
  const isMost = 2 * others.length < all.length;
  const hash = isMost ? storedSetHash(db, checkoutId) : new SetHash();
  const chosen = JSON.stringify(isMost ? others : [...paths]);
  const rows = db
    .prepare(`SELECT ${COLUMNS} FROM ${TABLES} WHERE file.checkout_id = ? AND path IN (SELECT value FROM json_each(?))`)
    .all(checkoutId, chosen);
  for (const row of rows) {
    if (isMost) hash.subtract(element(row));
    else hash.add(element(row));
  }
  return hash;
}

/**
 * The set hash of a checkout, made anew from its rows; `paths` narrows it to a scope. Yields between pages, so that
 * other work can go on.
 *
 * @param source the hashes of the vectors, or the vectors themselves
 * @throws `memory/value` where vectors are not what was stored
 */
export function* hashOfRows(
  db: DatabaseSync,
  checkoutId: number,
  source: 'hashes' | 'vectors',
  paths?: ReadonlySet<string>,
): Generator<undefined, SetHash> {
  const hash = new SetHash();
  const columns = source === 'vectors' ? `${COLUMNS}, vectors` : COLUMNS;
  const page = db.prepare(
    `SELECT ${columns} FROM ${TABLES} WHERE segment.checkout_id = ? AND segment.id > ?
     ORDER BY segment.id LIMIT ?`,
  );
  for (const rows of pagesById((after, limit) => page.all(checkoutId, after, limit), readId)) {
    for (const row of rows) {
      if (paths?.has(text(row, 'path')) === false) continue;
      if (source === 'vectors') checkVectors(row);
      hash.add(element(row));
    }
    yield;
  }
  return hash;
}

/** Throws `memory/value` unless the vectors of a row are those of their hash. */
export function checkVectors(row: Row): void {
  if (Buffer.compare(vectorsHash(bytes(row, 'vectors')), bytes(row, 'vectors_hash')) === 0) return;
  throw new AppError('memory/value', 'A stored record does not match its hash.');
}

function element(row: Row): SetElement {
  return {
    path: text(row, 'path'),
    ordinal: integer(row, 'ordinal'),
    contentHash: bytes(row, 'content_hash'),
    vectorsHash: bytes(row, 'vectors_hash'),
  };
}
