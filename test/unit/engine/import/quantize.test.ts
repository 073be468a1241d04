import { describe, expect, it } from 'vitest';
import { halfToNumber } from '../../../../kernels/half.ts';
import { BLOCK, numberToHalf, quantizeTo4, quantizeTo8 } from '../../../../src/engine/import/quantize.ts';
import type { Quantized } from '../../../../src/engine/import/quantize.ts';

const ROWS = 40;
const COLUMNS = 96;

/** Numbers around 0 whose rows differ in size, as a matrix's do. */
function matrix(): Float32Array {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return Float32Array.from({ length: ROWS * COLUMNS }, (_, at) => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return normal * (1 + (at % 5)) * 0.01;
  });
}

/** As the graphs compute with it. */
function restored({ data, scales, zeros }: Quantized, bits: 4 | 8): Float32Array {
  const blocks = COLUMNS / BLOCK;
  const halves = new Uint16Array(scales.slice().buffer);
  return Float32Array.from({ length: ROWS * COLUMNS }, (_, at) => {
    const row = Math.floor(at / COLUMNS);
    const block = Math.floor((at % COLUMNS) / BLOCK);
    const scale = halfToNumber(halves[row * blocks + block]!);
    if (bits === 8) return (data[at]! - 128) * scale;
    const zero = (zeros![row * Math.ceil(blocks / 2) + (block >> 1)]! >> (4 * (block & 1))) & 15;
    return (((data[at >> 1]! >> (4 * (at & 1))) & 15) - zero) * scale;
  });
}

function relativeError(found: Float32Array, wanted: Float32Array): number {
  let error = 0;
  let size = 0;
  for (const [at, value] of wanted.entries()) {
    error += (found[at]! - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(error / size);
}

/** What the plainest way gives: the range cut into 15 steps. */
function plainError(values: Float32Array): number {
  const out = new Float32Array(values.length);
  for (let from = 0; from < values.length; from += BLOCK) {
    const block = values.subarray(from, from + BLOCK);
    const least = Math.min(0, ...block);
    const step = (Math.max(0, ...block) - least) / 15;
    const zero = Math.round(-least / step);
    for (const [at, value] of block.entries()) {
      out[from + at] = (Math.min(15, Math.max(0, Math.round(value / step) + zero)) - zero) * step;
    }
  }
  return relativeError(out, values);
}

describe('numbers in 4 and 8 bits', () => {
  it('4 bits come nearer than an even cut of the range', () => {
    const values = matrix();
    const error = relativeError(restored(quantizeTo4(values, COLUMNS), 4), values);
    expect(error).toBeLessThan(0.98 * plainError(values));
    expect(error).toBeLessThan(0.1);
  });

  it('8 bits err by less than a hundredth', () => {
    const values = matrix();
    expect(relativeError(restored(quantizeTo8(values), 8), values)).toBeLessThan(0.007);
  });

  it('nothing but zeros stays so', () => {
    const values = new Float32Array(ROWS * COLUMNS);
    expect(restored(quantizeTo4(values, COLUMNS), 4).every((value) => value === 0)).toBe(true);
    expect(restored(quantizeTo8(values), 8).every((value) => value === 0)).toBe(true);
  });

  it('a row of an odd number of blocks is filled up with the middle', () => {
    const { zeros } = quantizeTo4(matrix(), COLUMNS);
    expect(zeros).toHaveLength(2 * ROWS);
    expect(zeros![1]! >> 4).toBe(8);
  });

  it('every half float is its own nearest, and what is too large stays finite', () => {
    for (let half = 0; half < 0x7c00; half += 1) expect(numberToHalf(halfToNumber(half))).toBe(half);
    expect(numberToHalf(1e9)).toBe(0x7bff);
    expect(numberToHalf(1 + 2 ** -11)).toBe(numberToHalf(1));
    expect(numberToHalf(1 + 3 * 2 ** -11)).toBe(numberToHalf(1 + 2 ** -9));
  });
});
