import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppError } from '../../../../src/common/app-error.ts';
import { importedBytes, importModel, openSource } from '../../../../src/engine/import/import-model.ts';
import type { ImportOptions } from '../../../../src/engine/import/import-model.ts';
import { Model } from '../../../../src/engine/runtime/model.ts';
import { ggufBytes, madeModel, safetensorsFiles } from '../../../support/made-gguf.ts';
import type { MadeModel } from '../../../support/made-gguf.ts';

let folder = '';
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ask-codebase-import-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const fresh = (name: string) => join(folder, `${name}-${count++}`);

function gguf(model: MadeModel): string {
  const path = `${fresh('model')}.gguf`;
  writeFileSync(path, ggufBytes(model));
  return path;
}

function published(model: MadeModel): string {
  const place = mkdtempSync(join(folder, 'published-'));
  for (const [name, bytes] of Object.entries(safetensorsFiles(model))) writeFileSync(join(place, name), bytes);
  return place;
}

async function imported(path: string, to: string, options?: ImportOptions): Promise<void> {
  const source = await openSource(path);
  try {
    await importModel(source, to, options);
  } finally {
    await source.close();
  }
}

/** The weights' files and what they are. */
function weights(place: string): Record<string, string> {
  const names = readdirSync(place).filter((name) => name.endsWith('.bin'));
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(place, name)))
        .digest('hex'),
    ]),
  );
}

const open = (baseFolder: string) =>
  Model.open({ baseFolder, adapterFolder: '', isAnswerOnly: true, device: 'cpu', threads: 1 });

const TEXT = 'function main() { return 1; }';

/** Logits of the best tokens after a text, by token. */
async function candidates(place: string): Promise<Map<number, number>> {
  const model = await open(place);
  const ids = model.tokenizer.encode(TEXT);
  const { tokens, logits } = await model.next(await model.context(ids.length), ids);
  return new Map(tokens.map((token, at) => [token, logits[at] ?? NaN]));
}

describe('a model of somebody else', () => {
  it.each(['qwen2', 'qwen3', 'llama'] as const)(
    'of the architecture %s comes out the same from both forms',
    async (kind) => {
      const made = madeModel(kind, { isTied: false });
      const [one, other] = [fresh('one'), fresh('other')];
      await imported(gguf(made), one);
      await imported(published(made), other);
      expect(weights(one)).toEqual(weights(other));
      expect(Object.keys(weights(one)).sort()).toEqual([
        'body-00.bin',
        'embedding-0.bin',
        'embedding-1.bin',
        'output-0.bin',
        'output-1.bin',
      ]);
      const found = await candidates(one);
      expect(found).toEqual(await candidates(other));
      expect(found.size).toBe(64);
    },
  );

  it('computes near what its numbers say, norms of heads and all', async () => {
    for (const kind of ['qwen2', 'qwen3', 'llama', 'stretched'] as const) {
      const isStretched = kind === 'stretched';
      const made = madeModel(isStretched ? 'llama' : kind, { seed: 5, isStretched });
      const place = fresh('model');
      await imported(gguf(made), place);
      const model = await open(place);
      const expected = reference(made, model.tokenizer.encode(TEXT));
      const found = await candidates(place);
      // Random weights in 4 bits: near. Without the norms, or with rows in the other order, it is below 0.4.
      const pairs = [...found].map(([token, logit]) => [logit, expected[token] ?? NaN] as const);
      expect(correlation(pairs)).toBeGreaterThan(0.85);
    }
  });

  it('has one table of words where both are the same', async () => {
    const made = madeModel('qwen2');
    const table = made.tensors.get('model.embed_tokens.weight')!;
    const near = { shape: table.shape, values: table.values.map((value, at) => value + (at % 2 ? 0.01 : -0.01)) };
    const twice = { ...made, tensors: new Map([...made.tensors, ['lm_head.weight', near] as const]) };
    const place = fresh('model');
    await imported(gguf(twice), place);
    expect(Object.keys(weights(place))).not.toContain('output-0.bin');
    // The output's copy is the more precise of the two.
    const other = fresh('other');
    const precise = { ...made, tensors: new Map([...made.tensors, ['model.embed_tokens.weight', near] as const]) };
    await imported(gguf(precise), other);
    expect(weights(place)).toEqual(weights(other));
  });

  it('is asked in its own template, and not to think first', async () => {
    const place = fresh('model');
    await imported(gguf(madeModel('qwen3')), place);
    const { tokenizer } = await open(place);
    const ids = tokenizer.chat([{ role: 'user', content: 'a<|im_end|>' }]);
    // The frame's own tokens are control tokens; those of the content are text.
    expect(ids.filter((id) => id >= 258)).toHaveLength(3);
    expect(tokenizer.decode(ids)).toBe('user\na<|im_end|>\nassistant\n.');
  });

  it('encodes nothing: it only answers', async () => {
    const place = fresh('model');
    await imported(gguf(madeModel('qwen2')), place);
    const model = await open(place);
    await expect(model.question('Where?')).rejects.toThrow(/Made Up only answers/);
  });
});

