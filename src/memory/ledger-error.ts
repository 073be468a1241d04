import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { RowError, CorruptValueError } from './store/row.ts';

/**
 * Why the ledger cannot be used.
 * - `full`         no space left on the disk, or the size limit given is reached
 * - `read-only`    the folder or the file may not be written
 * - `unreachable`  the place is not a folder that can be made or opened
 * - `busy`         another process held the database for longer than we wait
 * - `gone`         its file was deleted or replaced while it was open: what is written now would be on no disk
 * - `link`         the file is a symbolic link, so what is written and forgotten would be somewhere else
 * - `damaged`      the database is not readable as it should be; opening it again sets it aside and begins a new one
 * - `spoilt`       a stored write is not what was stored; mend() drops it and the files made of it
 * - `newer`        a later version of the program made it
 * - `foreign`      it belongs to another repository or adapter, or is no ledger at all
 * - `missing`      a segment names a write that was neither handed over nor stored
 * - `failed`       anything else the disk or SQLite reported
 */
export type LedgerErrorKind =
  | 'full'
  | 'read-only'
  | 'unreachable'
  | 'busy'
  | 'gone'
  | 'link'
  | 'damaged'
  | 'spoilt'
  | 'newer'
  | 'foreign'
  | 'missing'
  | 'failed';

/** What to do, for each kind: every error must carry the one action that mends it (complaints about dead ends). */
const REMEDIES: Record<LedgerErrorKind, string> = {
  full: 'Free some space on this disk, then try again; nothing that was stored is lost.',
  'read-only': 'Allow writing there, or choose another folder for the memory.',
  unreachable: 'Choose another folder for the memory.',
  busy: 'Wait for the other window to finish, then try again.',
  gone: 'Try again: a new memory is begun there.',
  link: 'Delete the link, or choose another folder for the memory.',
  damaged: 'Start again: the damaged database is set aside and what can be read of it is kept.',
  spoilt: 'Mend the memory: only the files concerned are read again.',
  newer: 'Update this program, or choose another folder for the memory.',
  foreign: 'Choose another folder for the memory.',
  missing: 'Read the file again.',
  failed: 'Try again; if it happens again, choose another folder for the memory.',
};

/**
 * One plain sentence and what to do. The message holds both; `cause` keeps what SQLite or the system said, for a log.
 */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly kind: LedgerErrorKind;
  readonly sentence: string;
  readonly remedy: string;

  constructor(kind: LedgerErrorKind, sentence: string, cause?: unknown) {
    super(`${sentence} ${REMEDIES[kind]}`, { cause });
    this.kind = kind;
    this.sentence = sentence;
    this.remedy = REMEDIES[kind];
  }
}

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
 * Turns what node:sqlite and node:fs throw into a LedgerError; gives back undefined for errors that are ours (a bug
 * must stay visible as a bug).
 */
export function translate(error: unknown, file: string): LedgerError | undefined {
  if (error instanceof LedgerError) return error;
  if (!(error instanceof Error)) return undefined;
  if (error instanceof RowError) return damaged(file, error);
  if (error instanceof CorruptValueError) {
    return new LedgerError('spoilt', `A part of the memory stored in ${file} is damaged.`, error);
  }
  const result = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined;
  if (result !== undefined) return fromSqlite(result, error, file);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new LedgerError('full', `There is no space left to store the memory in ${dirname(file)}.`, error);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new LedgerError(
        'read-only',
        `The memory cannot be stored in ${dirname(file)}: writing is not allowed.`,
        error,
      );
    case 'ENOTDIR':
    case 'ENOENT':
    case 'EEXIST':
    case 'EISDIR':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return new LedgerError(
        'unreachable',
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
export function damaged(file: string, cause?: unknown): LedgerError {
  return new LedgerError('damaged', `The memory database ${file} is damaged.`, cause);
}

/** The sentence for a database that a later version of the program made. */
export function newer(file: string): LedgerError {
  return new LedgerError('newer', `The memory database ${file} was made by a newer version of this program.`);
}

function fromSqlite(result: number, error: Error, file: string): LedgerError {
  switch (result & 0xff) {
    case SQLITE.full:
      return new LedgerError('full', `There is no space left to store the memory in ${dirname(file)}.`, error);
    case SQLITE.busy:
    case SQLITE.locked:
      return new LedgerError('busy', 'Another window has been writing this memory for too long.', error);
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
        : new LedgerError('failed', `The disk reported an error on ${file}.`, error);
    default:
      return unusable(file, error);
  }
}

function unusable(file: string, error: Error): LedgerError {
  return new LedgerError('failed', `The memory database ${file} could not be used (${error.message}).`, error);
}

/**
 * SQLite refuses to write a database whose header is damaged just as one that may not be written, so the file system is
 * asked which of the two it is.
 */
function fromRefusal(error: Error, file: string, headerSuspect: boolean): LedgerError {
  const folder = dirname(file);
  const found = statSync(file, { throwIfNoEntry: false });
  if (!existsSync(folder) || found?.isDirectory() === true) {
    return new LedgerError(
      'unreachable',
      `The memory cannot be stored as ${file}: it is not a place for a file.`,
      error,
    );
  }
  if (!mayWrite(folder) || (found !== undefined && !mayWrite(file))) {
    return new LedgerError('read-only', `The memory cannot be stored in ${folder}: writing is not allowed.`, error);
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
