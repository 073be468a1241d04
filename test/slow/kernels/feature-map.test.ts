import fc from 'fast-check';
import type * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';

import type { FeatureSpec } from '../../../kernels/feature-map.ts';
import { featureMap as buildFeatures, featureSize } from '../../../kernels/feature-map.ts';
import { Graph } from '../../../kernels/graph.ts';
import { retrieve } from '../../../kernels/infini-attention.ts';
import { featureMap } from './reference/feature-map.ts';
import { Matrix } from './reference/matrix.ts';
import { floats } from '../../../src/engine/runtime/decoder.ts';
import { CompressiveMemory } from './reference/compressive-memory.ts';
import { featureMap as integerMap } from './reference/integer-feature-map.ts';
import type { FeatureSpec as IntegerSpec } from './reference/integer-feature-map.ts';
import { quantizeVector } from '../../../src/memory/algebra/embedding-record.ts';
import {
  cpuSession,
  deviation,
  featureGraph,
  FEATURES,
  floatTensor,
  generator,
  label,
  randomMatrix,
  temporaryFolder,
  TOLERANCE,
} from './support.ts';

const folder = temporaryFolder();
const WIDTH = 16;

async function featuresOf(session: ort.InferenceSession, rows: number, values: ArrayLike<number>) {
  return floats(await session.run({ x: floatTensor(values, [1, rows, WIDTH]) }), 'y');
}

describe.each(FEATURES.map((spec) => [label(spec), spec] as const))('φ %s', (_, spec) => {
  it('is the reference, row by row', async () => {
    const session = await cpuSession(featureGraph(spec, WIDTH), folder);
    const x = randomMatrix(9, WIDTH, generator(1));
    const expected = featureMap(spec, x);
    expect(expected.columns).toBe(featureSize(spec, WIDTH));
    expect(deviation(await featuresOf(session, 9, x.data), expected.data)).toBeLessThan(TOLERANCE.float);
  });
});

describe('topk', () => {
  const spec: FeatureSpec = { kind: 'topk', size: 64, keep: 8, fan: 4, seed: 7 };

  it('keeps at most `keep` features, none of them negative', async () => {
    const session = await cpuSession(featureGraph(spec, WIDTH), folder);
    const y = await featuresOf(session, 20, randomMatrix(20, WIDTH, generator(2)).data);
    for (let row = 0; row < 20; row += 1) {
      const kept = y.subarray(row * 64, (row + 1) * 64).filter((value) => value !== 0);
      expect(kept.length).toBeGreaterThan(0);
      expect(kept.length).toBeLessThanOrEqual(8);
      expect(Math.min(...kept)).toBeGreaterThan(0);
    }
  });

  it('keeps no negative feature even where too few are positive', async () => {
    const most: FeatureSpec = { ...spec, keep: 60 };
    const session = await cpuSession(featureGraph(most, WIDTH), folder);
    const x = randomMatrix(9, WIDTH, generator(5));
    const y = await featuresOf(session, 9, x.data);
    expect(Math.min(...y)).toBe(0);
    expect(deviation(y, featureMap(most, x).data)).toBeLessThan(TOLERANCE.float);
  });

  it('refuses to keep more than there are', () => {
    expect(() => featureGraph({ ...spec, keep: 65 }, WIDTH)).toThrow(RangeError);
    expect(() => featureGraph({ kind: 'dpfp', order: 0 }, WIDTH)).toThrow(RangeError);
  });
});

/** One description for both: the map at rest (integers from int8 keys) and the map in the graph. */
const SHARED: IntegerSpec[] = [
  { kind: 'elu1', gain: 4, bits: 10 },
  { kind: 'dpfp', order: 3 },
  { kind: 'topk', size: 64, keep: 8, fan: 4, seed: 7 },
];

