import { setImmediate as turn } from 'node:timers/promises';
import { MAX_POSITIONS } from '../../../kernels/rotary.ts';
import { COPIED, CopyDetector, endOfQuotation, FenceScanner, wholeSentences } from './copy-detector.ts';
import { Drafter } from './drafter.ts';
import { findCycle } from './find-cycle.ts';
import { KeptPrompt } from './kept-prompt.ts';
import type { Keeper } from './kept-prompt.ts';
import type { Candidates, Context, Model } from '../runtime/model.ts';
import type { FinishReason, Generated, GenerateEvent } from '../protocol.ts';
import { Sampler } from './sampler.ts';
import { TextStream } from './text-stream.ts';
import type { Sampling } from './sampler.ts';
import type { Message, Tokenizer } from './tokenizer.ts';
import { VerifiedRuns } from './verified-runs.ts';
import type { Runner } from './verified-runs.ts';

export interface GenerateOptions {
  readonly messages: readonly Message[];
  readonly maxTokens: number;
  readonly sampling: Sampling;
  readonly signal: AbortSignal;
  readonly onEvent: (event: GenerateEvent) => void;
  /** `none` runs token by token, for comparing the two: what is said is the same. */
  readonly drafts?: 'prompt' | 'none';
  /** What the prompt before left, for this one; and this one for the next. */
  readonly kept?: KeptPrompt;
}

/** What a reply is generated with. */
export type Generator = Pick<Model, 'read' | 'next'> &
  Keeper &
  Runner & {
    readonly tokenizer: Pick<Tokenizer, 'chat' | 'decode' | 'encode' | 'stops'>;
  };

/**
 * Streams the assistant's reply. Stops at an end token, at `maxTokens`, or between two runs when `signal` is aborted.
 * Beside the model's own run, a token costs the same however long the reply is.
 */
export async function generate(model: Generator, options: GenerateOptions): Promise<Generated> {
  const { tokenizer } = model;
  const prompt = tokenizer.chat(options.messages);
  const room = Math.min(options.maxTokens, MAX_POSITIONS - prompt.length);
  if (room <= 0) {
    // Whoever asked takes this prompt for the last one, and looks no more after the one before.
    options.kept?.drop(model);
    return { text: '', ending: 'context', promptTokens: prompt.length, tokens: 0, prefillMs: 0, decodeMs: 0 };
  }
  const kept = options.kept ?? new KeptPrompt();
  const { context, length } = await kept.begin(model, prompt, prompt.length + room);
  // Sessions that this prompt was the first to need are made by now: they say nothing of how fast the next is read.
  const began = performance.now();
  const read = { length };
  try {
    const candidates = await readPrompt(model, context, prompt, read, options);
    const times = { began, prefilled: performance.now() };
    return await write(model, context, prompt, candidates, { ...options, room, times, keptTokens: length });
  } finally {
    // Of an answer that was stopped the prompt is kept all the same, as far as it was read.
    kept.keep(model, prompt.slice(0, read.length), context);
  }
}

/** Runs what of a prompt is not read; `read` says how far it came. Gives the candidates for the token after it. */
async function readPrompt(
  model: Generator,
  context: Context,
  prompt: readonly number[],
  read: { length: number },
  { onEvent, signal }: GenerateOptions,
): Promise<Candidates> {
  const [body, last] = [prompt.slice(0, -1), prompt.slice(-1)];
  if (read.length < body.length) {
    await model.read(context, body.slice(read.length), async (tokens) => {
      read.length += tokens;
      onEvent({ kind: 'prefilled', tokens: read.length, of: prompt.length });
      await turn();
      signal.throwIfAborted();
    });
  }
  const candidates = await model.next(context, last);
  onEvent({ kind: 'prefilled', tokens: prompt.length, of: prompt.length });
  await turn();
  signal.throwIfAborted();
  return candidates;
}

