import { setImmediate as turn } from 'node:timers/promises';
import { MAX_POSITIONS } from '../../kernels/rotary.ts';
import { RUN } from './model.ts';
import { looping } from './loop.ts';
import { LONGEST } from '../memory/token-writes.ts';
import type { Candidates, Model } from './model.ts';
import type { Ending, Generated } from './protocol.ts';
import { remembering } from './remembering.ts';
import { Sampler } from './sampler.ts';
import type { Sampling } from './sampler.ts';
import type { Message } from './tokenizer.ts';

export interface GenerateOptions {
  readonly messages: readonly Message[];
  readonly maxTokens: number;
  readonly sampling: Sampling;
  /** Segments with their headers; the token memory holds them while the answer is made. */
  readonly remembered: readonly string[];
  readonly signal: AbortSignal;
  readonly onToken: (text: string) => void;
  readonly onPrefill: (tokens: number, of: number) => void;
}

/** An incomplete character at the end of a stream of bytes decodes to this. */
const INCOMPLETE = '\ufffd';

/** Streams the assistant's reply. Stops at an end token, at `maxTokens`, or between two runs when `signal` is aborted. */
export async function generate(model: Model, options: GenerateOptions): Promise<Generated> {
  const { tokenizer } = model;
  const prompt = tokenizer.chat(options.messages);
  const room = Math.min(options.maxTokens, MAX_POSITIONS - prompt.length);
  if (room <= 0) {
    return { text: '', ending: 'context', promptTokens: prompt.length, tokens: 0, prefillMs: 0, decodeMs: 0 };
  }
  const context = model.context(prompt.length + room);
  const began = performance.now();
  let candidates: Candidates | undefined;
  for (let start = 0; start < prompt.length; start += RUN.prefillTokens) {
    const run = prompt.slice(start, start + RUN.prefillTokens);
    candidates = await model.next(context, run);
    options.onPrefill(start + run.length, prompt.length);
    await turn();
    options.signal.throwIfAborted();
  }
  const prefilled = performance.now();
  const sampler = new Sampler(options.sampling);
  const recalling = remembering(model, options.remembered);
  const said: number[] = [];
  const seen = new Set<number>();
  let shown = '';
  let ending: Ending = 'length';
  while (candidates && said.length < room) {
    const { tokens, logits } = recalling(candidates, [...prompt.slice(-LONGEST), ...said]);
    const token = sampler.choose(tokens, logits, seen);
    if (tokenizer.stops.has(token)) {
      ending = 'stop';
      break;
    }
    said.push(token);
    seen.add(token);
    const text = tokenizer.decode(said);
    if (!text.endsWith(INCOMPLETE) && text.length > shown.length) {
      options.onToken(text.slice(shown.length));
      shown = text;
    }
    const kept = looping(said);
    if (kept !== undefined) {
      // What was streamed stands; the answer that is kept ends before the repetitions.
      shown = tokenizer.decode(said.slice(0, kept)).trimEnd();
      ending = 'stop';
      break;
    }
    await turn();
    options.signal.throwIfAborted();
    if (said.length < room) candidates = await model.next(context, [token]);
  }
  return {
    text: shown,
    ending,
    promptTokens: prompt.length,
    tokens: said.length,
    prefillMs: prefilled - began,
    decodeMs: performance.now() - prefilled,
  };
}
