import { halfToNumber } from '../../../kernels/half.ts';

/** Numbers along a row that share a scale. */
export const BLOCK = 32;

/** Rows of a matrix in blocks, as models/build/quantize.py lays them out. */
export interface Quantized {
  /** [rows, K · bits / 8]; of 4 bits the earlier number is the lower half of a byte. */
  readonly data: Uint8Array;
  /** float16 [rows, K / 32] */
  readonly scales: Uint8Array;
  /** [rows, ⌈K / 64⌉], two to a byte; 8 bits have none, and are symmetric around 128. */
  readonly zeros: Uint8Array | undefined;
}

/** How many levels of 4 bits a candidate's range is stretched over: fewer than 15 clip less, more clip the largest. */
const STRETCHES = [13.4, 13.8, 14.2, 14.6, 15, 15.4, 15.8, 16.2, 16.6] as const;

/** Matrix rows [rows, K] to 8 bits. */
export function quantizeTo8(values: Float32Array): Quantized {
  const blocks = values.length / BLOCK;
  const data = new Uint8Array(values.length);
  const scales = new Uint16Array(blocks);
  for (let block = 0; block < blocks; block += 1) {
    const from = block * BLOCK;
    let largest = 0;
    for (let i = from; i < from + BLOCK; i += 1) largest = Math.max(largest, Math.abs(values[i] ?? 0));
    const stored = numberToHalf(largest / 127);
    scales[block] = stored;
    const inverse = 1 / (halfToNumber(stored) || 1);
    for (let i = from; i < from + BLOCK; i += 1) {
      data[i] = 128 + Math.min(127, Math.max(-127, Math.round((values[i] ?? 0) * inverse)));
    }
  }
  return { data, scales: new Uint8Array(scales.buffer), zeros: undefined };
}

/**
 * Matrix rows [rows, K] to 4 bits with zero points. For each stretch of a block's range over the 16 levels, the scale
 * is the one of least squared error, weighted by magnitude (llama.cpp's `make_qx_quants`); the best stretch is kept.
 */
export function quantizeTo4(values: Float32Array, columns: number): Quantized {
  const perRow = columns / BLOCK;
  const zerosPerRow = Math.ceil(perRow / 2);
  const blocks = values.length / BLOCK;
  const data = new Uint8Array(values.length / 2);
  const scales = new Uint16Array(blocks);
  // Blocks that a row lacks to fill its last byte are in the middle.
  const zeros = new Uint8Array((blocks / perRow) * zerosPerRow).fill(0x88);
  const weights = new Float64Array(BLOCK);
  const products = new Float64Array(BLOCK);
  for (let block = 0; block < blocks; block += 1) {
    const from = block * BLOCK;
    let least = 0;
    let most = 0;
    let squares = 0;
    for (let i = 0; i < BLOCK; i += 1) {
      const value = values[from + i] ?? 0;
      if (value < least) least = value;
      else if (value > most) most = value;
      squares += value * value;
    }
    const typical = Math.sqrt(squares / BLOCK);
    for (let i = 0; i < BLOCK; i += 1) {
      const value = values[from + i] ?? 0;
      const weight = typical + Math.abs(value);
      weights[i] = weight;
      products[i] = weight * value;
    }
    let zero = 8;
    let scale = 0;
    let best = 0;
    const range = most - least;
    for (const stretch of range > 0 ? STRETCHES : []) {
      const inverse = stretch / range;
      const middle = Math.min(15, Math.max(0, Math.round(-least * inverse)));
      // Adding a half and cutting rounds, because nothing is below 0 but what is clipped anyway.
      const shift = middle + 0.5;
      let cross = 0;
      let power = 0;
      for (let i = 0; i < BLOCK; i += 1) {
        let level = ((values[from + i] ?? 0) * inverse + shift) | 0;
        if (level < 0) level = 0;
        else if (level > 15) level = 15;
        const distance = level - middle;
        cross += (products[i] ?? 0) * distance;
        power += (weights[i] ?? 0) * distance * distance;
      }
      const explained = cross > 0 ? (cross * cross) / power : 0;
      if (explained > best) {
        best = explained;
        scale = cross / power;
        zero = middle;
      }
    }
    const stored = numberToHalf(scale);
    scales[block] = stored;
    const row = Math.floor(block / perRow);
    const column = block - row * perRow;
    const place = row * zerosPerRow + (column >> 1);
    zeros[place] =
      (column & 1) === 0 ? ((zeros[place] ?? 0) & 0xf0) | zero : ((zeros[place] ?? 0) & 0x0f) | (zero << 4);
    const inverse = 1 / (halfToNumber(stored) || 1);
    for (let i = 0; i < BLOCK; i += 2) {
      const low = level4((values[from + i] ?? 0) * inverse + zero);
      const high = level4((values[from + i + 1] ?? 0) * inverse + zero);
      data[(from + i) / 2] = low | (high << 4);
    }
  }
  return { data, scales: new Uint8Array(scales.buffer), zeros };
}

function level4(value: number): number {
  return Math.min(15, Math.max(0, Math.round(value)));
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The nearest IEEE 754 binary16, ties to even; what is too large becomes the largest. */
export function numberToHalf(value: number): number {
  single[0] = value;
  const bits = singleBits[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  if (exponent >= 31) return sign | 0x7bff;
  const fraction = bits & 0x7fffff;
  if (exponent < -10) return sign;
  const whole = exponent > 0 ? (exponent << 23) | fraction : (fraction | 0x800000) >>> (1 - exponent);
  const lost = exponent > 0 ? 0 : ((fraction | 0x800000) & ((1 << (1 - exponent)) - 1)) === 0 ? 0 : 1;
  const half = whole >>> 13;
  const rest = (whole & 0x1fff) * 2 + lost;
  const up = rest > 0x2000 || (rest === 0x2000 && (half & 1) === 1) ? 1 : 0;
  return sign | Math.min(0x7bff, half + up);
}
