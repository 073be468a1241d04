import type * as ort from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';

import { lowerGraph, upperGraph } from '../../kernels/decoder.ts';
import type { FeatureSpec } from '../../kernels/feature-map.ts';
import { featureSize } from '../../kernels/feature-map.ts';
import type { Graph } from '../../kernels/graph.ts';
import { infiniGraph } from '../../kernels/infini-attention.ts';
import type { AccuracyLevel } from '../../kernels/linear.ts';
import { memoryTokenGraph } from '../../kernels/memory-tokens.ts';
import { floats, keyValueCache, runDecoder } from '../../src/engine/runtime/decoder.ts';
import { createSession } from '../../src/engine/runtime/session.ts';
import { DocumentStream, part, randomSegment } from '../slow/kernels/segment.ts';
import { randomDecoder, Shard } from '../slow/kernels/shard.ts';
import type { Kind } from '../slow/kernels/shard.ts';
import {
  CONFIG,
  cpuSession,
  deviation,
  featureGraph,
  FEATURES,
  floatTensor,
  generator,
  intTensor,
  label,
  randomMatrix,
  RULES,
  temporaryFolder,
} from '../slow/kernels/support.ts';
import { findAdapter, webgpuSession } from './adapter.ts';

/** Largest difference between the two providers, over the largest number or 1. */
const TOLERANCE = {
  /**
   * float32 on both, summed in another order; a real GPU's exp and division are also allowed a few units in the last
   * place
   */
  float: 1e-5,
  /** int8 activations: the CPU and the GPU round them in blocks of different length. */
  int8: 0.02,
} as const;

const adapter = await findAdapter();
if (adapter.kind === 'none') console.log(`WebGPU is not tested here: ${adapter.reason}`);

const folder = temporaryFolder();
const figures = new Map<string, number>();
afterAll(() => {
  if (figures.size === 0) return;
  const lines = [...figures].map(([name, figure]) => `  ${name.padEnd(56)} ${figure.toExponential(1)}`);
  console.log(`WebGPU against CPU, largest difference:\n${lines.join('\n')}`);
});

/** Notes the largest figure under a name and holds each against its tolerance. */
function compare(name: string, webgpu: ArrayLike<number>, cpu: ArrayLike<number>, tolerance: number): void {
  const difference = deviation(webgpu, cpu);
  figures.set(name, Math.max(difference, figures.get(name) ?? 0));
  expect(difference).toBeLessThan(tolerance);
}

/** A session on each; on WebGPU no node may be left to the CPU. */
async function both(graph: () => Graph): Promise<{ cpu: ort.InferenceSession; webgpu: ort.InferenceSession }> {
  return { cpu: await cpuSession(graph(), folder), webgpu: await webgpuSession(graph(), folder) };
}

