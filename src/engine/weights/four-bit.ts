import { halfToNumber } from '../../../kernels/half.ts';
import { numberToHalf } from '../import/quantize.ts';
import type { BlockMatrix } from './block-matrix.ts';

/** A matrix as MatMulNBits takes it without zero points: its 16 levels lie around 8. */
export interface FourBit {
  /** [N, K / 2], the earlier number in the lower half of a byte */
  readonly data: Uint8Array;
  /** float16 [N, K / block] */
  readonly scales: Uint16Array;
}

const MIDDLE = 8;
const LARGEST = 7;

/** Rows between two pauses: a vocabulary's table has a hundred thousand, and takes seconds. */
const ROWS = 4_096;

/** A matrix [N, K] in 4 bits with a scale for each `block` columns of a row; `pause` is waited for now and then. */
export async function fourBit(
  matrix: Pick<BlockMatrix, 'rows' | 'columns' | 'row'>,
  block: number,
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<FourBit> {
  const { rows, columns } = matrix;
  const blocks = columns / block;
  const data = new Uint8Array((rows * columns) / 2);
  const scales = new Uint16Array(rows * blocks);
  const values = new Float32Array(columns);
  for (let row = 0; row < rows; row += 1) {
    if (row > 0 && row % ROWS === 0) await pause();
    matrix.row(row, values);
    for (let at = 0; at < blocks; at += 1) {
      const [start, end] = [at * block, (at + 1) * block];
      let most = 0;
      for (let column = start; column < end; column += 1) most = Math.max(most, Math.abs(values[column] ?? 0));
      const stored = numberToHalf(most / LARGEST);
      scales[row * blocks + at] = stored;
      const inverse = 1 / (halfToNumber(stored) || 1);
      for (let column = start; column < end; column += 2) {
        const [low, high] = [level(values[column], inverse), level(values[column + 1], inverse)];
        data[(row * columns + column) / 2] = low + 16 * high;
      }
    }
  }
  return { data, scales };
}

function level(value: number | undefined, inverse: number): number {
  return MIDDLE + Math.min(LARGEST, Math.max(-MIDDLE, Math.round((value ?? 0) * inverse)));
}
