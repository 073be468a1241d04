import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { translate } from '../memory/ledger-error.ts';

/** Times in milliseconds, each with its reason. */
const TURN = {
  /**
   * A process that has not renewed its turn for so long is gone: longer than the longest work that blocks its thread.
   */
  stale: 12_000,
  renew: 3_000,
  /** How often a process that waits looks again; what the other one has read is usable meanwhile. */
  look: 1_000,
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
 * each. A process that was killed loses its turn by itself, whatever the clock says by then.
 *
 * @param database the ledger's path; the turn is taken beside it
 * @param onWait   called each time the turn is still another's
 * @returns gives the turn back
 * @throws `ledger/…` where no lock can be made; the signal's reason
 */
export async function acquireIndexLock(
  database: string,
  root: string,
  signal: AbortSignal | undefined,
  onWait: () => void,
): Promise<() => Promise<void>> {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const lockfilePath = join(dirname(database), `reading-${name}.lock`);
  const silence = new Silence(lockfilePath);
  for (;;) {
    signal?.throwIfAborted();
    removeWhatIsNoLock(lockfilePath);
    try {
      const options = { lockfilePath, stale: TURN.stale, update: TURN.renew, realpath: false, fs: PRIVATE };
      // A turn that was lost while the machine slept costs some work twice, never a wrong memory.
      const release = await lock(database, { ...options, onCompromised: () => undefined });
      return () => release().catch(() => undefined);
    } catch (error) {
      // Two processes that find the same dead one's lock take it away from each other.
      const isAnothers =
        error instanceof Error && 'code' in error && (error.code === 'ELOCKED' || error.code === 'ENOENT');
      if (!isAnothers || fs.lstatSync(dirname(database), { throwIfNoEntry: false }) === undefined) {
        throw translate(error, database) ?? error;
      }
    }
    onWait();
    await wait(TURN.look, undefined, { signal });
    silence.listen();
  }
}

/**
 * A lock is a folder. A link or a file in its place was made by nobody here, and would be waited for without an end.
 */
function removeWhatIsNoLock(place: string): void {
  const found = fs.lstatSync(place, { throwIfNoEntry: false });
  if (found !== undefined && !found.isDirectory()) fs.rmSync(place, { force: true });
}

/** How long a lock has not been renewed, by this process's own clock: the times of files may lie in the future. */
class Silence {
  readonly #place: string;
  #last: { readonly mtimeMs: number; readonly since: number } | undefined;

  constructor(place: string) {
    this.#place = place;
  }

  /** Takes the lock away once nobody has renewed it for too long. */
  listen(): void {
    const mtimeMs = fs.lstatSync(this.#place, { throwIfNoEntry: false })?.mtimeMs;
    if (mtimeMs === undefined) this.#last = undefined;
    else if (this.#last?.mtimeMs !== mtimeMs) this.#last = { mtimeMs, since: performance.now() };
    else if (performance.now() - this.#last.since > TURN.stale) {
      this.#last = undefined;
      try {
        fs.rmdirSync(this.#place);
      } catch {
        // Its holder was only slow, or another process was first.
      }
    }
  }
}
