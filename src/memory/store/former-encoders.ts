import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { DATABASE_NAME, FILES, metaOf, storedIdentity } from './database.ts';
import type { LedgerIdentity } from '../records.ts';
import type { PruneLimits } from './prune.ts';
import { recoverForgotten } from './recover.ts';
import { integer, text } from './row.ts';
import { SCHEMA_VERSION } from './schema.ts';

interface Open {
  readonly db: DatabaseSync;
  readonly location: string;
  readonly identity: Pick<LedgerIdentity, 'repository' | 'adapter' | 'checkout'>;
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
      const lastSeen = lastSeenMs(file, identity);
      // Opened lately, or by a clock that was set wrong.
      if (lastSeen === undefined || lastSeen > now - maxAgeMs) return false;
      return recoverForgotten(file, db, identity.checkout) !== undefined && !isOpen(file) && removed(file);
    });
}

/** When this repository's database of another encoder was opened last; undefined where it is none, or is not known. */
function lastSeenMs(file: string, { repository, adapter }: Open['identity']): number | undefined {
  try {
    const db = new DatabaseSync(file, { readOnly: true, timeout: 0 });
    try {
      const meta = metaOf(db);
      const stored = storedIdentity(meta);
      const isKnown = Number(meta.get('schema')) <= SCHEMA_VERSION;
      if (!isKnown || stored.repository !== repository || stored.adapter === adapter) return undefined;
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

/** Whether somebody has the database open: its journal's mode changes only for a connection that is alone. */
function isOpen(file: string): boolean {
  try {
    const db = new DatabaseSync(file, { timeout: 0 });
    try {
      const row = db.prepare('PRAGMA journal_mode = delete').get();
      return row === undefined || text(row, 'journal_mode') !== 'delete';
    } finally {
      db.close();
    }
  } catch {
    return true;
  }
}

/** Windows keeps what another process has open: there will be another time. */
function removed(file: string): boolean {
  try {
    for (const end of FILES) rmSync(`${file}${end}`, { force: true });
    return true;
  } catch {
    return false;
  }
}
