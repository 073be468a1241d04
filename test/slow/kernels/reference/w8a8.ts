import { LEVELS } from '../../../../kernels/w8a8.ts';
import { Matrix } from './matrix.ts';

/** W [N, K] in 8 bits: whole numbers, and a scale for each row of each group of columns. */
export interface EightBit {
  readonly groups: number;
  /** [N, K], from -127 to 127 */
  readonly whole: Matrix;
  /** [groups, N] */
  readonly scales: Matrix;
}

/** The whole numbers nearest to W, group by group; `round` is what the scales are stored in. */
export function quantize(weight: Matrix, groups: number, round: (scale: number) => number = Math.fround): EightBit {
  const width = weight.columns / groups;
  const scales = Matrix.of(groups, weight.rows, (group, row) => {
    const largest = Math.max(
      ...weight
        .row(row)
        .subarray(group * width, (group + 1) * width)
        .map(Math.abs),
    );
    return round(largest / LEVELS);
  });
  const whole = Matrix.of(weight.rows, weight.columns, (row, column) => {
    const scale = scales.at(Math.floor(column / width), row);
    return scale === 0 ? 0 : Math.max(-LEVELS, Math.min(LEVELS, Math.round(weight.at(row, column) / scale)));
  });
  return { groups, whole, scales };
}

/** W as its whole numbers stand for it. */
export function dequantize({ groups, whole, scales }: EightBit): Matrix {
  const width = whole.columns / groups;
  return Matrix.of(
    whole.rows,
    whole.columns,
    (row, column) => whole.at(row, column) * scales.at(Math.floor(column / width), row),
  );
}

/** y [T, N] = x [T, K] Wᵀ, with x rounded to 8 bits for each token and group, half to even as the runtime does. */
export function w8a8(x: Matrix, weight: EightBit): Matrix {
  const width = x.columns / weight.groups;
  const largest = Matrix.of(x.rows, weight.groups, (row, group) =>
    Math.max(
      ...x
        .row(row)
        .subarray(group * width, (group + 1) * width)
        .map(Math.abs),
    ),
  );
  const rounded = Matrix.of(x.rows, x.columns, (row, column) => {
    const most = largest.at(row, Math.floor(column / width));
    return most === 0 ? 0 : (halfToEven((LEVELS * x.at(row, column)) / most) * most) / LEVELS;
  });
  return rounded.times(dequantize(weight).transposed());
}

function halfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
