import { EXIT, STOPPED } from './exit.ts';
import { err } from './output.ts';

/** ms in which a command may end by itself after a signal: a file that is being stored is done by then. */
const GRACE = 800;

const controller = new AbortController();

/** Aborted when the command has to end. */
export const stopping: AbortSignal = controller.signal;

/**
 * Ends the command when a signal or the supervisor says so: gracefully where it hears in time, else hard with the same
 * exit code; children are killed then. Every transaction is whole, so nothing that was stored is lost.
 */
export function endOnSignal(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping.aborted) endHard();
      stop();
    });
  }
  process.on('message', (message) => {
    if (message === 'stop') stop();
  });
  // Without its supervisor nobody could stop it any more.
  process.on('disconnect', endHard);
  process.channel?.unref();
}

function stop(): void {
  if (stopping.aborted) return;
  // The handlers stay: Ctrl-C while a command ends must not turn a finished command into a killed one.
  setTimeout(endHard, GRACE).unref();
  controller.abort(new DOMException('Stopped by Ctrl-C.', 'AbortError'));
}

function endHard(): never {
  err.rows(STOPPED);
  process.exit(EXIT.stopped);
}