describe('an import', () => {
  it('that is stopped is gone on with, and gives the same bytes', async () => {
    const path = gguf(madeModel('qwen2'));
    const [whole, stopped] = [fresh('whole'), fresh('stopped')];
    await imported(path, whole);
    const control = new AbortController();
    const seen: number[] = [];
    const stop = imported(path, stopped, {
      signal: control.signal,
      onProgress: ({ bytes, ofBytes }) => {
        seen.push(bytes / ofBytes);
        if (bytes / ofBytes > 0.5) control.abort(new DOMException('Stopped.', 'AbortError'));
      },
    });
    await expect(stop).rejects.toThrow('Stopped.');
    expect(existsSync(stopped)).toBe(false);
    expect(readdirSync(`${stopped}.partial`)).toContain('embedding-0.bin');
    const resumed: number[] = [];
    await imported(path, stopped, { onProgress: ({ bytes, ofBytes }) => resumed.push(bytes / ofBytes) });
    // What was whole was not made again.
    expect(resumed[0]).toBeGreaterThan(0.3);
    expect(resumed.at(-1)).toBeCloseTo(1, 1);
    expect(weights(stopped)).toEqual(weights(whole));
    expect(existsSync(`${stopped}.partial`)).toBe(false);
  });

  it('goes on from the same source alone', async () => {
    const place = fresh('model');
    const control = new AbortController();
    const first = imported(gguf(madeModel('qwen2', { seed: 1 })), place, {
      signal: control.signal,
      onProgress: ({ bytes, ofBytes }) => {
        if (bytes / ofBytes > 0.5) control.abort(new DOMException('Stopped.', 'AbortError'));
      },
    });
    await expect(first).rejects.toThrow('Stopped.');
    const [other, alone] = [gguf(madeModel('qwen2', { seed: 2 })), fresh('alone')];
    await imported(other, place);
    await imported(other, alone);
    expect(weights(place)).toEqual(weights(alone));
  });

  it('of a file that is cut while it is read says so, and leaves no model', async () => {
    const path = gguf(madeModel('qwen2'));
    const place = fresh('model');
    const source = await openSource(path);
    truncateSync(path, statSync(path).size - 4_096);
    const error = await importModel(source, place).catch((failure: unknown) => failure as AppError);
    await source.close();
    expect(error).toMatchObject({ code: 'answer-model/unreadable' });
    expect((error as AppError).message).toContain('cut short');
    expect(existsSync(place)).toBe(false);
  });

  it('knows its size before it begins', async () => {
    const path = gguf(madeModel('llama', { isTied: false }));
    const source = await openSource(path);
    const place = fresh('model');
    const expected = importedBytes(source);
    await importModel(source, place);
    await source.close();
    const names = readdirSync(place).filter((name) => name.endsWith('.bin'));
    expect(names.reduce((sum, name) => sum + statSync(join(place, name)).size, 0)).toBe(expected);
  });
});

