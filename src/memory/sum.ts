import type { DatabaseSync } from 'node:sqlite';

import { CompressiveMemory } from './compressive-memory.ts';
import type { Scope } from './records.ts';
import { integer } from './row.ts';
import type { MemoryShape } from './shape.ts';
import { storedWrite } from './stored.ts';

const SUM = {
  /** Rows read at once. */
  page: 512,
  /** ms of summing between two chances for other work and for an abort. */
  breathMs: 20,
} as const;

/**
 * M and z of the files in a scope (of all when left out), from the stored writes. The order does not matter: the sums are
 * exact. Yields every SUM.breathMs.
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
    `SELECT segment.id, segment.file_id, write.blob FROM segment JOIN write ON write.id = segment.write_id
     WHERE segment.id > ? ORDER BY segment.id LIMIT ?`,
  );
  let breath = performance.now();
  for (let after = 0; ;) {
    const rows = page.all(after, SUM.page);
    for (const row of rows) {
      after = integer(row, 'id');
      if (files?.has(integer(row, 'file_id')) === false) continue;
      memory.add(storedWrite(row, shape));
      if (performance.now() - breath < SUM.breathMs) continue;
      yield;
      breath = performance.now();
    }
    if (rows.length < SUM.page) return memory;
  }
}
