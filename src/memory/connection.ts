import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { setImmediate as breathe } from 'node:timers/promises';

import { translated } from './database.ts';
import type { Row } from './row.ts';

/** One open database and how it is asked: whatever SQLite throws becomes a LedgerError. */
export class Connection {
  readonly db: DatabaseSync;
  /** The database's path. */
  readonly location: string;

  constructor(db: DatabaseSync, location: string) {
    this.db = db;
    this.location = location;
  }

  rows<T>(query: string, read: (row: Row) => T, ...parameters: SQLInputValue[]): T[] {
    return this.guard(() =>
      this.db
        .prepare(query)
        .all(...parameters)
        .map(read),
    );
  }

  guard<T>(work: () => T): T {
    return translated(this.location, work);
  }

  /** Runs steps to their end, with room for other work between them; `signal` aborts with its reason. */
  async walk<T>(steps: Generator<undefined, T>, signal: AbortSignal | undefined): Promise<T> {
    for (;;) {
      signal?.throwIfAborted();
      const step = this.guard(() => steps.next());
      if (step.done === true) return step.value;
      await breathe();
    }
  }

  close(): void {
    if (this.db.isOpen) this.db.close();
  }
}
