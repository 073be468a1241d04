import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

/** Runs steps to their end, without room for other work between them. */
export function drain<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Runs steps to their end, with room for other work between them; `signal` aborts with its reason.
 *
 * @param guard makes each step, and turns what it throws into errors of the caller's
 */
export async function walk<T>(
  steps: Generator<undefined, T>,
  signal: AbortSignal | undefined,
  guard: (step: () => IteratorResult<undefined, T>) => IteratorResult<undefined, T> = (step) => step(),
): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    const step = guard(() => steps.next());
    if (step.done === true) return step.value;
    await yieldToEventLoop();
  }
}