interface WriteOptions extends GenerateOptions {
  readonly room: number;
  readonly times: { readonly began: number; readonly prefilled: number };
  readonly keptTokens: number;
}

/** Writes the reply, from the candidates for its first token on. */
async function write(
  model: Generator,
  context: Context,
  prompt: readonly number[],
  first: Candidates,
  options: WriteOptions,
): Promise<Generated> {
  const { tokenizer } = model;
  const { room, times, keptTokens } = options;
  let candidates = first;
  const newDrafter = options.drafts === 'none' ? undefined : () => new Drafter(prompt);
  const runs = new VerifiedRuns(model, context, prompt.length, newDrafter);
  const sampler = new Sampler(options.sampling);
  const blank = blankTokens(tokenizer);
  const quoting = new CopyDetector(blank, prompt);
  const repeating = new CopyDetector(blank);
  const said: number[] = [];
  const seen = new Set<number>();
  const decoded = new TextStream((tokens) => tokenizer.decode(tokens));
  const fences = new FenceScanner();
  let text = '';
  /** The end of the text that was not streamed yet. */
  let held = '';
  let isLineEnd = false;
  let ending: FinishReason = 'length';
  const say = (token: number) => {
    said.push(token);
    const part = decoded.push(token);
    if (part === '') return;
    text += part;
    held += part;
    isLineEnd = part.endsWith('\n');
    fences.push(part);
  };
  const stream = () => {
    if (held !== '') options.onEvent({ kind: 'token', text: held });
    held = '';
  };
  while (said.length < room) {
    const before = said.length;
    const token = sampler.choose(candidates.tokens, candidates.logits, seen);
    if (tokenizer.stops.has(token)) {
      ending = 'stop';
      break;
    }
    say(token);
    seen.add(token);
    const repeated = repeating.push(token);
    repeating.extend(token);
    const kept = findCycle(said) ?? repeatedFrom(repeated, said, fences.fence, blank);
    if (kept !== undefined) {
      const streamed = text.length - held.length;
      text = wholeSentences(tokenizer.decode(said.slice(0, kept)));
      held = text.slice(streamed);
      ending = 'repeated';
      break;
    }
    const end = endOfQuotation(quoting.push(token), { fence: fences.fence, isLineEnd });
    if (end !== undefined) {
      // The model goes on as if it had written this itself: it then says what the lines do.
      for (const own of tokenizer.encode(end)) say(own);
      quoting.interrupt();
      repeating.interrupt();
    }
    // What may turn out to be said before is held back, so that nobody reads what is then taken away.
    if (repeated < COPIED.held) stream();
    await turn();
    options.signal.throwIfAborted();
    if (said.length < room) candidates = await runs.after(said.slice(before), room - said.length);
  }
  stream();
  return {
    text,
    ending,
    promptTokens: prompt.length,
    keptTokens,
    tokens: said.length,
    prefillMs: times.prefilled - times.began,
    decodeMs: performance.now() - times.prefilled,
  };
}

/** Where the answer begins to say again what it has said, once that is more than a phrase. */
function repeatedFrom(
  repeated: number,
  said: readonly number[],
  fence: string | undefined,
  blank: (token: number) => boolean,
): number | undefined {
  const { prose, code } = COPIED.again;
  if (repeated < prose || (repeated < code && fence !== undefined)) return undefined;
  let at = said.length;
  for (let left = repeated; left > 0 && at > 0; at -= 1) {
    if (!blank(said[at - 1] ?? 0)) left -= 1;
  }
  return at;
}

/** Blanks, and numbers: the items of a list that repeat themselves are still counted. */
function blankTokens(tokenizer: Pick<Tokenizer, 'decode'>): (token: number) => boolean {
  const known = new Map<number, boolean>();
  return (token) => {
    const found = known.get(token) ?? /^[\s\d]*$/.test(tokenizer.decode([token]));
    known.set(token, found);
    return found;
  };
}
