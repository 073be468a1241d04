import type { Lora } from '../../../kernels/lora.ts';
import { LEVELS } from '../../../kernels/w8a8.ts';
import { widened } from './block-matrix.ts';
import type { BlockMatrix } from './block-matrix.ts';

/** A matrix as `kernels/w8a8.ts` takes it. */
export interface EightBit {
  /** int8 [K, N] */
  readonly data: Int8Array;
  /** [groups, N] */
  readonly scales: Float32Array;
}

/** Rows that are turned over together: a run of bytes that fills a cache line. */
const TILE = 64;

/**
 * W [N, K], with b a added where there is an addition, in 8 bits with a scale for each row of each of `groups` groups
 * of columns.
 */
export function eightBit(matrix: BlockMatrix, addition: Lora | undefined, groups: number): EightBit {
  const { rows, columns } = matrix;
  const width = columns / groups;
  const data = new Int8Array(columns * rows);
  const scales = new Float32Array(groups * rows);
  const add = adder(addition, columns);
  const values = new Float32Array(columns);
  const tile = new Int8Array(TILE * columns); // [TILE, K]
  for (let first = 0; first < rows; first += TILE) {
    const count = Math.min(TILE, rows - first);
    for (let row = 0; row < count; row += 1) {
      matrix.row(first + row, values);
      add(first + row, values);
      for (let group = 0; group < groups; group += 1) {
        const [start, end] = [group * width, (group + 1) * width];
        const scale = Math.fround(largest(values, start, end) / LEVELS);
        scales[group * rows + first + row] = scale;
        const inverse = scale === 0 ? 0 : 1 / scale;
        for (let column = start; column < end; column += 1) {
          tile[row * columns + column] = Math.round((values[column] ?? 0) * inverse);
        }
      }
    }
    for (let column = 0; column < columns; column += 1) {
      for (let row = 0; row < count; row += 1) {
        data[column * rows + first + row] = tile[row * columns + column] ?? 0;
      }
    }
  }
  return { data, scales };
}

function largest(values: Float32Array, start: number, end: number): number {
  let most = 0;
  for (let at = start; at < end; at += 1) most = Math.max(most, Math.abs(values[at] ?? 0));
  return most;
}

/** Adds row n of b a to a row: Σ_r b[n, r] a[r]. */
function adder(addition: Lora | undefined, columns: number): (row: number, values: Float32Array) => void {
  if (addition === undefined) return () => undefined;
  const a = widened(addition.a.bytes); // [r, K]
  const b = widened(addition.b.bytes); // [N, r]
  const rank = addition.a.shape[0] ?? 0;
  return (row, values) => {
    for (let r = 0; r < rank; r += 1) {
      const factor = b[row * rank + r] ?? 0;
      const start = r * columns;
      for (let column = 0; column < columns; column += 1) {
        values[column] = (values[column] ?? 0) + factor * (a[start + column] ?? 0);
      }
    }
  };
}
