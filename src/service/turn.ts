import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { lock } from 'proper-lockfile';

/** Times in milliseconds, each with its reason. */
const TURN = {
  /** A process that has not renewed its turn for so long is gone: longer than any single run of the model. */
  stale: 20_000,
  renew: 5_000,
  /** How often a process that waits looks again; what the other one has read is usable meanwhile. */
  look: 2_000,
} as const;

/** proper-lockfile's lock is a folder. */
const PRIVATE = {
  ...fs,
  mkdir: (path: string, done: (error: NodeJS.ErrnoException | null) => void) => {
    fs.mkdir(path, 0o700, done);
  },
};

/**
 * Waits until no other window or process reads this folder: two that read the same files would run the model twice for
 * each. A process that was killed loses its turn by itself.
 *
 * @param database the ledger's path; the turn is taken beside it
 * @param onWait   called each time the turn is still another's
 * @returns gives the turn back
 */
export async function turnToRead(
  database: string,
  root: string,
  signal: AbortSignal,
  onWait: () => void,
): Promise<() => Promise<void>> {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const lockfilePath = join(dirname(database), `reading-${name}.lock`);
  for (;;) {
    signal.throwIfAborted();
    try {
      const options = { lockfilePath, stale: TURN.stale, update: TURN.renew, realpath: false, fs: PRIVATE };
      // A turn that was lost while the machine slept costs some work twice, never a wrong memory.
      const release = await lock(database, { ...options, onCompromised: () => undefined });
      return () => release().catch(() => undefined);
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'ELOCKED') throw error;
    }
    onWait();
    await wait(TURN.look, undefined, { signal });
  }
}
