/**
 * Milliseconds after which a step of a test counts as hung. All are far above what a loaded machine of two cores takes.
 */
export const LIMITS = {
  /** The server's own start, until it listens. */
  server: 60_000,
  /** Until the workbench is drawn and the extension host runs. */
  workbench: 180_000,
  /** One thing done with mouse or keyboard, and its effect in the workbench. */
  action: 60_000,
  /** From a question to the end of its answer, with the model's first load. */
  answer: 300_000,
  /** Between a polite end and a hard one. */
  end: 5_000,
} as const;

export class HungError extends Error {
  override readonly name = 'HungError';
}

/** Asks `probe` until it gives a value; `what` is the sentence's subject where it never does. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  limit: number = LIMITS.action,
): Promise<T> {
  const end = Date.now() + limit;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new HungError(`${what} did not come about within ${limit / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
