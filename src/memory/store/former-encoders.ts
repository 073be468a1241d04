import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { metaOf, storedIdentity } from './database.ts';
import type { PruneLimits } from './prune.ts';
import { recoverForgotten } from './recover.ts';
import { integer } from './row.ts';

/** What a database of the home folder is called; a log and a shared index stand beside it under the same name. */
export const DATABASE_NAME = /^memory-[0-9a-f]{24}\.sqlite$/;

const BESIDE = ['', '-wal', '-shm', '-journal'];

interface Open {
  readonly db: DatabaseSync;
  readonly location: string;
  readonly identity: { readonly adapter: string; readonly checkout: string };
}

/**
 * Removes the databases that this repository had with other encoders, where nobody opened one of their working folders
 * for so long. Whoever goes back to that version indexes again. What was forgotten in them stays forgotten here.
 * Newer, damaged and foreign databases are left alone. The files that went.
 */
export function dropFormerEncoders(
  { db, location, identity }: Open,
  { maxAgeMs, now = Date.now() }: PruneLimits,
): readonly string[] {
  const folder = dirname(location);
  if (!DATABASE_NAME.test(basename(location))) return [];
  const others = readdirSync(folder).filter((name) => DATABASE_NAME.test(name) && name !== basename(location));
  return others
    .map((name) => join(folder, name))
    .filter((file) => {
      const lastSeen = lastSeenMs(file, identity.adapter);
      // A time in the future is of a clock that was set wrong: it says nothing.
      if (lastSeen === undefined || lastSeen > now - maxAgeMs) return false;
      recoverForgotten(file, db, identity.checkout);
      return removed(file);
    });
}

/** When a database of another encoder was opened last; undefined where it is this encoder's, or cannot be read. */
function lastSeenMs(file: string, adapter: string): number | undefined {
  try {
    const db = new DatabaseSync(file, { readOnly: true, timeout: 0 });
    try {
      const stored = storedIdentity(metaOf(db)).adapter;
      if (stored === '' || stored === adapter) return undefined;
      const row = db.prepare('SELECT coalesce(max(seen_ms), 0) AS seen FROM checkout').get();
      return row === undefined ? undefined : integer(row, 'seen');
    } finally {
      db.close();
    }
  } catch {
    // Locked, damaged, or of another shape: what cannot be told is kept.
    return undefined;
  }
}

/** Windows keeps what another process has open: there will be another time. */
function removed(file: string): boolean {
  try {
    for (const end of BESIDE) rmSync(`${file}${end}`, { force: true });
    return true;
  } catch {
    return false;
  }
}
