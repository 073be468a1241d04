import type { DatabaseSync } from 'node:sqlite';

import { rewriteWithoutFreePages } from './residue-scan.ts';
import { translate } from '../ledger-error.ts';

/** A row that says that files were taken out and that their bytes may still lie in free space or in the log. */
const UNFINISHED = 'forgetting';

/** To be called in the transaction that takes files out. */
export function beginForgetting(db: DatabaseSync): void {
  db.prepare('INSERT OR REPLACE INTO main.meta (name, value) VALUES (?, ?)').run(UNFINISHED, '1');
}

/** To be called once the database was written anew. */
export function endForgetting(db: DatabaseSync): void {
  db.prepare('DELETE FROM main.meta WHERE name = ?').run(UNFINISHED);
}

export function isForgetting(db: DatabaseSync): boolean {
  return db.prepare('SELECT 1 FROM main.meta WHERE name = ?').get(UNFINISHED) !== undefined;
}

/**
 * Cleans what a process that was killed while it forgot left behind; later, where others are busy or the disk is full.
 */
export function finishForgetting(db: DatabaseSync, location: string): void {
  if (!isForgetting(db)) return;
  try {
    rewriteWithoutFreePages(location);
    endForgetting(db);
  } catch (error) {
    const known = translate(error, location);
    if (known?.code !== 'ledger/busy' && known?.code !== 'ledger/full') throw error;
  }
}
