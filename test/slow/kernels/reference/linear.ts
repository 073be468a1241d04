import { halfToNumber } from '../../../../kernels/half.ts';
import { Matrix } from './matrix.ts';

/** A quantized matrix as models/build/quantize.py lays it out, in bytes. */
export interface Quantized {
  readonly bits: 4 | 8;
  /** N */
  readonly rows: number;
  /** K, a multiple of `block` */
  readonly columns: number;
  readonly block: number;
  /** [N, K / block, block · bits / 8]; of two nibbles in a byte the earlier is the low one */
  readonly data: Uint8Array;
  /** float16 [N, K / block] */
  readonly scales: Uint16Array;
  /**
   * [N, ⌈K / block · bits / 8⌉], packed like data, each row from a new byte; without it the zero point is 2^(bits-1)
   */
  readonly zeros?: Uint8Array;
}

/** W [N, K] = (data − zero) · scale, block by block. */
export function dequantize({ bits, rows, columns, block, data, scales, zeros }: Quantized): Matrix {
  const blocks = columns / block;
  return Matrix.of(rows, columns, (row, column) => {
    const at = row * blocks + Math.floor(column / block);
    const zero = zeros === undefined ? 2 ** (bits - 1) : entry(zeros, bits, blocks, row, Math.floor(column / block));
    return (entry(data, bits, columns, row, column) - zero) * halfToNumber(scales[at] ?? Number.NaN);
  });
}

/** The number at [row, column] of bytes whose rows hold `columns` numbers of 4 or 8 bits and start at a byte. */
function entry(bytes: Uint8Array, bits: 4 | 8, columns: number, row: number, column: number): number {
  const perByte = 8 / bits;
  const byte = bytes[row * Math.ceil(columns / perByte) + Math.floor(column / perByte)];
  if (byte === undefined) throw new RangeError(`There is no number ${row}, ${column}.`);
  return bits === 8 ? byte : column % 2 === 0 ? byte & 15 : byte >> 4;
}

/** y [T, N] = x [T, K] Wᵀ + bias [1, N] */
export function linear(x: Matrix, weight: Matrix, bias?: Matrix): Matrix {
  const y = x.times(weight.transposed());
  return bias === undefined ? y : Matrix.of(y.rows, y.columns, (row, column) => y.at(row, column) + bias.at(0, column));
}
