import type { DatabaseSync } from 'node:sqlite';

import { CompressiveMemory } from './compressive-memory.ts';
import type { Scope } from '../records.ts';
import { integer, text } from '../store/row.ts';
import type { MemoryShape } from './shape.ts';
import { storedRecord } from '../store/stored.ts';
import { SUMS } from './sum-tree.ts';
import type { FileSpan } from './sum-tree.ts';

const SUM = {
  /** Rows read at once. */
  page: 512,
} as const;

/**
 * M and z of the files in a scope (of all when left out), from the stored writes. The order does not matter: the sums
 * are exact. Yields every SUMS.breathMs.
 */
export function* sumWrites(
  reader: DatabaseSync,
  shape: MemoryShape,
  scope?: Scope,
): Generator<undefined, CompressiveMemory> {
  const memory = new CompressiveMemory(shape);
  const files =
    scope === undefined
      ? undefined
      : new Set(
          reader
            .prepare('SELECT id FROM file WHERE path IN (SELECT value FROM json_each(?))')
            .all(JSON.stringify([...scope]))
            .map((row) => integer(row, 'id')),
        );
  const page = reader.prepare(
    `SELECT segment.id, segment.file_id, record.vectors FROM segment JOIN record ON record.id = segment.record_id
     WHERE segment.id > ? ORDER BY segment.id LIMIT ?`,
  );
  let breath = performance.now();
  for (let after = 0; ;) {
    const rows = page.all(after, SUM.page);
    for (const row of rows) {
      after = integer(row, 'id');
      if (files?.has(integer(row, 'file_id')) === false) continue;
      memory.add(storedRecord(row, shape));
      if (performance.now() - breath < SUMS.breathMs) continue;
      yield;
      breath = performance.now();
    }
    if (rows.length < SUM.page) return memory;
  }
}

/**
 * Where the segments of each file of the checkout begin and end. Files without segments are left out: they add nothing.
 */
export function spansOf(db: DatabaseSync): FileSpan[] {
  const query = `SELECT path, min(segment.id) AS first, max(segment.id) AS last
    FROM segment JOIN file ON file.id = segment.file_id GROUP BY file.id`;
  return db
    .prepare(query)
    .all()
    .map((row) => ({ path: text(row, 'path'), first: integer(row, 'first'), last: integer(row, 'last') }));
}

/** Sums the writes of single files. */
export function spanSums(db: DatabaseSync, shape: MemoryShape): (span: FileSpan) => CompressiveMemory {
  const blobs = db.prepare(
    'SELECT vectors FROM main.segment JOIN main.record ON record.id = record_id WHERE segment.id BETWEEN ? AND ?',
  );
  return ({ first, last }) => {
    const memory = new CompressiveMemory(shape);
    for (const row of blobs.all(first, last)) memory.add(storedRecord(row, shape));
    return memory;
  };
}
