import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAppError } from '../../../../src/common/app-error.ts';
import { openSource } from '../../../../src/engine/import/import-model.ts';
import type { ModelSource } from '../../../../src/engine/import/model-source.ts';
import { ggufBytes, madeModel, safetensorsFiles } from '../../../support/made-gguf.ts';
import type { GgufChange, MadeModel } from '../../../support/made-gguf.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ask-codebase-gguf-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function written(bytes: Uint8Array | string): string {
  const path = join(folder, 'model.gguf');
  writeFileSync(path, bytes);
  return path;
}

/** What a person is told: one sentence of what is wrong, and that nothing was changed. */
async function refusal(path: string): Promise<string> {
  const error: unknown = await openSource(path)
    .then(async (source) => {
      try {
        return await source.tokenizerFiles();
      } finally {
        await source.close();
      }
    })
    .catch((failure: unknown) => failure);
  if (!isAppError(error, 'answer-model/unreadable')) throw new Error(`Not refused, but: ${String(error)}`);
  expect(error.message).toContain('the model before stays in use');
  return error.message;
}

async function refusalOf(change: GgufChange): Promise<string> {
  return refusal(written(ggufBytes(madeModel('qwen2'), change)));
}

describe('a GGUF file', () => {
  it('is read with its sizes, tensors and tokenizer', async () => {
    const source = await openSource(written(ggufBytes(madeModel('qwen2'))));
    expect(source.name).toBe('Made Up');
    expect(source.config).toMatchObject({ layers: 2, hidden: 64, kvHeads: 2, headDim: 16, vocab: 288, rmsEps: 1e-6 });
    expect(source.tensors.map(({ name }) => name).slice(0, 4)).toEqual([
      'embedding',
      'layers.0.attention.norm',
      'layers.0.attention.q',
      'layers.0.attention.q.bias',
    ]);
    const files = await source.tokenizerFiles();
    expect(JSON.parse(files['tokenizer.json']!)).toMatchObject({
      model: {
        merges: [
          ['i', 'n'],
          ['Ġ', 't'],
        ],
      },
    });
    await source.close();
  });

  it('that was cut anywhere is refused, and nothing else goes wrong', async () => {
    const whole = ggufBytes(madeModel('qwen2'));
    for (let length = 0; length < whole.length; length += 1 + Math.floor(whole.length / 150)) {
      expect(await refusal(written(whole.subarray(0, length)))).toMatch(/cut short|not a GGUF file/);
    }
  });

  it('whose header has wrong bytes anywhere is read or refused, and nothing else happens', async () => {
    const whole = ggufBytes(madeModel('qwen2'));
    // The vocabulary is most of it; sizes and names stand before and behind.
    const header = 12_000;
    let state = 3;
    const random = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const outcomes = { read: 0, refused: 0 };
    for (let round = 0; round < 300; round += 1) {
      const bytes = whole.slice();
      for (let wrong = 0; wrong <= random(3); wrong += 1) bytes[random(header)] = random(256);
      const path = written(bytes);
      const source = await openSource(path).catch((error: unknown) => error);
      if (source instanceof Error) {
        if (!isAppError(source, 'answer-model/unreadable')) throw source;
        outcomes.refused += 1;
      } else {
        await (source as ModelSource).close();
        outcomes.read += 1;
      }
    }
    expect(outcomes.read).toBeGreaterThan(20);
    expect(outcomes.refused).toBeGreaterThan(20);
  });

  it('of another architecture, version or kind of numbers says which', async () => {
    expect(await refusalOf({ metadata: { 'general.architecture': 'gemma3' } })).toContain('architecture gemma3');
    expect(await refusalOf({ type: 10 })).toContain('quantized as Q2_K');
    expect(await refusalOf({ type: 99 })).toContain('quantized as type 99');
    const old = ggufBytes(madeModel('qwen2'));
    old[4] = 1;
    expect(await refusal(written(old))).toContain('version 1');
    expect(await refusal(written('#!/bin/sh\necho this is a script\n'))).toContain('not a GGUF file');
  });

  it('that computes what is not computed here is refused', async () => {
    expect(await refusalOf({ metadata: { 'qwen2.rope.scaling.type': 'yarn' } })).toContain('stretches its positions');
    expect(await refusalOf({ metadata: { 'qwen2.expert_count': 8 } })).toContain('mixture of experts');
  });

  it('whose sizes do not fit its tensors is refused', async () => {
    expect(await refusalOf({ metadata: { 'qwen2.block_count': 3 } })).toContain('has no tensor blk.2');
    expect(await refusalOf({ metadata: { 'qwen2.block_count': 1_000_000_000 } })).toContain('blocks');
    expect(await refusalOf({ metadata: { 'qwen2.attention.head_count': 8 } })).toContain('is [64, 64] and not');
  });

  it('whose numbers do not lie as they can is refused, with what is wrong', async () => {
    expect(await refusalOf({ type: 12 })).toMatch(/has rows of 64 numbers, and Q4_K cannot hold those\./);
    expect(await refusalOf({ metadata: { 'general.alignment': 0 } })).toMatch(/^The alignment of tensors .* above 0\./);
    expect(await refusalOf({ metadata: { 'general.alignment': 'x' } })).toMatch(
      /^The alignment of tensors .* above 0\./,
    );
  });

  it.each<[string, Partial<MadeModel>, RegExp]>([
    [
      'too few stretched frequencies',
      { ropeFactors: [1, 2] },
      /\(config\.ropeFactors should be a number above 0 for each/,
    ],
    ['a frequency of nothing', { ropeFactors: [1, 2, 3, 4, 5, 6, 7, 0] }, /\(config\.ropeFactors should be/],
  ])('with %s is refused when it is opened', async (_, change, reason) => {
    const path = written(ggufBytes({ ...madeModel('llama'), ...change }));
    expect(await refusal(path)).toMatch(reason);
    expect(await refusal(path)).toMatch(/^The sizes of Made Up do not make up a model that runs here \(.*\)\. Nothing/);
  });

  it('that cannot answer is refused', async () => {
    const noTemplate = await openSource(
      written(ggufBytes(madeModel('qwen2'), { metadata: { 'tokenizer.chat_template': 1 } })),
    );
    await expect(noTemplate.tokenizerFiles()).rejects.toThrow(/no chat template/);
    await noTemplate.close();
    const pieces = await openSource(
      written(ggufBytes(madeModel('qwen2'), { metadata: { 'tokenizer.ggml.model': 'llama' } })),
    );
    await expect(pieces.tokenizerFiles()).rejects.toThrow(/tokenizer of model.gguf is of a kind/);
    await pieces.close();
  });
});

describe('a folder of safetensors', () => {
  function folderOf(files: Readonly<Record<string, Uint8Array | string>>): string {
    const place = mkdtempSync(join(folder, 'published-'));
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(place, name), bytes);
    return place;
  }

  it('holds the same tensors as the GGUF file of the model', async () => {
    for (const architecture of ['qwen2', 'qwen3', 'llama'] as const) {
      const made = madeModel(architecture, { isTied: false });
      const one = await openSource(written(ggufBytes(made)));
      const other = await openSource(folderOf(safetensorsFiles(made)));
      expect(other.tensors).toEqual(one.tensors);
      expect(other.config).toEqual(one.config);
      for (const { name, shape } of one.tensors) {
        const rows = shape.length === 1 ? 1 : shape[0]!;
        // In two runs, as they are read when there are many.
        const half = Math.ceil(rows / 2);
        const read = async (from: typeof one) =>
          rows === 1
            ? [await from.rows(name, 0, 1)]
            : [await from.rows(name, 0, half), await from.rows(name, half, rows - half)];
        expect(await read(other)).toEqual(await read(one));
      }
      await one.close();
      await other.close();
    }
  });

  it('stretches positions as the GGUF file says it in numbers', async () => {
    const made = madeModel('llama', { isStretched: true });
    const one = await openSource(written(ggufBytes(made)));
    const other = await openSource(folderOf(safetensorsFiles(made)));
    const [stored, computed] = [one.config.ropeFactors!, other.config.ropeFactors!];
    expect(stored).toHaveLength(8);
    for (const [at, factor] of stored.entries()) expect(computed[at]).toBeCloseTo(factor, 5);
    expect(new Set(stored.map((factor) => factor > 1 && factor < 8))).toEqual(new Set([false, true]));
    await one.close();
    await other.close();
  });

  it('that lacks a file, or has one that was cut, is refused', async () => {
    const files = safetensorsFiles(madeModel('llama'));
    expect(await refusal(folderOf({}))).toContain('has no config.json');
    expect(await refusal(folderOf({ 'config.json': files['config.json']! }))).toContain('no .safetensors files');
    const weights = files['model.safetensors'] as Uint8Array;
    for (const length of [0, 7, 30, weights.length - 1]) {
      expect(await refusal(folderOf({ ...files, 'model.safetensors': weights.subarray(0, length) }))).toMatch(
        /cut short/,
      );
    }
    const scaled = {
      ...(JSON.parse(files['config.json'] as string) as object),
      rope_scaling: { rope_type: 'yarn', factor: 4 },
    };
    expect(await refusal(folderOf({ ...files, 'config.json': JSON.stringify(scaled) }))).toContain('stretches');
  });

  it('with a folder where a file should be, or a text beyond all measure, is refused', async () => {
    const files = safetensorsFiles(madeModel('llama'));
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']) {
      const place = folderOf(files);
      rmSync(join(place, name));
      mkdirSync(join(place, name));
      expect(await refusal(place)).toMatch(new RegExp(`${name} in .* is not .* file\\. Nothing was changed`));
    }
    const place = folderOf(files);
    truncateSync(join(place, 'tokenizer.json'), 2 ** 27);
    expect(await refusal(place)).toMatch(/tokenizer\.json .* which is too large\. Nothing was changed/);
  });

  it.skipIf(process.platform === 'win32')('with a pipe among its files is refused at once', async () => {
    const files = safetensorsFiles(madeModel('llama'));
    for (const name of ['config.json', 'model.safetensors']) {
      const place = folderOf(files);
      rmSync(join(place, name));
      execFileSync('mkfifo', [join(place, name)]);
      expect(await refusal(place)).toMatch(/is not .* file\. Nothing was changed/);
    }
  });
});

it('a path where nothing is is refused', async () => {
  expect(await refusal(join(folder, 'nothing'))).toContain('There is no file or folder');
});
