import { setImmediate as turn } from 'node:timers/promises';
import { processChannel, serve } from '../../common/rpc/server.ts';
import type { CallContext } from '../../common/rpc/server.ts';
import { chooseDevice } from './device.ts';
import type { Chosen } from './device.ts';
import { generate } from '../generate/generate.ts';
import { KeptPrompt } from '../generate/kept-prompt.ts';
import { Model } from './model.ts';
import { failureOf } from './failure.ts';
import type { EngineCalls, GenerateEvent, GenerateRequest } from '../protocol.ts';
import { parseSettings } from '../settings.ts';
import { measuredSegments } from '../token-count/measured-segments.ts';

/** The engine's process: it waits for calls, gets one at a time, and goes when its host goes. */
const settings = parseSettings(process.argv[2] ?? '');

/** Tokens of the run that measures prefill. */
const PROBE_TOKENS = 64;
/**
 * A prompt of some thousand tokens is read at this part of the probe's rate, times the runs that are read at once:
 * attention grows with what was read before.
 */
const PROMPT_OF_PROBE = 0.65;
/** A prompt of which less was read says little about how fast the next is read. */
const LEAST_READ = 128;
/** Milliseconds after an answer before weights are made that the next may be read with. */
const BEHIND = 3_000;

interface Ready {
  readonly model: Model;
  readonly chosen: Chosen;
}

let loading: Promise<Ready> | undefined;
let prefillRate = 0;
const kept = new KeptPrompt();
/** The answer that is being written. */
let answering: Promise<unknown> = Promise.resolve();

function ready(): Promise<Ready> {
  // A failed load is not kept: the user may have repaired the file meanwhile.
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<Ready> {
  const chosen = await chooseDevice(settings.device, settings.threads);
  return { model: await Model.open({ ...settings, device: chosen.device }), chosen };
}

async function describe(model: Model, chosen: Chosen) {
  if (prefillRate === 0) {
    const ids = model.tokenizer.encode(
      'const answer = question.map((word) => word.trim());\n'.repeat(PROBE_TOKENS / 8),
    );
    const run = ids.slice(0, PROBE_TOKENS);
    await model.read(await model.context(run.length), run); // the first run allocates
    const context = await model.context(run.length);
    const began = performance.now();
    await model.read(context, run);
    const seconds = (performance.now() - began) / 1000;
    prefillRate = (PROMPT_OF_PROBE * model.stages(context) * run.length) / seconds;
  }
  return {
    model: model.manifest.name,
    device: chosen.device,
    because: chosen.because,
    threads: settings.threads,
    prefillRate,
    keptTokens: await kept.tokens(model),
    residentBytes: process.memoryUsage.rss(),
  };
}

async function answer(request: GenerateRequest, { signal, emit }: CallContext<GenerateEvent>) {
  const { model } = await ready();
  const writing = generate(model, { ...request, signal, onEvent: emit, kept });
  answering = writing.catch(() => undefined);
  try {
    const generated = await writing;
    const read = generated.promptTokens - (generated.keptTokens ?? 0);
    if (read >= LEAST_READ) prefillRate = (1000 * read) / Math.max(1, generated.prefillMs);
    return generated;
  } finally {
    // A process that goes with its first answer would leave half a file.
    setTimeout(() => void model.prepareAnswers(quiet), BEHIND).unref();
  }
}

/** Ends when no answer is being written, after a call that waits has begun. */
async function quiet(): Promise<void> {
  await turn();
  for (let last; last !== answering;) {
    last = answering;
    await last;
  }
}

serve<EngineCalls>(
  processChannel(),
  {
    describe: async () => {
      const { model, chosen } = await ready();
      return describe(model, chosen);
    },
    segment: async ({ text }) => {
      const { model } = await ready();
      return measuredSegments(text, (part) => model.tokenizer.count(part));
    },
    encode: async ({ header, text }) => {
      const { model } = await ready();
      const began = performance.now();
      const { keys, tokens } = await model.encode(header, text);
      return { keys, tokens, milliseconds: performance.now() - began };
    },
    question: async ({ text }) => {
      const { model } = await ready();
      const { key } = await model.question(text);
      return key;
    },
    count: async ({ texts }) => {
      const { model } = await ready();
      return texts.map((text) => model.tokenizer.count(text));
    },
    generate: answer,
    prepareAnswers: async (_, { signal }) => {
      const { model } = await ready();
      await model.prepareAnswers(async () => {
        await turn();
        signal.throwIfAborted();
      });
    },
    forgetPrompt: async () => {
      if (loading !== undefined) kept.drop((await ready()).model);
    },
  },
  { failureOf },
);

// Ctrl-C reaches the whole group; the host decides what happens to the call in the works.
process.on('SIGINT', () => undefined);
