import type { DatabaseSync } from 'node:sqlite';

/** One transaction, all or nothing. IMMEDIATE: two writers wait for each other here instead of failing half-way. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite has already rolled back on a full disk.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
