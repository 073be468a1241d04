import type { SQLOutputValue } from 'node:sqlite';

import { AppError } from '../../common/app-error.ts';

/** Rows that are read at once. */
const PAGE = 512;

export type Row = Record<string, SQLOutputValue>;

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw columnError(column);
  return value;
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw columnError(column);
  return value;
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw columnError(column);
  return value;
}

/**
 * All rows by id, page by page, so that the database may be used in between.
 *
 * @param page those with ids above `after`, in order, at most `limit`
 */
export function* pagesById<T>(
  page: (after: number, limit: number) => readonly T[],
  idOf: (one: T) => number,
): Generator<readonly T[], void> {
  for (let after = 0; ;) {
    const rows = page(after, PAGE);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = idOf(last);
  }
}

export const readId = (row: Row): number => integer(row, 'id');

/** The column does not hold what we write there: the database is damaged. */
export function columnError(column: string): AppError {
  return new AppError('memory/column', `Column ${column} does not hold what was written there.`);
}
