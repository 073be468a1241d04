import type { SQLOutputValue } from 'node:sqlite';

import { AppError } from '../../common/app-error.ts';
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

/** The column does not hold what we write there: the database is damaged. */
export function columnError(column: string): AppError {
  return new AppError('memory/column', `Column ${column} does not hold what was written there.`);
}
