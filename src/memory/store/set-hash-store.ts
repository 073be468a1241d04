import type { DatabaseSync } from 'node:sqlite';

import { SetHash } from '../algebra/set-hash.ts';
import type { SetElement } from '../algebra/set-hash.ts';
import { bytes, integer, RowError, text } from './row.ts';
import type { Row } from './row.ts';

const PAGE = 2048;

/** Embedded segments of all checkouts: what the following queries choose from. */
const ELEMENTS = `SELECT segment.id, path, ordinal, segment.content_hash, vectors_hash FROM main.segment
  JOIN main.record ON record.id = record_id JOIN main.file ON file.id = file_id`;

/** The set hash that is stored with a checkout. Throws RowError where none can be. */
export function storedSetHash(db: DatabaseSync, checkoutId: number): SetHash {
  const row = db.prepare('SELECT set_hash FROM main.checkout WHERE id = ?').get(checkoutId) ?? {};
  try {
    return new SetHash(bytes(row, 'set_hash'));
  } catch (error) {
    throw error instanceof RangeError ? new RowError('set_hash') : error;
  }
}

/** Stores a set hash with a checkout, inside a transaction of the caller's. */
export function storeSetHash(db: DatabaseSync, checkoutId: number, hash: SetHash): void {
  db.prepare('UPDATE main.checkout SET set_hash = ? WHERE id = ?').run(hash.bytes(), checkoutId);
}

/** The embedded segments of one file. */
export function elementsOf(db: DatabaseSync, fileId: number): SetElement[] {
  return db.prepare(`${ELEMENTS} WHERE file_id = ?`).all(fileId).map(element);
}

/**
 * The set hash of a checkout, made anew from its rows; `paths` narrows it to a scope. Yields between pages, so that
 * other work can go on.
 */
export function* hashOfRows(
  db: DatabaseSync,
  checkoutId: number,
  paths?: ReadonlySet<string>,
): Generator<undefined, SetHash> {
  const hash = new SetHash();
  const page = db.prepare(
    `${ELEMENTS} WHERE segment.checkout_id = ? AND segment.id > ? ORDER BY segment.id LIMIT ${PAGE}`,
  );
  for (let after = 0; ;) {
    const rows = page.all(checkoutId, after);
    for (const row of rows) {
      after = integer(row, 'id');
      if (paths?.has(text(row, 'path')) !== false) hash.add(element(row));
    }
    if (rows.length < PAGE) return hash;
    yield;
  }
}

function element(row: Row): SetElement {
  return {
    path: text(row, 'path'),
    ordinal: integer(row, 'ordinal'),
    contentHash: bytes(row, 'content_hash'),
    vectorsHash: bytes(row, 'vectors_hash'),
  };
}
