import * as ort from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { upperGraph } from '../../../../kernels/decoder.ts';
import type { Manifest } from '../../../../kernels/manifest.ts';
import { floats, integers, keyValueCache, runDecoder } from '../../../../src/engine/runtime/decoder.ts';
import { DerivedFile } from '../../../../src/engine/weights/derived-file.ts';
import { randomDecoder } from '../../kernels/shard.ts';
import { CONFIG, cpuSession, deviation, intTensor, temporaryFolder } from '../../kernels/support.ts';

const ON_CPU = { isRunInvariant: true, cache: 'rows', tables: 'bytes' } as const;
const OPTIONS = { accuracyLevel: 4, candidates: 3, ...ON_CPU } as const;
const TOKENS = 40;
const ONES = Array<number>(TOKENS).fill(1);
const STATES = Float32Array.from({ length: TOKENS * CONFIG.hidden }, (_, at) => Math.sin(7 * at));

/** Candidates after each of the made-up states, from runs of these lengths. */
async function candidates(folder: string, manifest: Manifest, lengths: readonly number[]) {
  const session = await cpuSession(upperGraph(manifest, 1, OPTIONS), folder);
  const cache = keyValueCache(CONFIG, [1, CONFIG.layers], 'rows', TOKENS + 1);
  const found: { tokens: readonly number[]; logits: readonly number[] }[] = [];
  for (const length of lengths) {
    const data = STATES.slice(found.length * CONFIG.hidden, (found.length + length) * CONFIG.hidden);
    const states = new ort.Tensor('float32', data, [1, length, CONFIG.hidden]);
    const feeds = { states, first: intTensor([-length], [1]) };
    const run = await runDecoder(session, feeds, cache, length, ['logits', 'tokens']);
    const [tokens, logits] = [integers(run, 'tokens'), floats(run, 'logits')];
    expect(run['tokens']?.dims).toEqual([1, length, OPTIONS.candidates]);
    for (let row = 0; row < length; row += 1) {
      const [start, end] = [row * OPTIONS.candidates, (row + 1) * OPTIONS.candidates];
      found.push({ tokens: tokens.slice(start, end), logits: [...logits.subarray(start, end)] });
    }
  }
  return found;
}

async function made() {
  const folder = temporaryFolder();
  const manifest = randomDecoder('int4', 5, 'int8').write(folder);
  const weights = { prefix: '.answer-', identity: [], layers: 0, side: 'int8', hasShortlist: true } as const;
  const file = new DerivedFile(folder, manifest, weights);
  const tensors = await file.findOrMake({ isWorthIt: () => Promise.resolve(true) });
  if (!tensors) throw new Error('Nothing was made.');
  return { folder, manifest, derived: { ...manifest, tensors } };
}

it('a shortlist names the best tokens, with the logits of the whole table', async () => {
  const { folder, manifest, derived } = await made();
  expect(Object.keys(derived.tensors)).toEqual([...Object.keys(manifest.tensors), 'shortlist.0', 'shortlist.1']);
  const [whole, short] = [await candidates(folder, manifest, ONES), await candidates(folder, derived, ONES)];
  const same = short.filter(({ tokens }, at) => tokens[0] === whole[at]?.tokens[0]);
  // The whole table's product rounds what it multiplies to 8 bits, so that a close choice may fall otherwise.
  expect(same.length).toBeGreaterThanOrEqual(TOKENS - 2);
  for (const [at, { tokens, logits }] of short.entries()) {
    if (tokens.join() === whole[at]?.tokens.join()) expect(deviation(logits, whole[at].logits)).toBeLessThan(0.02);
  }
});

it('gives a row the same candidates, to the bit, in runs of any length', async () => {
  const { folder, derived } = await made();
  const alone = await candidates(folder, derived, ONES);
  for (const lengths of [[40], [1, 4, 35], [12, 1, 9, 18]]) {
    expect(await candidates(folder, derived, lengths)).toEqual(alone);
  }
});
