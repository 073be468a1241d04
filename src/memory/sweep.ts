import type { DatabaseSync } from 'node:sqlite';

import { transaction } from './database.ts';
import type { LexicalIndex } from './lexical-index.ts';
import { integer } from './row.ts';

export interface Sweep {
  /** Writes that no segment has used for longer than this go. */
  readonly maxAgeMs: number;
  /** Of the others, the longest unused go until at most this many bytes of them are left. */
  readonly maxBytes?: number;
  /** ms since 1970 */
  readonly now?: number;
}

export interface Swept {
  readonly writes: number;
  readonly bytes: number;
}

const UNUSED = 'NOT EXISTS (SELECT 1 FROM segment WHERE segment.write_id = write.id)';

/**
 * Drops writes that no segment uses, gives their pages back to the disk and merges the full-text index. They are kept
 * until then because a branch switch wants them again (peers keep an index of gigabytes per branch, or build it anew).
 */
export function sweep(db: DatabaseSync, lexical: LexicalIndex, { maxAgeMs, maxBytes, now = Date.now() }: Sweep): Swept {
  const swept = transaction(db, () => {
    let bytes = 0;
    let kept = 0;
    const gone: number[] = [];
    const rows = db
      .prepare(`SELECT id, used_ms, length(blob) AS size FROM write WHERE ${UNUSED} ORDER BY used_ms DESC, id DESC`)
      .all();
    for (const row of rows) {
      const size = integer(row, 'size');
      if (now - integer(row, 'used_ms') > maxAgeMs || kept + size > (maxBytes ?? Infinity)) {
        gone.push(integer(row, 'id'));
        bytes += size;
      } else {
        kept += size;
      }
    }
    const remove = db.prepare('DELETE FROM write WHERE id = ?');
    for (const id of gone) remove.run(id);
    lexical.optimise();
    return { writes: gone.length, bytes };
  });
  db.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(PASSIVE);');
  return swept;
}
