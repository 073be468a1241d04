import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as ort from 'onnxruntime-node';
import { afterAll, vi } from 'vitest';

import type { FeatureSpec } from '../../../kernels/feature-map.ts';
import { featureMap, featureSize } from '../../../kernels/feature-map.ts';
import { Graph } from '../../../kernels/graph.ts';
import type { UpdateRule } from '../../../kernels/infini-attention.ts';
import type { BaseConfig } from '../../../kernels/manifest.ts';
import { Matrix } from './reference/matrix.ts';
import { mulberry32 } from '../../../src/common/random.ts';
import { createSession } from '../../../src/engine/runtime/session.ts';

// A second or two alone; a shared machine has taken many times as long.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** Largest difference from the float64 reference, over the reference's largest number or 1. */
export const TOLERANCE = {
  /** float32 against float64 over sums of up to 160 products. Measured: at most 7.4e-7. */
  float: 2e-6,
} as const;

/** Sizes that are no multiple of each other's: H 4, G 2, d 16, and an odd number of blocks of 32 in every matrix. */
export const CONFIG: BaseConfig = {
  architecture: 'qwen2',
  layers: 2,
  hidden: 96,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  intermediate: 160,
  vocab: 50,
  ropeTheta: 10_000,
  rmsEps: 1e-6,
  context: 64,
};

export const FEATURES: readonly FeatureSpec[] = [
  { kind: 'elu1' },
  { kind: 'elu1', gain: 4 },
  { kind: 'dpfp', order: 3 },
  { kind: 'topk', size: 64, keep: 8, fan: 4, seed: 7 },
];
export const RULES: readonly UpdateRule[] = ['linear', 'delta'];

/** A feature map's name with its parameters. */
export function label({ kind, ...parameters }: FeatureSpec): string {
  return [kind, ...Object.entries(parameters).map(([name, value]) => `${name} ${value}`)].join(' ');
}

/** A folder that goes when the test file is done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** The same numbers from the same seed, roughly normal with deviation 1 (Irwin-Hall of 12). */
export function generator(seed: number): () => number {
  const uniform = mulberry32(seed);
  return () => Array.from({ length: 12 }, uniform).reduce((sum, value) => sum + value, -6);
}

/** A matrix of float32 numbers, so that graph and reference start from the same ones. */
export function randomMatrix(rows: number, columns: number, normal: () => number, scale = 1): Matrix {
  return Matrix.of(rows, columns, () => Math.fround(normal() * scale));
}

export function floatTensor(values: ArrayLike<number>, shape: readonly number[]): ort.Tensor {
  return new ort.Tensor('float32', Float32Array.from(values), shape);
}

export function intTensor(values: readonly number[], shape: readonly number[]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(values, BigInt), shape);
}

export async function cpuSession(graph: Graph, folder: string): Promise<ort.InferenceSession> {
  return createSession(graph, folder, { device: 'cpu', threads: 1 });
}

/** max |a − b| / max(1, max |b|). NaN where either holds one; throws where the lengths differ. */
export function deviation(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new RangeError(`${actual.length} numbers, not ${expected.length}.`);
  let difference = 0;
  let size = 1;
  for (let at = 0; at < expected.length; at += 1) {
    difference = Math.max(difference, Math.abs(actual[at]! - expected[at]!));
    size = Math.max(size, Math.abs(expected[at]!));
  }
  return difference / size;
}

/** x [1, n, d] → y [1, n, d_φ]: φ alone. */
export function featureGraph(spec: FeatureSpec, width: number): Graph {
  const graph = new Graph(`features-${spec.kind}`);
  const y = featureMap(graph, spec, graph.input('x', 'float32', [1, 'rows', width]), width);
  graph.output('y', y, 'float32', [1, 'rows', featureSize(spec, width)]);
  return graph;
}
