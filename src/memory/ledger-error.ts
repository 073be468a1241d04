import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { AppError, isAppError, isErrorOf } from '../common/app-error.ts';

/** SQLite primary result codes (the low byte of the extended code), https://sqlite.org/rescode.html */
const SQLITE = {
  error: 1,
  permission: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;
/** Generic errors that a damaged schema or full-text index gives; our statements are fixed and compile otherwise. */
const SCHEMA_ERRORS = /no such (?:table|column)|malformed|fts5|vtable|file format|encoding/;
/** Extended I/O errors that speak of the content, not of the disk: short read, bad checksum, corrupt file system. */
const CONTENT_ERRORS = new Set([522, 8202, 8458]);

/**
 * Turns what node:sqlite and node:fs throw into an error of `ledger/…`; gives back undefined for errors that are ours
 * (a bug must stay visible as a bug).
 */
export function translate(error: unknown, file: string): AppError | undefined {
  if (isErrorOf(error, 'ledger')) return error;
  if (!(error instanceof Error)) return undefined;
  if (isAppError(error, 'memory/column')) return damaged(file, error);
  if (isAppError(error, 'memory/value')) {
    return new AppError('ledger/corrupt', `A part of the memory stored in ${file} is damaged.`, error);
  }
  const result = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
  if (result !== undefined) return fromSqlite(result, error, file);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('ledger/full', `There is no space left to store the memory in ${dirname(file)}.`, error);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new AppError(
        'ledger/read-only',
        `The memory cannot be stored in ${dirname(file)}: writing is not allowed.`,
        error,
      );
    case 'ENOTDIR':
    case 'ENOENT':
    case 'EEXIST':
    case 'EISDIR':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return new AppError(
        'ledger/unreachable',
        `The memory cannot be stored in ${dirname(file)}: it is not a folder.`,
        error,
      );
    // A number in the database does not fit a JavaScript number: no version of ours wrote it.
    case 'ERR_OUT_OF_RANGE':
      return damaged(file, error);
    default:
      return undefined;
  }
}

/** The sentence for a database that is not what we wrote. */
export function damaged(file: string, cause?: unknown): AppError {
  return new AppError('ledger/damaged', `The memory database ${file} is damaged.`, cause);
}

/** The sentence for a database that a later version of the program made. */
export function newer(file: string): AppError {
  return new AppError('ledger/newer', `The memory database ${file} was made by a newer version of this program.`);
}

function fromSqlite(result: number, error: Error, file: string): AppError {
  switch (result & 0xff) {
    case SQLITE.full:
      return new AppError('ledger/full', `There is no space left to store the memory in ${dirname(file)}.`, error);
    case SQLITE.busy:
    case SQLITE.locked:
      return new AppError('ledger/busy', 'Another window has been writing this memory for too long.', error);
    case SQLITE.corrupt:
    case SQLITE.notADatabase:
      return damaged(file, error);
    case SQLITE.error:
      return SCHEMA_ERRORS.test(error.message) && !error.message.includes('no such module')
        ? damaged(file, error)
        : unusable(file, error);
    case SQLITE.permission:
    case SQLITE.readOnly:
    case SQLITE.cannotOpen:
      return fromRefusal(error, file, (result & 0xff) === SQLITE.readOnly);
    case SQLITE.ioError:
      return CONTENT_ERRORS.has(result)
        ? damaged(file, error)
        : new AppError('ledger/failed', `The disk reported an error on ${file}.`, error);
    default:
      return unusable(file, error);
  }
}

function unusable(file: string, error: Error): AppError {
  return new AppError('ledger/failed', `The memory database ${file} could not be used (${error.message}).`, error);
}

/**
 * SQLite refuses to write a database whose header is damaged just as one that may not be written, so the file system is
 * asked which of the two it is.
 */
function fromRefusal(error: Error, file: string, headerSuspect: boolean): AppError {
  const folder = dirname(file);
  const found = statSync(file, { throwIfNoEntry: false });
  if (!existsSync(folder) || found?.isDirectory() === true) {
    return new AppError(
      'ledger/unreachable',
      `The memory cannot be stored as ${file}: it is not a place for a file.`,
      error,
    );
  }
  if (!mayWrite(folder) || (found !== undefined && !mayWrite(file))) {
    return new AppError('ledger/read-only', `The memory cannot be stored in ${folder}: writing is not allowed.`, error);
  }
  return headerSuspect ? damaged(file, error) : unusable(file, error);
}

function mayWrite(place: string): boolean {
  try {
    accessSync(place, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
