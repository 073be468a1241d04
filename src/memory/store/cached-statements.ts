import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';

/** Different statements that are kept: more than the program has. */
const MOST = 200;

/**
 * A database that compiles each statement once: to record a file takes a dozen, and profiles showed their compiling. A
 * statement is done when its call returns, since none of a ledger is iterated; SQLite compiles it anew where the schema
 * has changed.
 */
export class CachedStatements extends DatabaseSync {
  readonly #statements = new Map<string, StatementSync>();

  override prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (this.#statements.size >= MOST) this.#statements.clear();
    const statement = super.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
