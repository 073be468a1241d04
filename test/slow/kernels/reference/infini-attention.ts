import type { FeatureSpec } from '../../../../kernels/feature-map.ts';
import type { UpdateRule } from '../../../../kernels/infini-attention.ts';
import { featureMap } from './feature-map.ts';
import { Matrix } from './matrix.ts';

/** One key/value head's memory: M [d_φ, d] and z [d_φ, 1]. */
export interface HeadMemory {
  readonly matrix: Matrix;
  readonly norm: Matrix;
}

export interface Sizes {
  /** H */
  readonly heads: number;
  /** G */
  readonly kvHeads: number;
  /** d */
  readonly headDim: number;
}

export function emptyMemory(kvHeads: number, featureSize: number, headDim: number): readonly HeadMemory[] {
  return Array.from({ length: kvHeads }, () => ({
    matrix: new Matrix(featureSize, headDim),
    norm: new Matrix(featureSize, 1),
  }));
}

/** A_mem = φ(Q) M / (φ(Q) z + ε), arXiv 2404.07143, eq. (3): [n, d_φ] → [n, d]. */
export function retrieve(features: Matrix, memory: HeadMemory, epsilon: number): Matrix {
  const sum = features.times(memory.matrix); // [n, d]
  const mass = features.times(memory.norm); // [n, 1]
  return Matrix.of(sum.rows, sum.columns, (row, column) => sum.at(row, column) / (mass.at(row, 0) + epsilon));
}

/**
 * `write` after a call, eq. (4) for `linear` and eq. (5) for `delta`: φ(K) [T, d_φ], V [T, d]; `read` is the memory of
 * the segment before.
 */
function update(
  rule: UpdateRule,
  features: Matrix,
  value: Matrix,
  { read, write }: { readonly read: HeadMemory; readonly write: HeadMemory },
  epsilon: number,
): HeadMemory {
  const news = rule === 'linear' ? value : value.minus(retrieve(features, read, epsilon));
  const ones = new Matrix(features.rows, 1).map(() => 1);
  return {
    matrix: write.matrix.plus(features.transposed().times(news)),
    norm: write.norm.plus(features.transposed().times(ones)),
  };
}

/** sigmoid(β) · A_mem + (1 − sigmoid(β)) · A_local, eq. (6), for one head. */
export function blend(memory: Matrix, local: Matrix, gate: number): Matrix {
  const open = 1 / (1 + Math.exp(-gate));
  return memory.map((value) => open * value).plus(local.map((value) => (1 - open) * value));
}

/**
 * One block over a segment or a part of one: query and local [T, H d], key and value [T, G d], all before rotation; β
 * [H]; one memory per key/value head. Query head h reads the memory of key/value head ⌊h G / H⌋. Without `write` the
 * call is the first of its segment.
 */
export function infiniAttention(
  sizes: Sizes,
  spec: FeatureSpec,
  rule: UpdateRule,
  epsilon: number,
  inputs: {
    readonly query: Matrix;
    readonly key: Matrix;
    readonly value: Matrix;
    readonly local: Matrix;
    readonly gate: readonly number[];
    readonly read: readonly HeadMemory[];
    readonly write?: readonly HeadMemory[];
  },
): { attended: Matrix; memory: readonly HeadMemory[] } {
  const head = (x: Matrix, index: number) => x.slice(index * sizes.headDim, sizes.headDim);
  const attended = inputs.gate.map((gate, h) => {
    const memory = inputs.read[Math.floor((h * sizes.kvHeads) / sizes.heads)];
    if (memory === undefined) throw new RangeError(`There is no memory for query head ${h}.`);
    return blend(retrieve(featureMap(spec, head(inputs.query, h)), memory, epsilon), head(inputs.local, h), gate);
  });
  const memory = inputs.read.map((read, g) => {
    const write = inputs.write?.[g] ?? read;
    return update(rule, featureMap(spec, head(inputs.key, g)), head(inputs.value, g), { read, write }, epsilon);
  });
  return { attended: Matrix.beside(attended), memory };
}
