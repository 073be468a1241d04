import { softmax } from './decoder-block.ts';
import { linear } from './linear.ts';
import { Matrix } from './matrix.ts';

export interface MemoryTokenWeights {
  /** 'spans': memory token p pools the p-th of P equal runs of tokens only; of all where that run is empty. */
  readonly pooled: 'whole' | 'spans';
  /** [1, D] each */
  readonly mean: Matrix;
  readonly deviation: Matrix;
  /** [P, D] */
  readonly query: Matrix;
  /** [d_k, D] */
  readonly project: Matrix;
}

/** Inside the root of the mean square. */
const EPSILON = 1e-6;

/**
 * A segment's states [T, D] to its P keys [P, d_k] of length 1: leave out the first token, RMS-normalize, standardise
 * with the statistics of ordinary tokens, pool by softmax, project, normalize.
 */
export function memoryTokens(weights: MemoryTokenWeights, states: Matrix): Matrix {
  const { mean, deviation, query, project } = weights;
  const rms = Array.from({ length: states.rows }, (_, row) => {
    const square = states.row(row).reduce((sum, value) => sum + value * value, 0);
    return Math.sqrt(square / states.columns + EPSILON);
  });
  const standard = Matrix.of(states.rows - 1, states.columns, (row, column) => {
    const normal = states.at(row + 1, column) / (rms[row + 1] ?? 0);
    return (normal - mean.at(0, column)) / deviation.at(0, column);
  });
  const pooled = softmax(spanned(weights, query.times(standard.transposed()))).times(standard); // [P, D]
  const keys = linear(pooled, project); // [P, d_k]
  const lengths = Array.from({ length: keys.rows }, (_, row) => Math.hypot(...keys.row(row)));
  return Matrix.of(keys.rows, keys.columns, (row, column) => keys.at(row, column) / (lengths[row] ?? 0));
}

/** Scores [P, N]; with spans, minus infinity outside of each memory token's own. */
function spanned({ pooled }: MemoryTokenWeights, score: Matrix): Matrix {
  if (pooled === 'whole') return score;
  const spanOf = (token: number) => Math.floor((token * score.rows) / score.columns);
  const spans = new Set(Array.from({ length: score.columns }, (_, token) => spanOf(token)));
  return Matrix.of(score.rows, score.columns, (row, column) => {
    if (!spans.has(row)) return 0;
    return spanOf(column) === row ? score.at(row, column) : -Infinity;
  });
}
