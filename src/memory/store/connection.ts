import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

import { AppError, isErrorOf } from '../../common/app-error.ts';
import { refuseNewer, translated } from './database.ts';
import type { Row } from './row.ts';
import { idOf, noteInUse } from './residue-scan.ts';
import { walk } from './steps.ts';
import { transaction } from './transaction.ts';

/**
 * What an open database consists of, in the mode that lets readers go on; its journal, in the other, comes and goes.
 */
const OPEN = ['', '-wal', '-shm'] as const;

/** One open database and how it is asked: whatever SQLite throws becomes an error of `ledger/…`. */
export class Connection {
  readonly db: DatabaseSync;
  /** The database's path. */
  readonly location: string;
  /** Which files on disk the connection writes, by their path. */
  readonly #files: ReadonlyMap<string, string>;

  constructor(db: DatabaseSync, location: string) {
    this.db = db;
    this.location = location;
    noteInUse(location);
    const files = OPEN.map((suffix) => location + suffix);
    this.#files = new Map(
      files.flatMap((file) => [idOf(file)].flatMap((id) => (id === undefined ? [] : [[file, id]]))),
    );
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
    try {
      return translated(this.location, work);
    } catch (error) {
      // Whatever SQLite said of files that are not there: this is what happened to them.
      if (isErrorOf(error, 'ledger') && error.code !== 'ledger/missing') this.#assertOnDisk(error);
      throw error;
    }
  }

  /**
   * One transaction that is on disk when it ends. SQLite goes on writing files that were deleted or replaced under it,
   * and a process of a later version may have changed the tables since they were opened. Inside another one it is part
   * of that.
   *
   * @throws `ledger/gone`, `ledger/newer`
   */
  change<T>(work: () => T): T {
    if (this.db.isTransaction) return work();
    this.assertOnDisk();
    const done = this.guard(() =>
      transaction(this.db, () => {
        refuseNewer(this.db, this.location);
        return work();
      }),
    );
    this.assertOnDisk();
    return done;
  }

  /** Throws `ledger/gone` unless the files that were opened still lie where they were. */
  assertOnDisk(): void {
    this.#assertOnDisk();
  }

  #assertOnDisk(cause?: unknown): void {
    for (const [file, id] of this.#files) {
      if (idOf(file) === id) continue;
      const message = `The memory database ${file} was deleted or replaced while it was in use, so it can store nothing more.`;
      throw new AppError('ledger/gone', message, cause);
    }
  }

  /** Runs steps to their end, with room for other work between them; `signal` aborts with its reason. */
  walk<T>(steps: Generator<undefined, T>, signal: AbortSignal | undefined): Promise<T> {
    return walk(steps, signal, (step) => this.guard(step));
  }

  close(): void {
    if (this.db.isOpen) this.db.close();
  }
}
