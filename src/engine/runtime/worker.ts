import { AppError, isErrorOf } from '../../common/app-error.ts';
import { processChannel, serve } from '../../common/rpc/server.ts';
import type { CallContext } from '../../common/rpc/server.ts';
import { chooseDevice } from './device.ts';
import type { Chosen } from './device.ts';
import { generate } from '../generate/generate.ts';
import { Model } from './model.ts';
import { isOutOfMemory } from '../weights/model-files.ts';
import type { EngineCalls, GenerateEvent, GenerateRequest } from '../protocol.ts';
import { parseSettings } from '../settings.ts';
import { measuredSegments } from '../token-count/measured-segments.ts';

/** The engine's process: it waits for calls, gets one at a time, and goes when its host goes. */
const settings = parseSettings(process.argv[2] ?? '');

/** Tokens of the run that measures prefill. */
const PROBE_TOKENS = 64;
/**
 * A prompt of some thousand tokens is read at this part of the probe's rate: attention grows with what was read before.
 */
const PROMPT_OF_PROBE = 0.65;

interface Ready {
  readonly model: Model;
  readonly chosen: Chosen;
}

let loading: Promise<Ready> | undefined;
let prefillRate = 0;

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
    await model.next(model.context(run.length), run); // the first run allocates
    const began = performance.now();
    await model.next(model.context(run.length), run);
    prefillRate = (PROMPT_OF_PROBE * 1000 * run.length) / (performance.now() - began);
  }
  return {
    model: model.manifest.name,
    device: chosen.device,
    because: chosen.because,
    threads: settings.threads,
    prefillRate,
    residentBytes: process.memoryUsage.rss(),
  };
}

async function answer(request: GenerateRequest, { signal, emit }: CallContext<GenerateEvent>) {
  const { model } = await ready();
  const generated = await generate(model, { ...request, signal, onEvent: emit });
  prefillRate = (1000 * generated.promptTokens) / Math.max(1, generated.prefillMs);
  return generated;
}

function failureOf(error: unknown): AppError {
  if (isErrorOf(error, 'engine')) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (isOutOfMemory(message)) return new AppError('engine/memory');
  return new AppError('engine/internal', `The engine could not do this: ${message.replace(/\s+/g, ' ').trim()}`);
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
  },
  { failureOf },
);

// Ctrl-C reaches the whole group; the host decides what happens to the call in the works.
process.on('SIGINT', () => undefined);
