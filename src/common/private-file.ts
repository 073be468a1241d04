import { chmodSync, closeSync, fchmodSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * What the program keeps says a lot about its owner's source, so nobody else on the machine may read it: files get mode
 * 0600 and folders 0700, whatever the umask is. Windows has no modes; there the user's profile protects what lies in
 * it.
 */
const MODE = { file: 0o600, folder: 0o700, others: 0o077 } as const;

/** Makes a folder, with those above it, and keeps others out of it. Throws what `mkdir` throws. */
export function privateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: MODE.folder });
  tighten(folder);
}

/**
 * Begins an empty file for its owner alone where there is none, and tightens one that is there. Throws what `open`
 * throws where a new file cannot be made.
 */
export function privateFile(file: string): void {
  let handle: number;
  try {
    handle = openSync(file, 'wx', MODE.file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    tighten(file);
    return;
  }
  try {
    // The umask may have taken from the owner too.
    fchmodSync(handle, MODE.file);
  } finally {
    closeSync(handle);
  }
}

/**
 * Tightens a file and what lies beside it under names that begin with its own: logs and journals of a database, copies
 * that were set aside. None of them has to be there.
 */
export function tightenWithSiblings(file: string): void {
  const folder = dirname(file);
  const own = basename(file);
  for (const name of namesIn(folder)) if (name.startsWith(own)) tighten(join(folder, name));
}

/**
 * Takes all rights to a file or folder from everybody but its owner. Nothing where that is not possible or not needed.
 */
export function tighten(path: string): void {
  if (process.platform === 'win32') return;
  try {
    const { mode } = statSync(path);
    if ((mode & MODE.others) !== 0) chmodSync(path, mode & 0o700);
  } catch {
    // It is gone, it is another user's, or its file system has no modes: the folder above keeps what it can.
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