describe.each(SHARED.map((spec) => [label(spec), spec] as const))('φ %s and the map at rest', (_, spec) => {
  const atRest = integerMap(spec, WIDTH);
  /** Half a step of an int8 key component, whose steps are 1 / 127. */
  const HALF = 0.5 / 127;
  let session: ort.InferenceSession;
  beforeAll(async () => {
    session = await cpuSession(featureGraph(spec, WIDTH), folder);
  });

  it('agree on every int8 key, ties included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.int8Array({ minLength: WIDTH, maxLength: WIDTH, min: -127 }), async (key) => {
        const integers = Array.from(atRest.features(key));
        if (spec.kind === 'elu1') {
          // The integers are rounded to 2^-bits: half a unit, and float32 beside it.
          const y = await featuresOf(
            session,
            1,
            Array.from(key, (k) => k / 127),
          );
          y.forEach((value, at) => {
            expect(Math.abs(value / atRest.unit - integers[at]!)).toBeLessThan(0.51);
          });
        } else {
          // Integers are exact in float32 here, and these maps only scale with their input.
          // Adding 0 turns -0, which float32 has and integers have not, into 0.
          expect(Array.from(await featuresOf(session, 1, key), (value) => value + 0)).toEqual(integers);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('agree on a float key within the rounding of the write', async () => {
    const normal = generator(3);
    for (let trial = 0; trial < 20; trial += 1) {
      const raw = Float64Array.from({ length: WIDTH }, normal);
      const key = Float32Array.from(raw, (value) => value / Math.hypot(...raw));
      const y = Array.from(await featuresOf(session, 1, key));
      const rested = Array.from(atRest.features(quantizeVector(key)), (feature) => feature * atRest.unit);
      // Near the cut another feature may stay, so sparse maps are compared by rank: order moves no further than values.
      const [a, b] = spec.kind === 'topk' ? [y.toSorted(), rested.toSorted()] : [y, rested];
      const bound = { elu1: 4 * HALF + atRest.unit, dpfp: 2 * HALF + HALF * HALF, topk: 4 * HALF }[spec.kind];
      expect(Math.max(...a.map((value, at) => Math.abs(value - b[at]!)))).toBeLessThan(bound + 1e-6);
    }
  });

  it('read the same from one memory: sums at rest, handed to a graph', async () => {
    const shape = { tokens: 3, keySize: WIDTH, blocks: 1, valueSize: 5, featureMap: atRest };
    const [memory, normal, scale] = [new CompressiveMemory(shape), generator(4), 0.02];
    const unit = () => {
      const raw = Float32Array.from({ length: WIDTH }, normal);
      return raw.map((value) => value / Math.hypot(...raw));
    };
    for (let write = 0; write < 4; write += 1) {
      const keys = Int8Array.from([unit(), unit(), unit()].flatMap((key) => [...quantizeVector(key)]));
      const values = Array.from({ length: 15 }, () => Math.round(Math.max(-2.5, Math.min(2.5, normal())) / scale));
      memory.add({ keys, values: Int8Array.from(values) });
    }
    const state = memory.graphState([scale]);
    const question = quantizeVector(unit());
    const graph = new Graph(`read-${spec.kind}`);
    const query = graph.input('query', 'float32', [1, 1, 'rows', WIDTH]);
    const stored = {
      matrix: graph.input('matrix', 'float32', [1, 1, atRest.size, 5]),
      norm: graph.input('norm', 'float32', [1, 1, atRest.size]),
    };
    graph.output('read', retrieve(graph, buildFeatures(graph, spec, query, WIDTH), stored), 'float32', [
      1,
      1,
      'rows',
      5,
    ]);
    const reader = await cpuSession(graph, folder);
    const results = await reader.run({
      query: floatTensor(
        Array.from(question, (k) => k / 127),
        [1, 1, 1, WIDTH],
      ),
      matrix: floatTensor(state.M[0]!, [1, 1, atRest.size, 5]),
      norm: floatTensor(state.z, [1, 1, atRest.size]),
    });
    const exact = memory.read(atRest.features(question), [scale])[0]!;
    // elu1 at rest rounds each feature by up to 2^-11; the others differ by float32 alone.
    expect(deviation(floats(results, 'read'), exact)).toBeLessThan(spec.kind === 'elu1' ? 2e-3 : TOLERANCE.float);
  });
});

describe('the reference', () => {
  it('has the known values of ELU + 1 and of neighbors at distance 1', () => {
    const x = new Matrix(1, 2, [2, -1]);
    expect(Array.from(featureMap({ kind: 'elu1' }, x).data)).toEqual([3, Math.exp(-1)]);
    // relu([2, -1, -2, 1]) = [2, 0, 0, 1]; each times its right neighbor, round the end.
    expect(Array.from(featureMap({ kind: 'dpfp', order: 1 }, x).data)).toEqual([0, 0, 0, 2]);
  });
});
