/**
 * Exit codes: 0 done, 1 failed with a sentence, 2 wrong usage, 3 does not know, 130 stopped by Ctrl-C, 141 nobody reads
 * the output any more (128 + SIGPIPE, as other programs end then).
 */
export const EXIT = { done: 0, failed: 1, usage: 2, unknown: 3, stopped: 130, unread: 141 } as const;

/** What a person is told of a command that was stopped. */
export const STOPPED = 'Stopped. What was read is saved; run the command again to go on.';
