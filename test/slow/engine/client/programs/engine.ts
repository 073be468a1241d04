import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, asAppError } from '../../../../../src/common/app-error.ts';
import { processChannel, serve } from '../../../../../src/common/rpc/server.ts';
import type { EngineCalls } from '../../../../../src/engine/protocol.ts';

/** An engine's process without a model; some texts are orders to it. `die FILE` dies where the file is not there. */
const order: string[] = [];

function obey(text: string): void {
  const [verb, file = ''] = text.split(' ', 2);
  if (verb === 'fail') throw new AppError('engine/load', 'It does not load.');
  if (verb === 'bug') throw new RangeError('Out of range.');
  if (verb !== 'die' || existsSync(file)) return;
  writeFileSync(file, '');
  process.exit(7);
}

serve<EngineCalls>(
  processChannel(),
  {
    describe: () => ({
      ...{
        model: order.join(' '),
        device: 'cpu',
        because: '',
        threads: 1,
        prefillRate: 1,
        keptTokens: 0,
        residentBytes: process.pid,
      },
    }),
    segment: () => [],
    encode: ({ text }) => {
      obey(text);
      order.push(text);
      // A run that hears nothing.
      if (text === 'spin') for (;;);
      return { keys: Float32Array.of(text.length), tokens: 1, milliseconds: 1 };
    },
    question: ({ text }) => {
      order.push(text);
      return Float32Array.of(1);
    },
    prepareAnswers: () => undefined,
    forgetPrompt: () => {
      order.push('forgetPrompt');
    },
    count: ({ texts }) => texts.map(({ length }) => length),
    generate: async ({ messages }, { emit }) => {
      const text = messages[0]?.content ?? '';
      emit({ kind: 'prefilled', tokens: 1, of: 1 });
      if (text.startsWith('early')) obey(text.slice('early '.length));
      emit({ kind: 'token', text: 'a' });
      await pause(20);
      if (text.startsWith('late')) obey(text.slice('late '.length));
      return { text: 'a', ending: 'stop', promptTokens: 1, tokens: 1, prefillMs: 1, decodeMs: 1 };
    },
  },
  { failureOf: asAppError },
);
