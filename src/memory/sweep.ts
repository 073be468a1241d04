import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

import type { LexicalIndex } from './lexical-index.ts';
import { integer, text } from './row.ts';
import { transaction } from './transaction.ts';

export interface Sweep {
  /** Writes that no segment has used for longer than this go, and checkouts whose folder has been gone for longer. */
  readonly maxAgeMs: number;
  /** Of the other unused writes, the longest unused go until at most this many bytes of them are left. */
  readonly maxBytes?: number;
  /** ms since 1970 */
  readonly now?: number;
}

export interface Swept {
  /** Working folders that no longer exist and were let go. */
  readonly checkouts: readonly string[];
  readonly writes: number;
  readonly bytes: number;
}

const UNUSED = 'NOT EXISTS (SELECT 1 FROM main.segment WHERE segment.write_id = write.id)';

/**
 * Drops checkouts whose folder is gone and writes that no segment uses, gives their pages back to the disk and merges the
 * full-text index. Writes are kept until then because a branch switch wants them again (peers keep an index of gigabytes
 * per branch, or build it anew).
 *
 * @param own the checkout that is open: it stays, wherever its folder is
 */
export function sweep(
  db: DatabaseSync,
  lexical: LexicalIndex,
  own: number,
  { maxAgeMs, maxBytes, now = Date.now() }: Sweep,
): Swept {
  const swept = transaction(db, () => {
    const checkouts = dropCheckouts(db, lexical, own, now - maxAgeMs);
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
    if (gone.length > 0 || checkouts.length > 0) lexical.optimise();
    return { checkouts, writes: gone.length, bytes };
  });
  // The log is cut back too: its megabytes would be counted as the memory's. Where somebody reads, it is left for later.
  db.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);');
  return swept;
}

/** A folder that is missing may lie on a drive that is not there today: only age decides. Its writes age with it. */
function dropCheckouts(db: DatabaseSync, lexical: LexicalIndex, own: number, before: number): string[] {
  const old = db.prepare('SELECT id, place, seen_ms FROM checkout WHERE id <> ? AND seen_ms < ?').all(own, before);
  const gone = old.filter((row) => !existsSync(text(row, 'place')));
  for (const row of gone) {
    const id = integer(row, 'id');
    db.prepare(
      `UPDATE write SET used_ms = max(used_ms, ?)
       WHERE id IN (SELECT write_id FROM main.segment WHERE checkout_id = ?)`,
    ).run(integer(row, 'seen_ms'), id);
    const segments = db.prepare('SELECT id FROM main.segment WHERE checkout_id = ?').all(id);
    for (const segment of segments) lexical.remove(integer(segment, 'id'));
    for (const table of ['segment', 'file']) db.prepare(`DELETE FROM main.${table} WHERE checkout_id = ?`).run(id);
    db.prepare('DELETE FROM checkout WHERE id = ?').run(id);
  }
  return gone.map((row) => text(row, 'place'));
}
