import { expect, it, vi } from 'vitest';
import { generate } from '../../../../src/engine/generate/generate.ts';
import type { Generator } from '../../../../src/engine/generate/generate.ts';

const STOP = 0;

/** A model that says a script word by word, whatever it is asked; each word with the blank before it is one token. */
class Script {
  readonly words: string[] = ['<end>'];
  /** Tokens that were decoded, in all calls. */
  decoded = 0;
  readonly runs: number[][] = [];
  readonly #said: number[];
  #at = 0;

  constructor(text: string) {
    this.#said = [...this.encode(text), STOP];
  }

  encode = (text: string): number[] =>
    (text.match(/\s?[^\s]+|\s/g) ?? []).map((word) => {
      const known = this.words.indexOf(word);
      return known < 0 ? this.words.push(word) - 1 : known;
    });

  get model(): Generator {
    const tokenizer = {
      encode: this.encode,
      decode: (ids: readonly number[]) => {
        this.decoded += ids.length;
        return ids.map((id) => this.words[id]).join('');
      },
      chat: (messages: readonly { readonly content: string }[]) =>
        messages.flatMap(({ content }) => this.encode(content)),
      stops: new Set([STOP]),
    };
    const next = (_context: unknown, tokens: readonly number[]) => {
      this.runs.push([...tokens]);
      const token = this.#said[this.#at++] ?? STOP;
      return Promise.resolve({ tokens: [token], logits: Float32Array.of(1) });
    };
    const nextOfEach = async (context: unknown, tokens: readonly number[]) => [await next(context, tokens)];
    // What is said next does not follow from what was said, so nothing can be taken back.
    const read = (_context: unknown, tokens: readonly number[]) => {
      this.runs.push([...tokens]);
      return Promise.resolve();
    };
    const idle = { context: () => Promise.resolve({}), canRewind: () => false, rewind: () => undefined };
    return { tokenizer, read, next, nextOfEach, ...idle, erase: () => undefined } as unknown as Generator;
  }
}

async function run(text: string, { prompt = 'How?', maxTokens = 10_000, signal = new AbortController().signal } = {}) {
  const script = new Script(text);
  const streamed: string[] = [];
  const generated = await generate(script.model, {
    messages: [{ role: 'user', content: prompt }],
    maxTokens,
    sampling: { kind: 'greedy', repetitionPenalty: 1 },
    signal,
    onEvent: (event) => {
      if (event.kind === 'token') streamed.push(event.text);
    },
  });
  return { script, generated, streamed };
}

/** Some text in which no eight words come again. */
const essay = (words: number) =>
  Array.from({ length: words }, (_, at) => `w${at}${at % 12 === 11 ? '.\n' : ''}`).join(' ');

it('streams the text in parts, and gives the whole at its end', async () => {
  const { generated, streamed, script } = await run('It opens the file.\n\nThen it reads.');
  expect(streamed.join('')).toBe('It opens the file.\n\nThen it reads.');
  expect(generated).toMatchObject({ text: 'It opens the file.\n\nThen it reads.', ending: 'stop', tokens: 8 });
  // The prompt first, then one token a run.
  expect(script.runs.map((tokens) => tokens.length)).toEqual([1, ...Array<number>(8).fill(1)]);
});

it('ends at its longest length with what it has', async () => {
  const { generated, streamed } = await run(essay(40), { maxTokens: 10 });
  expect(generated).toMatchObject({ ending: 'length', tokens: 10 });
  expect(streamed.join('')).toBe(generated.text);
});

it('decodes as much, and looks as much up, for the last token of a long answer as for one of its first', async () => {
  const looks = vi.spyOn(Map.prototype, 'get');
  const counts: number[] = [];
  const script = new Script(essay(2_000));
  await generate(script.model, {
    messages: [{ role: 'user', content: 'How?' }],
    maxTokens: 10_000,
    sampling: { kind: 'greedy', repetitionPenalty: 1 },
    signal: new AbortController().signal,
    onEvent: ({ kind }) => {
      if (kind === 'token') counts.push(script.decoded + looks.mock.calls.length);
    },
  });
  looks.mockRestore();
  const costs = counts.slice(1).map((count, at) => count - (counts[at] ?? 0));
  expect(costs.length).toBeGreaterThan(2_000);
  const half = costs.length / 2;
  // The runner of the tests looks things up too, now and then, so one token in a hundred may cost what it will.
  const most = (some: readonly number[]) => some.toSorted((a, b) => a - b)[Math.floor(0.99 * some.length)] ?? 0;
  expect(most(costs.slice(half))).toBeLessThanOrEqual(most(costs.slice(0, half)));
});

it('counts no time before its context is there: sessions may have to be made for it', async () => {
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  try {
    const { model } = new Script('It opens the file.');
    const generated = await generate(
      {
        ...model,
        context: async (capacity) => {
          now += 1_000;
          return model.context(capacity);
        },
        next: async (...given) => {
          now += 1;
          return model.next(...given);
        },
      },
      {
        messages: [{ role: 'user', content: 'How?' }],
        maxTokens: 10,
        sampling: { kind: 'greedy', repetitionPenalty: 1 },
        signal: new AbortController().signal,
        onEvent: () => undefined,
      },
    );
    expect(generated.prefillMs).toBe(1);
  } finally {
    clock.mockRestore();
  }
});

it('ends where it goes round, before anybody has read it twice', async () => {
  const once = essay(60);
  const { generated, streamed } = await run(`${once}\n${once}`);
  expect(generated.ending).toBe('repeated');
  expect(generated.text).toBe(once.trimEnd());
  expect(streamed.join('').trimEnd()).toMatch(/w59\.\n?(?:\s+w\d+){0,8}$/);
});

it('closes a block that is copied from the prompt, and lets the model go on', async () => {
  const code = Array.from({ length: 30 }, (_, at) => `let v${at} = f${at} ;\n`).join('');
  const { generated, streamed, script } = await run(`It says:\n\`\`\`ts\n${code}`, { prompt: code });
  expect(generated.text).toContain('…\n```\n\n');
  expect(streamed.join('')).toBe(generated.text);
  // What was put in is read by the model along with the token before it.
  expect(Math.max(...script.runs.slice(1).map((tokens) => tokens.length))).toBeGreaterThan(1);
});

it('ends with the reason of whoever aborts', async () => {
  const controller = new AbortController();
  controller.abort(new Error('Enough.'));
  await expect(run('It opens.', { signal: controller.signal })).rejects.toThrow('Enough.');
});
