import { existsSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { parentPort } from 'node:worker_threads';
import { asAppError } from '../../../../../src/common/app-error.ts';
import type { Call } from '../../../../../src/common/rpc/messages.ts';
import { processChannel, serve, threadChannel } from '../../../../../src/common/rpc/server.ts';

/** What the peer of the tests does, as a thread and as a process. */
export interface TestCalls {
  readonly add: Call<{ readonly a: number; readonly b: number }, number>;
  /** Tells 1 to `to`, then replies with it. */
  readonly count: Call<{ readonly to: number }, string, number>;
  /** Tells 'begun' and goes on until it is aborted. */
  readonly wait: Call<undefined, void, 'begun'>;
  /** Tells 'begun' and hears nothing any more. */
  readonly spin: Call<undefined, void, 'begun'>;
  /** Dies the first time: where the file does not exist yet. */
  readonly dieOnce: Call<{ readonly mark: string }, string, 'begun'>;
  readonly die: Call<undefined, void>;
  readonly refuse: Call<undefined, void>;
  /** Replies with what no message can carry. */
  readonly uncopyable: Call<undefined, unknown>;
  /** Sends messages that are none of the protocol, then replies. */
  readonly babble: Call<undefined, string>;
  /** The requests of `add` so far, in their order. */
  readonly seen: Call<undefined, readonly number[]>;
}

const channel = parentPort ? threadChannel(parentPort) : processChannel();
const seen: number[] = [];
const keepAlive = setInterval(() => undefined, 1_000);

function die(): Promise<never> {
  console.error('last words');
  // What was written has to leave first.
  return new Promise(() => setTimeout(() => process.exit(7), 20));
}

serve<TestCalls>(
  channel,
  {
    add: ({ a, b }) => {
      seen.push(a);
      return a + b;
    },
    count: async ({ to }, { emit }) => {
      for (let at = 1; at <= to; at += 1) {
        emit(at);
        await Promise.resolve();
      }
      return `to ${to}`;
    },
    wait: async (_, { signal, emit }) => {
      emit('begun');
      await once(signal, 'abort');
      signal.throwIfAborted();
    },
    spin: async (_, { emit }) => {
      emit('begun');
      // The message leaves before the loop takes the thread.
      await new Promise((resolve) => setTimeout(resolve, 20));
      for (;;);
    },
    dieOnce: async ({ mark }, { emit }) => {
      emit('begun');
      if (existsSync(mark)) return 'lived';
      writeFileSync(mark, '');
      return die();
    },
    die,
    refuse: () => {
      throw new RangeError('No.');
    },
    uncopyable: () => () => undefined,
    babble: () => {
      for (const message of [null, 7, 'reply', {}, { type: 'reply' }, { type: 'reply', id: 'x', kind: 'add' }]) {
        channel.post(message as never);
      }
      channel.post({ type: 'reply', id: 999, kind: 'add', reply: 0 });
      return 'done';
    },
    seen: () => seen,
  },
  {
    failureOf: asAppError,
    onClose: () => {
      clearInterval(keepAlive);
      process.exit(0);
    },
  },
);
