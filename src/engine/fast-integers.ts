import * as ort from 'onnxruntime-node';
import type { Graph } from '../../kernels/graph.ts';
import { extremesGraph, projectionGraph } from '../../kernels/probe.ts';

const PROBE = {
  /** Sizes that take the kernel for one row, for a few, and for many. */
  exact: [1, 5, 64],
  tokens: 64,
  /** Runs of each in turn; the fastest counts, so that a moment in which something else ran does not decide. */
  runs: 20,
  /** Two sets of weights are worth it from here on. */
  gain: 1.2,
} as const;

let exact: Promise<boolean> | undefined;
let fast: Promise<boolean> | undefined;

/**
 * Whether this processor's 8-bit products are exact; asked of it once. Processors without 8-bit dot products (AVX2 alone) add
 * pairs in 16 bits, which clips large ones.
 */
export function hasExactIntegers(threads: number): Promise<boolean> {
  exact ??= probe(threads).catch(() => false);
  return exact;
}

async function probe(threads: number): Promise<boolean> {
  for (const tokens of PROBE.exact) {
    const { graph, x, y, shape } = extremesGraph(tokens);
    const session = await open(graph, threads);
    const { result } = await run(session, x, shape);
    await session.release();
    if (result.some((value, at) => value !== y[at])) return false;
  }
  return true;
}

/**
 * Whether 8-bit products are clearly faster here than those in blocks; measured once. An onnxruntime build may have no fast
 * kernel at all.
 */
export function hasFastIntegers(threads: number): Promise<boolean> {
  fast ??= measure(threads).catch(() => false);
  return fast;
}

async function measure(threads: number): Promise<boolean> {
  const fastest = { blocks: Infinity, w8a8: Infinity };
  const kinds = ['blocks', 'w8a8'] as const;
  const sides = await Promise.all(
    kinds.map(async (kind) => {
      const { graph, x, shape } = projectionGraph(kind, PROBE.tokens);
      return { kind, x, shape, session: await open(graph, threads) };
    }),
  );
  for (let count = 0; count < PROBE.runs; count += 1) {
    for (const { kind, x, shape, session } of sides) {
      fastest[kind] = Math.min(fastest[kind], (await run(session, x, shape)).milliseconds);
    }
  }
  await Promise.all(sides.map(({ session }) => session.release()));
  return PROBE.gain * fastest.w8a8 < fastest.blocks;
}

function open(graph: Graph, threads: number): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(graph.serialise(), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    logSeverityLevel: 4,
  });
}

async function run(session: ort.InferenceSession, x: Float32Array, shape: readonly number[]) {
  const began = performance.now();
  const { y } = await session.run({ x: new ort.Tensor('float32', x, shape) });
  const milliseconds = performance.now() - began;
  return { result: y?.data instanceof Float32Array ? Float32Array.from(y.data) : new Float32Array(), milliseconds };
}
