import { closeSync, existsSync, lstatSync, openSync, renameSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

import { AppError, isAppError } from '../../common/app-error.ts';
import { tightenWithSiblings } from '../../common/private-file.ts';

const LOCK = {
  /** ms after which a lock was left by a process that died: checking and renaming take a second at most. */
  staleMs: 30_000,
  /** ms another process is waited for, and how often one looks. */
  patienceMs: 10_000,
  lookMs: 50,
} as const;

export type Quarantined =
  | { readonly kind: 'moved'; readonly to: string }
  /** Another process repaired it between our finding and our lock. */
  | { readonly kind: 'repaired'; readonly db: DatabaseSync };

/**
 * Renames a damaged database, with its log, to *.damaged-<time>, so that nothing of it is lost. Two windows that find
 * the same damage must not rename each other's new database, so it is checked once more under a lock file.
 *
 * @param open tries to open the database; throws `ledger/damaged` when it still is
 */
export function quarantine(file: string, open: () => DatabaseSync, now = new Date()): Quarantined {
  // Called so in the version before, which may find the same damage.
  const lock = `${file}.mending`;
  takeLock(lock);
  try {
    try {
      return { kind: 'repaired', db: open() };
    } catch (error) {
      if (!isAppError(error, 'ledger/damaged')) throw error;
    }
    const to = freeName(`${file}.damaged-${now.toISOString().replaceAll(/[-:.]/g, '')}`);
    tightenWithSiblings(file);
    renameSync(file, to);
    for (const suffix of ['-wal', '-shm']) {
      if (existsSync(file + suffix)) renameSync(file + suffix, to + suffix);
    }
    return { kind: 'moved', to };
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EBUSY' || error.code === 'EPERM')) {
      throw new AppError('ledger/busy', `The damaged memory database ${file} is open in another window.`, error);
    }
    throw error;
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(lock: string): void {
  const until = Date.now() + LOCK.patienceMs;
  for (;;) {
    try {
      closeSync(openSync(lock, 'wx', 0o600));
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      if (Date.now() > until) throw new AppError('ledger/busy', 'Another window is repairing this memory.', error);
    }
    const held = lstatSync(lock, { throwIfNoEntry: false });
    // A time far in the future was written before somebody set the clock back; a link is nobody's lock.
    const isLeft = held !== undefined && Math.abs(Date.now() - held.mtimeMs) > LOCK.staleMs;
    if (isLeft || held?.isFile() === false) rmSync(lock, { force: true, recursive: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK.lookMs);
  }
}

function freeName(name: string): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}-${n}`;
    if (!existsSync(candidate)) return candidate;
  }
}
