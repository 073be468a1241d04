import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

import type { LexicalIndex } from '../search/full-text-index.ts';
import { integer, text } from './row.ts';
import { UNUSED } from './schema.ts';
import { transaction } from './transaction.ts';

export interface PruneLimits {
  /** Records that no segment has used for longer than this go, and checkouts whose folder has been gone for longer. */
  readonly maxAgeMs: number;
  /** Of the other unused records, the longest unused go until at most this many bytes of them are left. */
  readonly maxBytes?: number;
  /** ms since 1970 */
  readonly now?: number;
}

export interface Pruned {
  /** Working folders that no longer exist and were let go. */
  readonly checkouts: readonly string[];
  readonly records: number;
  readonly bytes: number;
  /** Databases of former encoders that were removed. */
  readonly formerEncoders: readonly string[];
}

/**
 * Time between two runs beyond which it is taken for a clock that was set wrong, and counts for the age of nothing.
 */
const LEAP_MS = 180 * 86_400_000;
const PRUNED = 'pruned_ms';

/**
 * Drops checkouts whose folder is gone and records that no segment uses, merges the full-text index, and gives what is
 * free back to the disk. Records are kept until then because a branch switch wants them again (peers keep an index of
 * gigabytes per branch, or build it anew).
 *
 * @param own the checkout that is open: it stays, wherever its folder is
 */
export function prune(
  db: DatabaseSync,
  lexical: LexicalIndex,
  own: number,
  { maxAgeMs, maxBytes, now = Date.now() }: PruneLimits,
): Omit<Pruned, 'formerEncoders'> {
  const swept = transaction(db, () => {
    settleTimes(db, now);
    const checkouts = dropCheckouts(db, lexical, own, now - maxAgeMs);
    let bytes = 0;
    let kept = 0;
    const gone: number[] = [];
    const rows = db
      .prepare(`SELECT id, used_ms, length(vectors) AS size FROM record WHERE ${UNUSED} ORDER BY used_ms DESC, id DESC`)
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
    const remove = db.prepare('DELETE FROM record WHERE id = ?');
    for (const id of gone) remove.run(id);
    if (gone.length > 0 || checkouts.length > 0) lexical.optimize();
    return { checkouts, records: gone.length, bytes };
  });
  lexical.merge();
  // The log is cut back too: its megabytes would be counted as the memory's. Where somebody reads, it is left for
  // later.
  db.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);');
  return swept;
}

/**
 * Makes times comparable with this clock: what lies in the future begins to age now, and what happened before a leap of
 * the clock is moved along with it. So no clock that is set wrong for a day makes everything old, or keeps it for ever.
 */
function settleTimes(db: DatabaseSync, now: number): void {
  const before = db.prepare('SELECT value FROM main.meta WHERE name = ?').get(PRUNED);
  const silence = before === undefined ? 0 : now - Number(text(before, 'value'));
  const columns = [
    ['main.record', 'used_ms'],
    ['main.checkout', 'seen_ms'],
  ] as const;
  for (const [table, column] of columns) {
    if (silence > LEAP_MS) db.prepare(`UPDATE ${table} SET ${column} = ${column} + ?`).run(silence);
    db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${column} > ?`).run(now, now);
  }
  db.prepare('INSERT OR REPLACE INTO main.meta (name, value) VALUES (?, ?)').run(PRUNED, String(now));
}

/** A folder that is missing may lie on a drive that is not there today: only age decides. Its records age with it. */
function dropCheckouts(db: DatabaseSync, lexical: LexicalIndex, own: number, before: number): string[] {
  const old = db.prepare('SELECT id, folder, seen_ms FROM checkout WHERE id <> ? AND seen_ms < ?').all(own, before);
  const gone = old.filter((row) => !existsSync(text(row, 'folder')));
  for (const row of gone) {
    const id = integer(row, 'id');
    db.prepare(
      `UPDATE record SET used_ms = max(used_ms, ?)
       WHERE id IN (SELECT record_id FROM main.segment WHERE checkout_id = ?)`,
    ).run(integer(row, 'seen_ms'), id);
    const segments = db.prepare('SELECT id FROM main.segment WHERE checkout_id = ?').all(id);
    for (const segment of segments) lexical.remove(integer(segment, 'id'));
    for (const table of ['segment', 'file']) db.prepare(`DELETE FROM main.${table} WHERE checkout_id = ?`).run(id);
    db.prepare('DELETE FROM checkout WHERE id = ?').run(id);
  }
  return gone.map((row) => text(row, 'folder'));
}
