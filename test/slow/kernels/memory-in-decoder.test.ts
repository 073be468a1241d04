import type * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { lowerGraph } from '../../../kernels/decoder.ts';
import { groupedAttention, rmsNorm, rotate, tensor } from './reference/decoder-block.ts';
import { emptyMemory, infiniAttention } from './reference/infini-attention.ts';
import { linear } from './reference/linear.ts';
import { Matrix } from './reference/matrix.ts';
import { floats, keyValueCache, runDecoder } from '../../../src/engine/runtime/decoder.ts';
import { memoryFeeds } from './segment.ts';
import { randomDecoder } from './shard.ts';
import {
  CONFIG,
  cpuSession,
  deviation,
  floatTensor,
  generator,
  intTensor,
  randomMatrix,
  temporaryFolder,
  TOLERANCE,
} from './support.ts';

const IDS = [0, 29, 30, 49, 12];
const PLAIN = { accuracyLevel: 0, candidates: 5 } as const;
const OUTPUTS = ['states', 'after.0.matrix', 'after.0.norm'];

describe('a decoder block that reads a memory', () => {
  const folder = temporaryFolder();
  const shard = randomDecoder('int8', 5);
  const memory = emptyMemory(2, 16, 16).map(() => ({
    matrix: randomMatrix(16, 16, generator(1)),
    norm: randomMatrix(16, 1, generator(2)).map(Math.abs),
  }));
  let plain: ort.InferenceSession;
  let remembering: ort.InferenceSession;

  beforeAll(async () => {
    const manifest = shard.write(folder);
    plain = await cpuSession(lowerGraph(manifest, 1, PLAIN), folder);
    const memories = { 0: { features: { kind: 'elu1' }, rule: 'delta' } } as const;
    remembering = await cpuSession(lowerGraph(manifest, 1, { ...PLAIN, memories }), folder);
  });

  const ids = () => ({ ids: intTensor(IDS, [1, IDS.length]) });
  const run = (gates: readonly number[]) => {
    const feeds = { ...ids(), ...memoryFeeds(memory), 'gate.0': floatTensor([...gates], [4]) };
    return runDecoder(remembering, feeds, keyValueCache(CONFIG, [0, 1], 'once'), IDS.length, OUTPUTS);
  };

  it('is the plain decoder while its gates are closed', async () => {
    const closed = await run([-50, -50, -50, -50]);
    const base = await runDecoder(plain, ids(), keyValueCache(CONFIG, [0, 1], 'once'), IDS.length, ['states']);
    expect(deviation(floats(closed, 'states'), floats(base, 'states'))).toBeLessThan(TOLERANCE.float);
  });

  it('is the reference while they are open, states and memory after', async () => {
    const gates = [-1, 0, 1, 2];
    const open = await run(gates);
    const weights = shard.values;
    const project = (x: Matrix, part: string) =>
      linear(x, tensor(weights, `layers.0.${part}`), weights[`layers.0.${part}.bias`]);
    const table = new Matrix(50, 96, [...weights['embedding.0']!.data, ...weights['embedding.1']!.data]);
    const x = new Matrix(
      IDS.length,
      96,
      IDS.flatMap((id) => [...table.row(id)]),
    );
    const normal = rmsNorm(x, tensor(weights, 'layers.0.attention.norm'), CONFIG.rmsEps);
    const query = project(normal, 'attention.q');
    const key = project(normal, 'attention.k');
    const value = project(normal, 'attention.v');
    const local = groupedAttention(rotate(query, 4, CONFIG.ropeTheta), rotate(key, 2, CONFIG.ropeTheta), value, CONFIG);
    const inputs = { query, key, value, local, gate: gates, read: memory };
    const after = infiniAttention(CONFIG, { kind: 'elu1' }, 'delta', 1e-6, inputs);
    const middle = x.plus(project(after.attended, 'attention.o'));
    const wide = rmsNorm(middle, tensor(weights, 'layers.0.mlp.norm'), CONFIG.rmsEps);
    const silu = project(wide, 'mlp.gate').map((v) => v / (1 + Math.exp(-v)));
    const expected = middle.plus(project(silu.product(project(wide, 'mlp.up')), 'mlp.down'));
    expect(deviation(floats(open, 'states'), expected.data)).toBeLessThan(TOLERANCE.float);
    const matrices = after.memory.flatMap(({ matrix }) => [...matrix.data]);
    expect(deviation(floats(open, 'after.0.matrix'), matrices)).toBeLessThan(TOLERANCE.float);
  });
});
