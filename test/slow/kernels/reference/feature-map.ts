import { projections } from '../../../../kernels/feature-map.ts';
import type { FeatureSpec } from '../../../../kernels/feature-map.ts';
import { Matrix } from './matrix.ts';

/** φ of every row: [n, d] → [n, d_φ], in float64. */
export function featureMap(spec: FeatureSpec, x: Matrix): Matrix {
  const rows = Array.from({ length: x.rows }, (_, row) => features(spec, x.row(row)));
  return new Matrix(
    x.rows,
    rows[0]?.length ?? 0,
    rows.flatMap((row) => [...row]),
  );
}

/** φ(x): [d] → [d_φ] */
export function features(spec: FeatureSpec, x: Float64Array): Float64Array {
  switch (spec.kind) {
    case 'elu1':
      return elu1(spec.gain ?? 1, x);
    case 'dpfp':
      return dpfp(spec.order, x);
    case 'topk':
      return topk(spec, x);
  }
}

/** ELU(gain · x) + 1: Katharopoulos et al., arXiv 2006.16236, eq. (7). */
function elu1(gain: number, x: Float64Array): Float64Array {
  return x.map((value) => (value > 0 ? gain * value + 1 : Math.exp(gain * value)));
}

/** φ_{j·2d+i} = r_i · r_{(i+j+1) mod 2d}, r = relu([x, -x]): Schlag et al., arXiv 2102.11174, section 5.3. */
function dpfp(order: number, x: Float64Array): Float64Array {
  const r = [...x, ...x.map((value) => -value)].map((value) => Math.max(0, value));
  const shifts = Array.from({ length: order }, (_, j) => j + 1);
  return Float64Array.from(shifts.flatMap((shift) => r.map((value, i) => value * (r[(i + shift) % r.length] ?? 0))));
}

/** The `keep` largest positive projections, ties going to the lower index; the rest are 0. */
function topk(spec: FeatureSpec & { kind: 'topk' }, x: Float64Array): Float64Array {
  const matrix = new Matrix(x.length, spec.size, projections(spec, x.length));
  const heights = new Matrix(1, x.length, x).times(matrix).row(0);
  const order = [...heights.keys()].sort((a, b) => (heights[b] ?? 0) - (heights[a] ?? 0) || a - b);
  const kept = new Set(order.slice(0, spec.keep));
  return heights.map((height, at) => (kept.has(at) ? Math.max(0, height) : 0));
}
