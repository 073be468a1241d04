import * as ort from 'onnxruntime-node';
import type { Graph } from '../../kernels/graph.ts';
import { extremesGraph, projectionGraph } from '../../kernels/probe.ts';

const PROBE = {
  /** Sizes that take the kernel for one row, for a few, and for many. */
  exact: [1, 5, 64],
  tokens: 64,
  runs: 4,
  /** Two sets of weights are worth it from here on. */
  gain: 1.2,
} as const;

let known: Promise<boolean> | undefined;

/**
 * Whether this processor's 8-bit products are exact and clearly faster than those in blocks; asked of it once. Processors without
 * 8-bit dot products (AVX2 alone) add pairs in 16 bits, which clips large ones; an onnxruntime build may have no fast kernel at all.
 */
export function hasFastIntegers(threads: number): Promise<boolean> {
  known ??= probe(threads).catch(() => false);
  return known;
}

async function probe(threads: number): Promise<boolean> {
  for (const tokens of PROBE.exact) {
    const { graph, x, y, shape } = extremesGraph(tokens);
    const { result } = await run(graph, x, shape, threads, 1);
    if (result.some((value, at) => value !== y[at])) return false;
  }
  const milliseconds = async (kind: 'blocks' | 'w8a8') => {
    const { graph, x, shape } = projectionGraph(kind, PROBE.tokens);
    return (await run(graph, x, shape, threads, PROBE.runs)).milliseconds;
  };
  return PROBE.gain * (await milliseconds('w8a8')) < (await milliseconds('blocks'));
}

async function run(graph: Graph, x: Float32Array, shape: readonly number[], threads: number, runs: number) {
  const session = await ort.InferenceSession.create(graph.serialise(), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    logSeverityLevel: 4,
  });
  let result = new Float32Array();
  let milliseconds = Infinity;
  for (let count = 0; count < runs; count += 1) {
    const began = performance.now();
    const { y } = await session.run({ x: new ort.Tensor('float32', x, shape) });
    milliseconds = Math.min(milliseconds, performance.now() - began);
    if (y?.data instanceof Float32Array) result = Float32Array.from(y.data);
  }
  await session.release();
  return { result, milliseconds };
}
