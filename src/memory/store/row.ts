import type { SQLOutputValue } from 'node:sqlite';

export type Row = Record<string, SQLOutputValue>;

/** A column does not hold what we write there: the database is damaged. */
export class RowError extends Error {
  override readonly name = 'RowError';
  constructor(column: string) {
    super(`Column ${column} does not hold what was written there.`);
  }
}

/** A stored write does not decode: SQLite is content, but the bytes are not those that were stored. */
export class CorruptValueError extends Error {
  override readonly name = 'SpoiltError';
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new RowError(column);
  return value;
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new RowError(column);
  return value;
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new RowError(column);
  return value;
}
