import { beforeAll, describe, expect, it } from 'vitest';

import { Graph } from '../../../kernels/graph.ts';
import { gather, linear } from '../../../kernels/linear.ts';
import type { AccuracyLevel } from '../../../kernels/linear.ts';
import { halfToNumber } from '../../../kernels/half.ts';
import { linear as reference } from './reference/linear.ts';
import { Matrix } from './reference/matrix.ts';
import type { Manifest } from '../../../kernels/manifest.ts';
import { floats } from '../../../src/engine/runtime/decoder.ts';
import { Shard } from './shard.ts';
import type { Kind } from './shard.ts';
import {
  cpuSession,
  deviation,
  floatTensor,
  generator,
  intTensor,
  randomMatrix,
  temporaryFolder,
  TOLERANCE,
} from './support.ts';

describe.each<Kind>(['float32', 'int4', 'int8'])('a matrix of %s', (kind) => {
  const folder = temporaryFolder();
  const shard = new Shard();
  const x = randomMatrix(5, 96, generator(2));
  let manifest: Manifest;

  beforeAll(() => {
    const normal = generator(1);
    shard.add('matrix', randomMatrix(40, 96, normal), kind);
    shard.add('matrix.bias', randomMatrix(1, 40, normal), 'float32', [40]);
    shard.add('plain', randomMatrix(7, 96, normal), kind);
    manifest = shard.write(folder);
  });

  async function product(name: string, rows: number, accuracyLevel: AccuracyLevel): Promise<Float32Array> {
    const graph = new Graph(`${kind}-${name}-${accuracyLevel}`);
    const value = graph.input('x', 'float32', [1, 'rows', 96]);
    const y = linear(graph, { tensors: manifest.tensors, accuracyLevel }, value, name);
    graph.output('y', y, 'float32', [1, 'rows', rows]);
    const session = await cpuSession(graph, folder);
    return floats(await session.run({ x: floatTensor(x.data, [1, 5, 96]) }), 'y');
  }

  it.each(['matrix', 'plain'])('multiplies: %s', async (name) => {
    const { [name]: weight, [`${name}.bias`]: bias } = shard.values;
    const expected = reference(x, weight!, bias);
    expect(deviation(await product(name, expected.columns, 0), expected.data)).toBeLessThan(TOLERANCE.float);
  });

  it('multiplies near enough with int8 activations', async () => {
    const expected = reference(x, shard.values.matrix!, shard.values['matrix.bias']);
    // An activation of 8 bits is off by up to 1/254 of its block's largest; 96 such errors add up like noise.
    expect(deviation(await product('matrix', 40, 4), expected.data)).toBeLessThan(0.01);
  });

  it('gathers rows', async () => {
    const graph = new Graph(`${kind}-gather`);
    const ids = graph.input('ids', 'int64', [1, 'rows']);
    const rows = gather(graph, { tensors: manifest.tensors, accuracyLevel: 0 }, ids, 'matrix');
    graph.output('rows', rows, 'float32', [1, 'rows', 96]);
    const session = await cpuSession(graph, folder);
    const wanted = [39, 0, 7, 7];
    const results = await session.run({ ids: intTensor(wanted, [1, 4]) });
    const expected = wanted.flatMap((id) => [...shard.values.matrix!.row(id)]);
    expect(deviation(floats(results, 'rows'), expected)).toBeLessThan(1e-6);
  });
});

describe('the reference', () => {
  it('reads half precision as the platform does', () => {
    const { Float16Array: Halves } = globalThis as unknown as {
      Float16Array: new (bits: ArrayBuffer) => ArrayLike<number>;
    };
    const bits = Uint16Array.from({ length: 65_536 }, (_, half) => half);
    expect(Array.from(bits, halfToNumber)).toEqual(Array.from(new Halves(bits.buffer)));
  });

  it('refuses shapes that do not fit', () => {
    expect(() => new Matrix(2, 3).times(new Matrix(2, 3))).toThrow(RangeError);
    expect(() => new Matrix(2, 3).at(0, 3)).toThrow(RangeError);
    expect(() => new Matrix(2, 3, [1])).toThrow(RangeError);
  });
});
