import fc from 'fast-check';
import type * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';

import { memoryTokenGraph } from '../../../kernels/memory-tokens.ts';
import { memoryTokens } from './reference/memory-tokens.ts';
import { Matrix } from './reference/matrix.ts';
import { floats } from '../../../src/engine/runtime/decoder.ts';
import { Shard } from './shard.ts';
import { cpuSession, deviation, floatTensor, generator, randomMatrix, temporaryFolder, TOLERANCE } from './support.ts';

const [TOKENS, WIDTH, KEY] = [4, 48, 24];
/** A deviation that rounding does not explain. */
const SEEN = 10 * TOLERANCE.float;

describe.each(['whole', 'spans'] as const)('memory tokens of %s', (pooled) => {
  const folder = temporaryFolder();
  const [shard, normal] = [new Shard(), generator(6)];
  const positive = randomMatrix(1, WIDTH, normal).map((value) => 0.5 + Math.abs(value));
  const mean = shard.half(randomMatrix(1, WIDTH, normal, 0.3), [WIDTH]);
  const deviations = shard.half(positive, [WIDTH]);
  const query = shard.half(randomMatrix(TOKENS, WIDTH, normal, 0.5), [TOKENS, WIDTH]);
  const project = shard.half(randomMatrix(KEY, WIDTH, normal, 0.2), [KEY, WIDTH]);
  const weights = { pooled, mean: mean.value, deviation: deviations.value, query: query.value, project: project.value };

  let session: ort.InferenceSession;
  beforeAll(async () => {
    shard.write(folder);
    const pooling = { query: query.place, project: project.place };
    const options = { name: 'memory-tokens', pooled, mean: mean.place, deviation: deviations.place, pooling };
    session = await cpuSession(memoryTokenGraph(options), folder);
  });

  async function keysOf(states: Matrix): Promise<Float32Array> {
    return floats(await session.run({ states: floatTensor(states.data, [1, states.rows, WIDTH]) }), 'keys');
  }

  it('are the reference, and of length 1, for 2 to 20 tokens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 20 }), fc.integer(), async (rows, seed) => {
        const states = randomMatrix(rows, WIDTH, generator(seed), 3);
        const keys = await keysOf(states);
        expect(deviation(keys, memoryTokens(weights, states).data)).toBeLessThan(TOLERANCE.float);
        for (let token = 0; token < TOKENS; token += 1) {
          expect(Math.hypot(...keys.subarray(token * KEY, (token + 1) * KEY))).toBeCloseTo(1, 5);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('do not see the first token, nor the order of the others within a span', async () => {
    const states = randomMatrix(9, WIDTH, generator(8));
    const keys = await keysOf(states);
    const order = pooled === 'whole' ? [0, 5, 2, 8, 1, 7, 3, 6, 4] : [0, 2, 1, 4, 3, 6, 5, 8, 7];
    const shuffled = order.flatMap((row) => [...states.row(row)].map((value) => (row === 0 ? 900 - value : value)));
    const other = await session.run({ states: floatTensor(shuffled, [1, 9, WIDTH]) });
    expect(deviation(floats(other, 'keys'), keys)).toBeLessThan(TOLERANCE.float);
  });

  it('see another span, or not, as they should', async () => {
    const states = randomMatrix(9, WIDTH, generator(9));
    const keys = await keysOf(states);
    const last = Matrix.of(9, WIDTH, (row, column) => states.at(row, column) * (row > 6 ? -1 : 1));
    const moved = await keysOf(last);
    const first = deviation(moved.subarray(0, 3 * KEY), keys.subarray(0, 3 * KEY));
    if (pooled === 'spans') expect(first).toBeLessThan(TOLERANCE.float);
    else expect(first).toBeGreaterThan(SEEN);
    expect(deviation(moved.subarray(3 * KEY), keys.subarray(3 * KEY))).toBeGreaterThan(SEEN);
  });
});
