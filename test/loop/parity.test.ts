import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { lowerGraph, scoreGraph } from '../../kernels/decoder.ts';
import { floats, integers, keyValueCache, runDecoder } from '../../src/engine/runtime/decoder.ts';
import { readManifest } from '../../src/engine/weights/model-files.ts';
import { Model } from '../../src/engine/runtime/model.ts';
import { exactSide } from '../../src/engine/runtime/int8-probe.ts';
import { createSession } from '../../src/engine/runtime/session.ts';
import { DerivedFile } from '../../src/engine/weights/derived-file.ts';
import type { Manifest } from '../../kernels/manifest.ts';

/** Made by `python -m models.training.train.parity`: the PyTorch reference on the shards' dequantised weights. */
interface Golden {
  readonly windows: number[][];
  readonly best: number[][];
  readonly referenceLoss: number;
  readonly unquantisedLoss: number;
  readonly texts: string[];
  readonly segmentKeys: number[][];
  readonly questions: string[];
  readonly questionKeys: number[][];
}

const LAYERS = 8;
const base = join(import.meta.dirname, '../../models/base');
const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/parity.json'), 'utf8')) as Golden;

/** The base with all blocks in 8 bits, as prompts are read; undefined where the processor has no exact products. */
async function inEightBits(manifest: Manifest): Promise<Manifest | undefined> {
  const side = await exactSide(2);
  if (side === undefined) return undefined;
  const { layers } = manifest.config;
  const file = new DerivedFile(base, manifest, { prefix: '.answer-', identity: [], layers, side, hasShortlist: true });
  const tensors = await file.findOrMake({ isWorthIt: () => Promise.resolve(true) });
  return tensors && { ...manifest, tensors };
}

describe.each([
  ['in the blocks that write', 0.97, (manifest: Manifest) => manifest],
  ['in the 8 bits that read a prompt', 0.95, inEightBits],
] as const)('the answer graph %s against PyTorch, on real code', (_, least, weightsOf) => {
  let same = 0;
  let positions = 0;
  let loss = 0;

  beforeAll(async () => {
    const published = await readManifest(base);
    const manifest = (await weightsOf(published)) ?? published;
    const options = { device: 'cpu', threads: 2 } as const;
    const lower = await createSession(lowerGraph(manifest, LAYERS), base, options);
    const upper = await createSession(scoreGraph(manifest, LAYERS), base, options);
    let losses = 0;
    for (const [index, window] of golden.windows.entries()) {
      const count = window.length;
      const row = (ids: readonly number[]) => new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, count]);
      const below = await runDecoder(
        lower,
        { ids: row(window) },
        keyValueCache(manifest.config, [0, LAYERS], 'once'),
        count,
        ['states'],
      );
      const targets = row([...window.slice(1), 0]);
      const cache = keyValueCache(manifest.config, [LAYERS, manifest.config.layers], 'once');
      const above = await runDecoder(upper, { states: below.states!, targets }, cache, count, ['best', 'loss']);
      const best = integers(above, 'best');
      same += best.filter((token, at) => token === golden.best[index]![at]).length;
      positions += count;
      const nats = floats(above, 'loss').subarray(0, count - 1);
      losses += nats.reduce((sum, value) => sum + value, 0) / (count - 1);
    }
    loss = losses / golden.windows.length;
    await lower.release();
    await upper.release();
  });

  it(`agrees on the best token at ${100 * least}% of at least 500 positions`, () => {
    console.log(`top-1 agreement ${((100 * same) / positions).toFixed(2)}% of ${positions} positions`);
    expect(positions).toBeGreaterThanOrEqual(500);
    expect(same / positions).toBeGreaterThanOrEqual(least);
  });

  it('has a perplexity within 5% of the unquantised base', () => {
    const ratio = Math.exp(loss - golden.unquantisedLoss);
    console.log(`perplexity ${Math.exp(loss).toFixed(3)}, ${ratio.toFixed(4)} times the unquantised base's`);
    expect(ratio).toBeLessThanOrEqual(1.05);
  });
});

describe('memory tokens and question keys against PyTorch', () => {
  const cosine = (a: ArrayLike<number>, b: readonly number[], from: number, size: number) => {
    let sum = 0;
    for (let at = from; at < from + size; at += 1) sum += a[at]! * b[at]!;
    return sum;
  };

  // On a processor without fast integer products both are the blocks.
  it.each([
    ['blocks', 0.999],
    ['fastest', 0.997],
  ] as const)('are the same direction with %s, to a cosine of %d', async (recall, least) => {
    const adapterFolder = join(base, '../adapter');
    const model = await Model.open({ baseFolder: base, adapterFolder, device: 'cpu', threads: 2, recall });
    const { tokens, keySize } = model.adapter;
    const cosines: number[] = [];
    for (const [index, text] of golden.texts.entries()) {
      const { keys } = await model.encode('', text);
      for (let token = 0; token < tokens; token += 1) {
        cosines.push(cosine(keys, golden.segmentKeys[index]!, token * keySize, keySize));
      }
    }
    for (const [index, question] of golden.questions.entries()) {
      const { key } = await model.question(question);
      cosines.push(cosine(key, golden.questionKeys[index]!, 0, keySize));
    }
    console.log(`least cosine with ${recall}: ${Math.min(...cosines).toFixed(5)} of ${cosines.length}`);
    expect(Math.min(...cosines)).toBeGreaterThan(least);
  });
});
