import type { ChildProcess } from 'node:child_process';

const cleanups = new Set<() => void>();

/**
 * Registers synchronous work for the end of this process or worker thread, `process.exit` included. The function that
 * comes back takes it off again. Nothing runs after SIGKILL.
 */
export function atExit(cleanup: () => void): () => void {
  if (cleanups.size === 0) process.once('exit', runAll);
  cleanups.add(cleanup);
  return () => {
    cleanups.delete(cleanup);
    if (cleanups.size === 0) process.removeListener('exit', runAll);
  };
}

/** Kills the child if it still runs when this process or thread ends: a child that hangs would outlive it. */
export function endWithUs(child: ChildProcess): void {
  const forget = atExit(() => {
    child.kill('SIGKILL');
  });
  child.once('exit', forget);
  child.once('error', () => {
    // A failed kill is an error too; only a child that never started has no id.
    if (child.pid === undefined) forget();
  });
}

function runAll(): void {
  for (const cleanup of cleanups) {
    try {
      cleanup();
    } catch {
      // The next one has to run all the same, and nobody is left to be told.
    }
  }
}
