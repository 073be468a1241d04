import type { BaseConfig } from '../../../../kernels/manifest.ts';
import { linear } from './linear.ts';
import { Matrix } from './matrix.ts';

/** The manifest's tensors as float64 matrices under the same names; a vector is a matrix of one row. */
export type ReferenceWeights = Readonly<Record<string, Matrix>>;

/** One pre-norm block over a whole sequence from position 0: x [T, D] → [T, D]. */
export function decoderBlock(weights: ReferenceWeights, config: BaseConfig, layer: number, x: Matrix): Matrix {
  const project = (from: Matrix, part: string) => {
    const name = `layers.${layer}.${part}`;
    return linear(from, tensor(weights, name), weights[`${name}.bias`]);
  };
  const normal = rmsNorm(x, tensor(weights, `layers.${layer}.attention.norm`), config.rmsEps);
  const query = rotate(project(normal, 'attention.q'), config.heads, config.ropeTheta);
  const key = rotate(project(normal, 'attention.k'), config.kvHeads, config.ropeTheta);
  const local = groupedAttention(query, key, project(normal, 'attention.v'), config);
  const middle = x.plus(project(local, 'attention.o'));
  const wide = rmsNorm(middle, tensor(weights, `layers.${layer}.mlp.norm`), config.rmsEps);
  const silu = project(wide, 'mlp.gate').map((value) => value / (1 + Math.exp(-value)));
  return middle.plus(project(silu.product(project(wide, 'mlp.up')), 'mlp.down'));
}

/** x / sqrt(mean(x²) + ε) · γ, each row by itself: Zhang & Sennrich, arXiv 1910.07467. */
export function rmsNorm(x: Matrix, gamma: Matrix, epsilon: number): Matrix {
  const rms = Array.from({ length: x.rows }, (_, row) => {
    const square = x.row(row).reduce((sum, value) => sum + value * value, 0);
    return Math.sqrt(square / x.columns + epsilon);
  });
  return Matrix.of(x.rows, x.columns, (row, column) => (x.at(row, column) / (rms[row] ?? 0)) * gamma.at(0, column));
}

/**
 * Rotary positions, row t at position t: in each head of x [T, heads · d], the pair (i, i + d / 2) turns by t ·
 * θ^(-2i/d). RoFormer, arXiv 2104.09864, eq. (15), in the half-split order of Llama and Qwen2.
 */
export function rotate(x: Matrix, heads: number, theta: number): Matrix {
  const size = x.columns / heads;
  const half = size / 2;
  return Matrix.of(x.rows, x.columns, (t, column) => {
    const within = column % size;
    const i = within % half;
    const angle = t * theta ** ((-2 * i) / size);
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const [first, second] = [x.at(t, column - within + i), x.at(t, column - within + i + half)];
    return within < half ? first * cos - second * sin : second * cos + first * sin;
  });
}

/** Causal softmax(Q Kᵀ / √d) V: Q [T, H d], K and V [T, G d] → [T, H d]. Query head h uses key/value head ⌊h G / H⌋. */
export function groupedAttention(
  query: Matrix,
  key: Matrix,
  value: Matrix,
  { heads, kvHeads, headDim }: Pick<BaseConfig, 'heads' | 'kvHeads' | 'headDim'>,
): Matrix {
  const outputs = Array.from({ length: heads }, (_, h) => {
    const group = Math.floor((h * kvHeads) / heads);
    const part = (x: Matrix, index: number) => x.slice(index * headDim, headDim);
    const scores = part(query, h)
      .times(part(key, group).transposed())
      .map((score) => score / Math.sqrt(headDim)); // [T, T]
    const causal = Matrix.of(scores.rows, scores.columns, (t, s) => (s <= t ? scores.at(t, s) : -Infinity));
    return softmax(causal).times(part(value, group));
  });
  return Matrix.beside(outputs);
}

/** Each row to positive numbers that sum to 1. */
export function softmax(x: Matrix): Matrix {
  const tops = Array.from({ length: x.rows }, (_, row) => Math.max(...x.row(row)));
  const powers = Matrix.of(x.rows, x.columns, (row, column) => Math.exp(x.at(row, column) - (tops[row] ?? 0)));
  const sums = Array.from({ length: x.rows }, (_, row) => powers.row(row).reduce((sum, value) => sum + value, 0));
  return Matrix.of(x.rows, x.columns, (row, column) => powers.at(row, column) / (sums[row] ?? 0));
}

/** The tensor called `name`. Throws where there is none. */
export function tensor(weights: ReferenceWeights, name: string): Matrix {
  const found = weights[name];
  if (found === undefined) throw new RangeError(`The reference has no tensor named ${name}.`);
  return found;
}
