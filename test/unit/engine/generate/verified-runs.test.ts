import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { generate } from '../../../../src/engine/generate/generate.ts';
import type { Generator } from '../../../../src/engine/generate/generate.ts';
import type { Sampling } from '../../../../src/engine/generate/sampler.ts';
import { mulberry32 } from '../../../../src/common/random.ts';

const STOP = 0;
const VOCABULARY = 24;
/** Milliseconds of a run, and of each token that it verifies: what drafts bring is weighed against what they cost. */
const COST = { run: 100, token: 5 } as const;

// The made-up model takes no time, so that on a real clock its costs would be noise.
let clock = 0;
beforeEach(() => {
  clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** What a context holds: the tokens themselves, so that a cut which is off by one changes all that follows. */
type Held = number[];

/**
 * A model whose next token follows from the last tokens of the context, often the same for the same few tokens, so that
 * text repeats itself. Counts its runs.
 */
class Made {
  runs = 0;
  drafted = 0;
  readonly #seed: number;
  readonly #memory: number;
  readonly #canRewind: boolean;

  constructor(seed: number, canRewind = true) {
    this.#seed = seed;
    this.#memory = 1 + (seed % 3);
    this.#canRewind = canRewind;
  }

  get model(): Generator {
    const tokenizer = {
      encode: (text: string) => Array.from(text, (letter) => letter.charCodeAt(0) % VOCABULARY),
      decode: (ids: readonly number[]) => ids.map((id) => String.fromCharCode(97 + id)).join(''),
      chat: ([message]: readonly { readonly content: string }[]) =>
        (message?.content ?? '').split(' ').map((word) => Number(word)),
      stops: new Set([STOP]),
    };
    const nextOfEach = (context: Held, ids: readonly number[], rows: number) => {
      this.runs += 1;
      clock += COST.run + COST.token * (rows - 1);
      this.drafted += rows - 1;
      context.push(...ids);
      return Promise.resolve(
        Array.from({ length: rows }, (_, row) => this.#candidates(context.slice(0, context.length - rows + row + 1))),
      );
    };
    const model = {
      tokenizer,
      nextOfEach,
      next: async (context: Held, ids: readonly number[]) => (await nextOfEach(context, ids, 1))[0],
      read: (context: Held, ids: readonly number[]) => Promise.resolve(void context.push(...ids)),
      context: (): Promise<Held> => Promise.resolve([]),
      bytesOf: () => 0,
      erase: () => undefined,
      canRewind: () => this.#canRewind,
      rewind: (context: Held, length: number) => {
        expect(context.length).toBeGreaterThanOrEqual(length);
        context.length = length;
      },
    };
    return model as unknown as Generator;
  }

  #candidates(held: Held): { tokens: number[]; logits: Float32Array } {
    const recent = held.slice(-this.#memory).reduce((hash, token) => Math.imul(hash ^ token, 0x9e3779b1), this.#seed);
    const random = mulberry32(recent ^ (held.length % 7 === 0 ? held.length : 0));
    const scored = Array.from({ length: 6 }, () => ({ token: Math.floor(random() * VOCABULARY), logit: 9 * random() }));
    scored.sort((a, b) => b.logit - a.logit);
    return { tokens: scored.map(({ token }) => token), logits: Float32Array.from(scored, ({ logit }) => logit) };
  }
}

function samplingOf(seed: number): Sampling {
  if (seed % 2 === 0) return { kind: 'greedy', repetitionPenalty: 1.05 };
  return { kind: 'nucleus', temperature: 0.7, topP: 0.9, seed, repetitionPenalty: 1.02 };
}

async function said(made: Made, seed: number, drafts: 'prompt' | 'none', maxTokens = 120) {
  const random = mulberry32(seed);
  const prompt = Array.from({ length: 60 }, () => 1 + Math.floor(random() * (VOCABULARY - 1)));
  const streamed: string[] = [];
  const { text, tokens, ending } = await generate(made.model, {
    messages: [{ role: 'user', content: [...prompt, ...prompt.slice(0, 20)].join(' ') }],
    maxTokens,
    sampling: samplingOf(seed),
    signal: new AbortController().signal,
    drafts,
    onEvent: (event) => {
      if (event.kind === 'token') streamed.push(event.text);
    },
  });
  return { text, tokens, ending, streamed };
}

it('says the same with drafts as without, token by token, in fewer runs', async () => {
  let [plain, drafted, proposed] = [0, 0, 0];
  for (let seed = 1; seed <= 200; seed += 1) {
    const [one, other] = [new Made(seed), new Made(seed)];
    const expected = await said(one, seed, 'none');
    expect(await said(other, seed, 'prompt'), `seed ${seed}`).toEqual(expected);
    plain += one.runs;
    drafted += other.runs;
    proposed += other.drafted;
  }
  expect(proposed).toBeGreaterThan(500);
  expect(drafted).toBeLessThan(0.95 * plain);
});

it('never runs beyond the longest answer', async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const made = new Made(seed);
    const { tokens } = await said(made, seed, 'prompt', 9);
    expect(tokens).toBeLessThanOrEqual(9);
    expect(made.drafted).toBeLessThanOrEqual(8 * 9);
  }
});

it('proposes nothing where a cache cannot be cut', async () => {
  const made = new Made(4, false);
  await said(made, 4, 'prompt');
  expect(made.drafted).toBe(0);
});
