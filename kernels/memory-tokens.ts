import { Graph } from './graph.ts';
import type { Place, Value } from './graph.ts';

/** One half of the adapter's recall head: poolings over token states, then a projection to keys. */
interface PoolingTensors {
  /** float16 [P, D]: what each memory token looks for */
  readonly query: TensorPlace;
  /** float16 [d_k, D] */
  readonly project: TensorPlace;
}

export interface TensorPlace {
  readonly shape: readonly number[];
  readonly data: Place;
}

/** What each of the P memory tokens pools: all token states, or the p-th of P equal runs of them. */
export type Pooled = 'whole' | 'spans';

export interface MemoryTokenOptions {
  readonly name: string;
  readonly pooled: Pooled;
  /** float16 [D] each: statistics of ordinary tokens' RMS-normalized states */
  readonly mean: TensorPlace;
  readonly deviation: TensorPlace;
  readonly pooling: PoolingTensors;
}

const EPSILON = 1e-6;
/** A score so low that its softmax is 0 beside any other; a span without a token has no other, and pools all. */
const OUTSIDE = -1e4;

/**
 * Memory tokens of one segment, or the key of one question.
 *
 * input: states [1, T, D], T ≥ 2. output: keys [P, d_k], unit vectors
 *
 * The first token is left out: it is an attention sink with a massive activation, and heads collapse onto it.
 */
export function memoryTokenGraph(options: MemoryTokenOptions): Graph {
  const graph = new Graph(options.name);
  const tensor = (name: string, { shape, data }: TensorPlace): Value =>
    graph.cast(graph.external(name, 'float16', shape, data), 'float32');
  const width = options.mean.shape[0] ?? 0;
  const states = graph.input('states', 'float32', [1, 'tokens', width]);
  const end = graph.int64s([Number.MAX_SAFE_INTEGER]);
  const ordinary = graph.node('Slice', [states, graph.int64s([1]), end, graph.int64s([1])]);
  const rows = graph.reshape(ordinary, [-1, width]); // [T - 1, D]
  const power = graph.node('ReduceMean', [graph.node('Mul', [rows, rows]), graph.int64s([-1])], { keepdims: 1 });
  const rms = graph.node('Sqrt', [graph.node('Add', [power, graph.scalar(EPSILON)])]);
  const centred = graph.node('Sub', [graph.node('Div', [rows, rms]), tensor('mean', options.mean)]);
  const standard = graph.node('Div', [centred, tensor('deviation', options.deviation)]); // [T - 1, D]
  const transposed = graph.node('Transpose', [standard], { perm: [1, 0] });
  const whole = graph.node('MatMul', [tensor('query', options.pooling.query), transposed]); // [P, T - 1]
  const score = options.pooled === 'spans' ? inSpans(graph, whole, options.pooling.query.shape[0] ?? 0) : whole;
  const pooled = graph.node('MatMul', [graph.node('Softmax', [score], { axis: -1 }), standard]); // [P, D]
  const projection = graph.node('Transpose', [tensor('project', options.pooling.project)], { perm: [1, 0] });
  const keys = graph.node('MatMul', [pooled, projection]); // [P, d_k]
  const norm = graph.node('ReduceL2', [keys, graph.int64s([-1])], { keepdims: 1 });
  const [tokens = 0, size = 0] = [options.pooling.query.shape[0], options.pooling.project.shape[0]];
  graph.output('keys', graph.node('Div', [keys, norm]), 'float32', [tokens, size]);
  return graph;
}

/**
 * Scores [P, N] with OUTSIDE wherever token n is not in span p: n is in span ⌊n · P / N⌋. Counted in floats, exact for
 * such small numbers: integers and shapes would leave the GPU.
 */
function inSpans(graph: Graph, score: Value, spans: number): Value {
  const ones = graph.node('Add', [graph.node('Mul', [score, graph.scalar(0)]), graph.scalar(1)]); // [P, N]
  const count = graph.node('ReduceSum', [ones, graph.int64s([1])], { keepdims: 1 }); // [P, 1]
  const position = graph.node('Sub', [graph.node('CumSum', [ones, graph.int64s([1], [])]), graph.scalar(1)]); // [P, N]
  const span = graph.node('Floor', [graph.node('Div', [graph.node('Mul', [position, graph.scalar(spans)]), count])]);
  const own = graph.floats(
    Array.from({ length: spans }, (_, index) => index),
    [spans, 1],
  );
  return graph.node('Where', [graph.node('Equal', [own, span]), score, graph.scalar(OUTSIDE)]);
}