describe.skipIf(adapter.kind === 'none')('on WebGPU', () => {
  const blocks = FEATURES.flatMap((features) => RULES.map((rule) => [label(features), rule, features] as const));

  it.each(blocks)('Infini-attention with %s and the %s rule, over three segments', async (name, rule, features) => {
    const { cpu, webgpu } = await both(() => infiniGraph(CONFIG, features, rule));
    const size = featureSize(features, CONFIG.headDim);
    const gates = [-1.5, 0, 0.7, 3];
    const streams = {
      cpu: new DocumentStream(cpu, gates, size),
      webgpu: new DocumentStream(webgpu, gates, size),
    };
    const normal = generator(41);
    for (const tokens of [9, 1, 6]) {
      const segment = randomSegment(tokens, normal);
      // The second call reads the segment before, and adds to what the first has written.
      const calls = tokens === 1 ? [segment] : [part(segment, 0, 4), part(segment, 4, tokens)];
      for (const call of calls) {
        const [one, other] = [await streams.cpu.call(call), await streams.webgpu.call(call)];
        for (const output of ['attended', 'after.0.matrix', 'after.0.norm']) {
          compare(`${name}, ${rule} rule, ${output}`, other[output]!, one[output]!, TOLERANCE.float);
        }
      }
      streams.cpu.endSegment();
      streams.webgpu.endSegment();
    }
  });

  it.each<FeatureSpec & { kind: 'topk' }>([
    { kind: 'topk', size: 64, keep: 8, fan: 4, seed: 7 },
    { kind: 'topk', size: 4096, keep: 32, fan: 8, seed: 7 },
  ])('sparse features, $keep of $size, ties included', async (spec) => {
    const { cpu, webgpu } = await both(() => featureGraph(spec, 64));
    const normal = generator(42);
    // Small whole numbers: most features share their height with many others.
    const x = floatTensor(randomMatrix(6, 64, normal).data.map(Math.round), [1, 6, 64]);
    const [one, other] = [floats(await cpu.run({ x }), 'y'), floats(await webgpu.run({ x }), 'y')];
    compare(`topk ${spec.keep} of ${spec.size}`, other, one, TOLERANCE.float);
  });

  const decoders: [Kind, AccuracyLevel][] = [
    ['float32', 0],
    ['int4', 0],
    ['int4', 4],
    ['int8', 0],
    ['int8', 4],
  ];

  it.each(decoders)(
    'a decoder of %s weights at accuracy level %i, at once and in runs on a cache',
    async (kind, accuracyLevel) => {
      // A table of 4 bits with zero points is refused by the provider, so the table has 8 here, as the base's has.
      const manifest = randomDecoder(kind, 5, kind === 'float32' ? kind : 'int8').write(folder);
      // The ids are int64 and are clamped on the CPU, so the lower half may fall back; the upper half may not.
      const halves = async (cache: 'whole' | 'rows') => {
        const options = { accuracyLevel, candidates: 5, cache };
        const lower = {
          cpu: await cpuSession(lowerGraph(manifest, 1, options), folder),
          webgpu: await createSession(lowerGraph(manifest, 1, options), folder, { device: 'webgpu', threads: 1 }),
        };
        return { lower, upper: await both(() => upperGraph(manifest, 1, options)) };
      };
      const [whole, rows] = [await halves('whole'), await halves('rows')];
      const ids = [0, 29, 30, 49, 12, 31, 30, 5, 48];
      const run = async (device: 'cpu' | 'webgpu', step: number, capacity: number) => {
        const below = keyValueCache(CONFIG, [0, 1], capacity > 0 ? 'rows' : 'grown', capacity);
        const above = keyValueCache(CONFIG, [1, 2], capacity > 0 ? 'rows' : 'grown', capacity);
        const { lower, upper } = capacity > 0 ? rows : whole;
        const [states, logits]: [number[], number[]] = [[], []];
        for (let from = 0; from < ids.length; from += step) {
          const part = ids.slice(from, from + step);
          const row = { ids: intTensor(part, [1, part.length]) };
          const middle = await runDecoder(lower[device], row, below, part.length, ['states']);
          const feeds = { states: middle.states!, first: intTensor([-1], [1]) };
          const top = await runDecoder(upper[device], feeds, above, part.length, ['logits']);
          states.push(...floats(middle, 'states'));
          logits.splice(0, Infinity, ...floats(top, 'logits'));
        }
        return { states, logits };
      };
      const cpu = await run('cpu', 9, 0);
      const tolerance = accuracyLevel === 4 ? TOLERANCE.int8 : TOLERANCE.float;
      for (const [step, capacity] of [
        [9, 0],
        [4, 0],
        [4, 16],
      ] as const) {
        const webgpu = await run('webgpu', step, capacity);
        compare(`decoder of ${kind}, level ${accuracyLevel}, states`, webgpu.states, cpu.states, tolerance);
        compare(`decoder of ${kind}, level ${accuracyLevel}, logits`, webgpu.logits, cpu.logits, tolerance);
      }
    },
  );

  it('memory tokens', async () => {
    const [shard, normal] = [new Shard(), generator(6)];
    const half = (rows: number, columns: number, shape: readonly number[]) =>
      shard.half(randomMatrix(rows, columns, normal, 0.3), shape).place;
    const mean = half(1, 48, [48]);
    const deviations = shard.half(
      randomMatrix(1, 48, normal).map((value) => 0.5 + Math.abs(value)),
      [48],
    ).place;
    const pooling = { query: half(4, 48, [4, 48]), project: half(24, 48, [24, 48]) };
    shard.write(folder);
    const options = { name: 'memory-tokens', pooled: 'spans', mean, deviation: deviations, pooling } as const;
    const { cpu, webgpu } = await both(() => memoryTokenGraph(options));
    const feeds = { states: floatTensor(randomMatrix(9, 48, normal).data, [1, 9, 48]) };
    compare(
      'memory tokens',
      floats(await webgpu.run(feeds), 'keys'),
      floats(await cpu.run(feeds), 'keys'),
      TOLERANCE.float,
    );
  });
});

describe.skipIf(adapter.kind === 'found')('without a device', () => {
  it('leaves the CPU usable in the same process', async () => {
    const session = await cpuSession(featureGraph({ kind: 'elu1' }, 2), folder);
    const y = floats(await session.run({ x: floatTensor([1, 0], [1, 1, 2]) }), 'y');
    expect(Array.from(y)).toEqual([2, 1]);
  });
});
