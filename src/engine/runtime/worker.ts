import { setImmediate as turn } from 'node:timers/promises';
import { chooseDevice } from './device.ts';
import type { Chosen } from './device.ts';
import { generate } from '../generate/generate.ts';
import { Model } from './model.ts';
import { isOutOfMemory, ModelFileError, ModelLoadError } from '../weights/model-files.ts';
import { isEnvelope } from '../protocol.ts';
import type { Reply, Request } from '../protocol.ts';
import { parseSettings } from '../settings.ts';
import { measuredSegments } from '../token-count/measured-segments.ts';

/** The engine's process: it waits for requests, runs one at a time, and goes when its host goes. */
const settings = parseSettings(process.argv[2] ?? '');
const controllers = new Map<number, AbortController>();

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

let ready: Promise<Ready> | undefined;
let prefillRate = 0;

async function load(): Promise<Ready> {
  const chosen = await chooseDevice(settings.device, settings.threads);
  return { model: await Model.open({ ...settings, device: chosen.device }), chosen };
}

async function answer(request: Request, signal: AbortSignal, send: (reply: Reply) => void): Promise<Reply> {
  // A failed load is not kept: the user may have mended the file meanwhile.
  ready ??= load().catch((error: unknown) => {
    ready = undefined;
    throw error;
  });
  const { model, chosen } = await ready;
  switch (request.kind) {
    case 'describe':
      return { kind: 'described', description: await describe(model, chosen) };
    case 'segment': {
      const segments = measuredSegments(request.text, (text) => model.tokenizer.count(text));
      return { kind: 'segmented', segments };
    }
    case 'encode': {
      const began = performance.now();
      const { keys, tokens } = await model.encode(request.header, request.text);
      return { kind: 'encoded', keys, tokens, milliseconds: performance.now() - began };
    }
    case 'question': {
      const { key, tokens } = await model.question(request.text);
      return { kind: 'asked', key, tokens };
    }
    case 'count':
      return { kind: 'counted', counts: request.texts.map((text) => model.tokenizer.count(text)) };
    case 'generate': {
      const generated = await generate(model, {
        ...request,
        signal,
        onToken: (text) => {
          send({ kind: 'token', text });
        },
        onPrefill: (tokens, of) => {
          send({ kind: 'prefilled', tokens, of });
        },
      });
      prefillRate = (1000 * generated.promptTokens) / Math.max(1, generated.prefillMs);
      return { kind: 'generated', generated };
    }
  }
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

function failure(error: unknown): Reply {
  if (error instanceof Error && error.name === 'AbortError') return { kind: 'cancelled' };
  if (error instanceof ModelFileError) return { kind: 'failed', problem: 'model-file', sentence: error.message };
  if (error instanceof ModelLoadError) return { kind: 'failed', problem: 'load', sentence: error.message };
  const message = error instanceof Error ? error.message : String(error);
  if (isOutOfMemory(message)) {
    const sentence = 'There is not enough free memory to run the model. Close other programs and try again.';
    return { kind: 'failed', problem: 'memory', sentence };
  }
  return {
    kind: 'failed',
    problem: 'internal',
    sentence: `The engine could not do this: ${message.replace(/\s+/g, ' ').trim()}`,
  };
}

process.on('message', (message: unknown) => {
  if (!isEnvelope(message)) return;
  if (message.kind === 'cancel') {
    controllers.get(message.id)?.abort();
    return;
  }
  const { id, request } = message;
  const controller = new AbortController();
  controllers.set(id, controller);
  const send = (reply: Reply) => process.send?.({ id, reply });
  void turn()
    .then(() => answer(request, controller.signal, send))
    .catch(failure)
    .then((reply) => {
      controllers.delete(id);
      send(reply);
    });
});

process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole group; the host decides what happens to the request in the works.
process.on('SIGINT', () => undefined);
