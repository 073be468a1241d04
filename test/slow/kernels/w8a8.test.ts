import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { Graph } from '../../../kernels/graph.ts';
import { linear } from '../../../kernels/linear.ts';
import type { TensorEntry, WeightSide } from '../../../kernels/manifest.ts';
import { extremesGraph } from '../../../kernels/probe.ts';
import { linear as plain } from './reference/linear.ts';
import { Matrix } from './reference/matrix.ts';
import { dequantize, quantize, w8a8 } from './reference/w8a8.ts';
import { floats } from '../../../src/engine/runtime/decoder.ts';
import { exactSide, hasFastIntegers } from '../../../src/engine/runtime/int8-probe.ts';
import { cpuSession, deviation, floatTensor, generator, randomMatrix, temporaryFolder, TOLERANCE } from './support.ts';

const [TOKENS, ROWS, COLUMNS] = [5, 40, 96];

/** Activations as a decoder has them: a column and a token far above the others, and a token of nothing. */
function activations(): Matrix {
  const normal = generator(2);
  const x = randomMatrix(TOKENS, COLUMNS, normal);
  return Matrix.of(TOKENS, COLUMNS, (row, column) => {
    if (row === 4) return 0;
    return Math.fround(x.at(row, column) * (column === 7 ? 50 : 1) * (row === 0 ? 30 : 1));
  });
}

/** Runs `linear` over one matrix in 8 bits, with a bias where one is given. */
async function product(
  x: Matrix,
  weight: Matrix,
  { groups, side }: { groups: number; side: WeightSide },
  bias?: Matrix,
): Promise<Float32Array> {
  const folder = temporaryFolder();
  const { whole, scales } = quantize(weight, groups);
  const chunks = [Int8Array.from(whole.transposed().data), Float32Array.from(scales.data)];
  const extra = bias === undefined ? [] : [Float32Array.from(bias.data)];
  const bytes = Buffer.concat([...chunks, ...extra].map(({ buffer }) => Buffer.from(buffer)));
  writeFileSync(join(folder, 'w.bin'), bytes);
  const [data, scale] = [ROWS * COLUMNS, 4 * groups * ROWS];
  const place = (offset: number, size: number) => ({ file: 'w.bin', offset, bytes: size });
  const tensors: Record<string, TensorEntry> = {
    w: { kind: 'w8a8', side, shape: [ROWS, COLUMNS], groups, data: place(0, data), scales: place(data, scale) },
  };
  if (bias) tensors['w.bias'] = { kind: 'float32', shape: [ROWS], data: place(data + scale, 4 * ROWS) };
  const graph = new Graph(`w8a8-${groups}-${side}`);
  const value = graph.input('x', 'float32', [1, 'rows', COLUMNS]);
  graph.output('y', linear(graph, { tensors, accuracyLevel: 4 }, value, 'w'), 'float32', [1, 'rows', ROWS]);
  const session = await cpuSession(graph, folder);
  return floats(await session.run({ x: floatTensor(x.data, [1, x.rows, COLUMNS]) }), 'y');
}

const SIDES = ['int8', 'uint8'] as const;
/** A processor without 8-bit dot products clips sums on the signed side, and is never asked for them. */
const clips = (await exactSide(1)) !== 'int8';
const CASES = [1, 3, 8].flatMap((groups) => SIDES.map((side) => ({ groups, side })));

describe.each(CASES)('a product of 8 bits in $groups groups, weights as $side', (how) => {
  const { groups, side } = how;
  const x = activations();
  const weight = randomMatrix(ROWS, COLUMNS, generator(1), 0.1);

  it.skipIf(clips && side === 'int8')('is the reference, with and without a bias', async () => {
    const expected = w8a8(x, quantize(weight, groups));
    expect(deviation(await product(x, weight, how), expected.data)).toBeLessThan(TOLERANCE.float);
    const bias = randomMatrix(1, ROWS, generator(4));
    const biased = Matrix.of(TOKENS, ROWS, (row, column) => expected.at(row, column) + bias.at(0, column));
    expect(deviation(await product(x, weight, how, bias), biased.data)).toBeLessThan(TOLERANCE.float);
  });

  it('is one token at a time what it is for all together', async () => {
    const all = await product(x, weight, how);
    for (let row = 0; row < TOKENS; row += 1) {
      const alone = await product(new Matrix(1, COLUMNS, x.row(row)), weight, how);
      expect(deviation(alone, all.subarray(row * ROWS, (row + 1) * ROWS))).toBe(0);
    }
  });

  it('stands for a weight that is off by half a step at most', () => {
    const made = quantize(weight, groups);
    const error = dequantize(made).minus(weight);
    const width = COLUMNS / groups;
    for (let row = 0; row < ROWS; row += 1) {
      for (let column = 0; column < COLUMNS; column += 1) {
        const step = made.scales.at(Math.floor(column / width), row);
        expect(Math.abs(error.at(row, column))).toBeLessThanOrEqual(step * 0.5001);
      }
    }
  });
});

it('finer groups come nearer to the product that is meant, where a few columns are far above the others', () => {
  const [x, weight] = [activations(), randomMatrix(ROWS, COLUMNS, generator(1), 0.1)];
  const meant = plain(x, weight);
  const errors = [1, 3, 8].map((groups) => deviation(w8a8(x, quantize(weight, groups)).data, meant.data));
  expect(errors).toEqual(errors.toSorted((a, b) => b - a));
  expect(errors[0]).toBeLessThan(0.05);
});

it('the extremes are told exactly, and would not be by sums of pairs in 16 bits', () => {
  const { x, y, shape } = extremesGraph('int8', 5);
  const [tokens = 0, columns = 0] = shape;
  const rows = y.length / tokens;
  for (let token = 0; token < tokens; token += 1) {
    const row = Array.from(x.subarray(token * columns, (token + 1) * columns));
    expect(y[token * rows]).toBe(row.reduce((sum, value) => sum + 127 * value, 0));
    // What AVX2 does: unsigned times signed, neighbors added with saturation, then what the offset of 128 brought is
    // taken off.
    let clipped = 0;
    for (let at = 0; at < columns; at += 2) {
      clipped += Math.min(32_767, 127 * (row[at]! + 128) + 127 * (row[at + 1]! + 128));
    }
    expect(clipped - 127 * 128 * columns).not.toBe(y[token * rows]);
  }
});

it('the unsigned side is exact in the runtime, also where the processor has no 8-bit dot products', async () => {
  for (const tokens of [1, 5, 64]) {
    const { graph, x, y, shape } = extremesGraph('uint8', tokens);
    const session = await cpuSession(graph, temporaryFolder());
    expect(floats(await session.run({ x: floatTensor(x, shape) }), 'y')).toEqual(y);
  }
});

it('a processor is asked once', async () => {
  const side = exactSide(1);
  expect(exactSide(1)).toBe(side);
  expect(SIDES).toContain(await side);
  const first = hasFastIntegers('uint8', 1);
  expect(hasFastIntegers('uint8', 1)).toBe(first);
  expect(typeof (await first)).toBe('boolean');
});
