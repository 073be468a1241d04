import * as ort from 'onnxruntime-node';
import type { Graph } from '../../../kernels/graph.ts';
import type { WeightSide } from '../../../kernels/manifest.ts';
import { extremesGraph, projectionGraph } from '../../../kernels/probe.ts';

const PROBE = {
  /** Sizes that take the kernel for one row, for a few, and for many. */
  exact: [1, 5, 64],
  tokens: 64,
  /**
   * Runs of each in turn. A quarter of the way up counts: beside busy programs most runs wait for their turn, and the
   * very fastest is a stroke of luck that only one of them may have had.
   */
  turns: 40,
  /** A no is for good (`derived-file.ts`), so it is asked for again. */
  attempts: 3,
  /** Two sets of weights are worth it from here on. */
  gain: 1.15,
} as const;

let exact: Promise<WeightSide | undefined> | undefined;
let fast: Promise<boolean> | undefined;

/**
 * On which side this processor's 8-bit products are exact, the faster first; asked of it once. Processors without 8-bit
 * dot products (AVX2 alone) multiply unsigned by signed in 16 bits, which clips pairs of large numbers, but widen both
 * where both are unsigned.
 */
export function exactSide(threads: number): Promise<WeightSide | undefined> {
  exact ??= firstExact(threads).catch(() => undefined);
  return exact;
}

async function firstExact(threads: number): Promise<WeightSide | undefined> {
  for (const side of ['int8', 'uint8'] as const) if (await isExact(side, threads)) return side;
  return undefined;
}

async function isExact(side: WeightSide, threads: number): Promise<boolean> {
  for (const tokens of PROBE.exact) {
    const { graph, x, y, shape } = extremesGraph(side, tokens);
    const session = await open(graph, threads);
    const { result } = await run(session, x, shape);
    await session.release();
    if (result.some((value, at) => value !== y[at])) return false;
  }
  return true;
}

/**
 * Whether 8-bit products on the side that is exact are clearly faster here than those in blocks; measured once. An
 * onnxruntime build may have no fast kernel at all.
 */
export function hasFastIntegers(side: WeightSide, threads: number): Promise<boolean> {
  fast ??= measure(side, threads).catch(() => false);
  return fast;
}

async function measure(side: WeightSide, threads: number): Promise<boolean> {
  const opened = async (kind: 'blocks' | WeightSide) => {
    const { graph, x, shape } = projectionGraph(kind, PROBE.tokens);
    return { x, shape, session: await open(graph, threads) };
  };
  const [blocks, integers] = await Promise.all([opened('blocks'), opened(side)]);
  let faster = false;
  for (let attempt = 0; attempt < PROBE.attempts && !faster; attempt += 1) {
    const times = { blocks: new Array<number>(), integers: new Array<number>() };
    for (let turn = 0; turn < PROBE.turns; turn += 1) {
      times.blocks.push((await run(blocks.session, blocks.x, blocks.shape)).milliseconds);
      times.integers.push((await run(integers.session, integers.x, integers.shape)).milliseconds);
    }
    faster = PROBE.gain * quarter(times.integers) < quarter(times.blocks);
  }
  await Promise.all([blocks, integers].map(({ session }) => session.release()));
  return faster;
}

/** The time that a quarter of the runs stay below. */
function quarter(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 4)] ?? Infinity;
}

function open(graph: Graph, threads: number): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(graph.serialize(), {
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
