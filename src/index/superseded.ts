import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../memory/store/ledger.ts';
import { FORGOTTEN } from '../memory/records.ts';
import type { FileMeta, FileRecord, FileStat } from '../memory/records.ts';
import { fileStat } from '../workspace/walk/entry.ts';

/** What this process saw of a file: its size and times, that it is not there, or that a rule leaves it out. */
export type Seen = Pick<FileMeta, 'bytes' | 'mtimeMs' | 'stat'> | 'gone' | 'skipped';

export interface Place {
  readonly root: string;
  readonly ledger: Ledger;
  readonly remember?: boolean | undefined;
}

/**
 * Whether somebody else (another window, the command line) recorded the file since `before`, and saw what lies on disk
 * later than this process did, which would put an older version in its place; or took it out of the memory for good. To
 * be asked inside the transaction that writes: whoever saves writes the file first, so that the last to write either is
 * the last to have read, or sees here that it is not. A file that only grows all the time is recorded all the same.
 */
export function isSuperseded(
  { root, ledger, remember }: Place,
  before: FileRecord | undefined,
  path: string,
  seen: Seen,
): boolean {
  const now = ledger.file(path);
  if (isForgotten(now) && !isForgotten(before) && remember !== true) return true;
  if (isSame(before, now)) return false;
  if (seen === 'skipped') return true;
  const found = onDisk(join(root, path));
  if (found === 'unknown') return true; // what was recorded since is as likely; the next pass looks again
  if (seen === 'gone') return found !== undefined;
  return found?.size !== seen.bytes || found.mtimeMs !== seen.mtimeMs || !isSameStat(seen.stat, fileStat(found));
}

/** Whether a file looks untouched; no, where one of the two looks was not taken. */
export function isSameStat(one: FileStat | undefined, other: FileStat | undefined): boolean {
  return one !== undefined && one.ctimeMs === other?.ctimeMs && one.inode === other.inode;
}

/**
 * A file's size and time; undefined where there is none; unknown where its folder cannot be looked into (rights, a loop
 * of links).
 */
function onDisk(file: string): Stats | 'unknown' | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch {
    return 'unknown';
  }
}

/** Whether a file was taken out on request, and stays out. */
export function isForgotten(file: FileRecord | undefined): boolean {
  return file?.state.kind === 'skipped' && file.state.reason === FORGOTTEN;
}

function isSame(one: FileRecord | undefined, other: FileRecord | undefined): boolean {
  return (
    one?.state.kind === other?.state.kind &&
    one?.blobHash === other?.blobHash &&
    one?.bytes === other?.bytes &&
    one?.mtimeMs === other?.mtimeMs
  );
}
