/**
 * `task`, for calls that come in bursts: those that come while it runs have it run once more behind that, however many
 * they are. A call ends when a run that began after it has ended, and fails where that did.
 */
export function coalesced(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const run = async () => {
    try {
      await task();
    } finally {
      running = undefined;
    }
  };
  const begin = () => {
    next = undefined;
    running = run();
    return running;
  };
  return () => {
    if (next) return next;
    if (!running) return begin();
    next = running.then(begin, begin);
    return next;
  };
}