/** Logits [V] of the last token by the plainest code, in float64 and with the weights as they were made. */
function reference(model: MadeModel, ids: readonly number[]): number[] {
  const { heads, kvHeads, headDim, hidden, layers, tensors, ropeFactors } = model;
  const values = (name: string) => tensors.get(name)?.values;
  const product = (x: readonly number[], name: string): number[] => {
    const { shape, values: matrix } = tensors.get(`${name}.weight`)!;
    const [rows = 0, columns = 0] = shape;
    const bias = values(`${name}.bias`);
    return Array.from({ length: rows }, (_, row) => {
      let sum = bias?.[row] ?? 0;
      for (let column = 0; column < columns; column += 1) sum += matrix[row * columns + column]! * x[column]!;
      return sum;
    });
  };
  const norm = (x: readonly number[], name: string): number[] => {
    const gamma = values(`${name}.weight`);
    if (!gamma) return [...x];
    const size = gamma.length;
    return x.map((value, at) => {
      const from = at - (at % size);
      const squares = x.slice(from, from + size).reduce((sum, other) => sum + other * other, 0);
      return (value / Math.sqrt(squares / size + 1e-6)) * gamma[at % size]!;
    });
  };
  const rotated = (x: readonly number[], position: number): number[] =>
    x.map((value, at) => {
      const inHead = at % headDim;
      const half = headDim / 2;
      const angle = (position * 10_000.5 ** (-(inHead % half) / half)) / (ropeFactors?.[inHead % half] ?? 1);
      const other = inHead < half ? -x[at + half]! : x[at - half]!;
      return value * Math.cos(angle) + other * Math.sin(angle);
    });
  let states = ids.map((id) =>
    Array.from(values('model.embed_tokens.weight')!.subarray(id * hidden, (id + 1) * hidden)),
  );
  for (let layer = 0; layer < layers; layer += 1) {
    const prefix = `model.layers.${layer}`;
    const normal = states.map((x) => norm(x, `${prefix}.input_layernorm`));
    const part = (letter: string) => normal.map((x) => product(x, `${prefix}.self_attn.${letter}_proj`));
    const turned = (letter: string) =>
      part(letter).map((x, position) => rotated(norm(x, `${prefix}.self_attn.${letter}_norm`), position));
    const [queries, keys, given] = [turned('q'), turned('k'), part('v')];
    states = states.map((x, at) => {
      const mixed = Array.from({ length: heads * headDim }, () => 0);
      for (let head = 0; head < heads; head += 1) {
        const own = Math.floor(head / (heads / kvHeads)) * headDim;
        const scores = keys.slice(0, at + 1).map((key) => {
          let sum = 0;
          for (let i = 0; i < headDim; i += 1) sum += queries[at]![head * headDim + i]! * key[own + i]!;
          return Math.exp(sum / Math.sqrt(headDim));
        });
        const all = scores.reduce((sum, score) => sum + score, 0);
        for (const [from, score] of scores.entries()) {
          for (let i = 0; i < headDim; i += 1) mixed[head * headDim + i]! += (score / all) * given[from]![own + i]!;
        }
      }
      const attended = product(mixed, `${prefix}.self_attn.o_proj`);
      const middle = x.map((value, i) => value + attended[i]!);
      const before = norm(middle, `${prefix}.post_attention_layernorm`);
      const gate = product(before, `${prefix}.mlp.gate_proj`);
      const up = product(before, `${prefix}.mlp.up_proj`);
      const down = product(
        gate.map((value, i) => (value / (1 + Math.exp(-value))) * up[i]!),
        `${prefix}.mlp.down_proj`,
      );
      return middle.map((value, i) => value + down[i]!);
    });
  }
  const last = norm(states.at(-1)!, 'model.norm');
  return product(last, tensors.has('lm_head.weight') ? 'lm_head' : 'model.embed_tokens');
}

function correlation(pairs: readonly (readonly [number, number])[]): number {
  const mean = (of: 0 | 1) => pairs.reduce((sum, pair) => sum + pair[of], 0) / pairs.length;
  const [x, y] = [mean(0), mean(1)];
  let [cross, one, other] = [0, 0, 0];
  for (const [a, b] of pairs) {
    cross += (a - x) * (b - y);
    one += (a - x) ** 2;
    other += (b - y) ** 2;
  }
  return cross / Math.sqrt(one * other);
}
