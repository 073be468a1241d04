import { Graph } from './graph.ts';
import type { Value } from './graph.ts';
import type { WeightSide } from './manifest.ts';
import { eightBitProduct, integerProduct, LEVELS, zero, ZERO } from './w8a8.ts';

/** Sizes of the probe: one projection and one compressive memory, as large as a block of the 0.5B base. */
const SIZE = { hidden: 896, wide: 4864, head: 64, block: 32 } as const;

export interface Feed {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/**
 * A small graph of the operators that matter (quantized projection, attention over the tokens, memory update and read),
 * with made-up weights, for asking a device whether it computes the same as the CPU. Input x [1, T, D]; output y [1, T,
 * D].
 */
export function probeGraph(tokens: number): { graph: Graph; feeds: Readonly<Record<string, Feed>> } {
  const graph = new Graph('probe');
  const noise = generator(7);
  const x = graph.input('x', 'float32', [1, tokens, SIZE.hidden]);
  const up = quantized(graph, noise, x, SIZE.hidden, SIZE.wide);
  const silu = graph.node('Mul', [up, graph.node('Sigmoid', [up])]);
  const down = quantized(graph, noise, silu, SIZE.wide, SIZE.hidden); // [1, T, D]
  const heads = SIZE.hidden / SIZE.head;
  const split = graph.node('Transpose', [graph.reshape(down, [1, tokens, heads, SIZE.head])], { perm: [0, 2, 1, 3] });
  const sigma = graph.node('Add', [
    graph.node('Relu', [split]),
    graph.node('Exp', [graph.node('Min', [split, graph.scalar(0)])]),
  ]); // ELU + 1, [1, H, T, d]
  const memory = graph.node('MatMul', [graph.node('Transpose', [sigma], { perm: [0, 1, 3, 2] }), split]);
  const read = graph.node('MatMul', [sigma, memory]);
  const norm = graph.node(
    'MatMul',
    [sigma, graph.node('ReduceSum', [sigma, graph.int64s([2])], { keepdims: 1 })].map((value, index) =>
      index === 1 ? graph.node('Transpose', [value], { perm: [0, 1, 3, 2] }) : value,
    ),
  );
  const mixed = graph.node('Transpose', [graph.node('Div', [read, norm])], { perm: [0, 2, 1, 3] });
  graph.output('y', graph.reshape(mixed, [1, tokens, SIZE.hidden]), 'float32', [1, tokens, SIZE.hidden]);
  const data = Float32Array.from({ length: tokens * SIZE.hidden }, () => noise() * 2 - 1);
  return { graph, feeds: { x: { data, shape: [1, tokens, SIZE.hidden] } } };
}

/**
 * A product of `w8a8.ts` with nothing but the largest numbers: x [T, K] of ±127 and a matrix of 127, so that y is 127 Σ
 * x.
 */
export function extremesGraph(
  side: WeightSide,
  tokens: number,
): {
  graph: Graph;
  x: Float32Array;
  y: Float32Array;
  shape: readonly number[];
} {
  const graph = new Graph('extremes');
  const noise = generator(5);
  const [columns, rows] = [SIZE.hidden, SIZE.head];
  const value = graph.input('x', 'float32', [tokens, columns]);
  const whole = graph.node('QuantizeLinear', [value, graph.scalar(1), zero(graph)]);
  const weight = onSide(graph, side, new Int8Array(columns * rows).fill(LEVELS), [columns, rows]);
  const scales = graph.floats(new Float32Array(rows).fill(1));
  graph.output('y', integerProduct(graph, side, whole, weight, 1, scales), 'float32', [tokens, rows]);
  // Runs of one sign: neighbors are what a 16-bit sum would clip.
  const x = Float32Array.from({ length: tokens * columns }, (_, at) =>
    at % 4 < 2 && noise() < 0.9 ? LEVELS : -LEVELS,
  );
  const y = Float32Array.from({ length: tokens * rows }, (_, at) => {
    const row = Math.floor(at / rows);
    return x.subarray(row * columns, (row + 1) * columns).reduce((sum, number) => sum + LEVELS * number, 0);
  });
  return { graph, x, y, shape: [tokens, columns] };
}

function onSide(graph: Graph, side: WeightSide, values: Int8Array<ArrayBuffer>, shape: readonly number[]): Value {
  return side === 'int8'
    ? graph.int8s(values, shape)
    : graph.bytes(
        Uint8Array.from(values, (value) => value + ZERO),
        shape,
      );
}

/**
 * The same projection [T, K] → [T, N] in blocks of 4 bits and in 8 bits, with made-up weights, for timing one against
 * the other.
 */
export function projectionGraph(
  kind: 'blocks' | WeightSide,
  tokens: number,
): { graph: Graph; x: Float32Array; shape: readonly number[] } {
  const graph = new Graph(kind);
  const noise = generator(3);
  const [columns, rows] = [SIZE.hidden, SIZE.hidden];
  const value = graph.input('x', 'float32', [tokens, columns]);
  if (kind === 'blocks') {
    graph.output('y', quantized(graph, noise, value, columns, rows), 'float32', [tokens, rows]);
  } else {
    const whole = Int8Array.from({ length: columns * rows }, () => Math.floor(noise() * 255) - LEVELS);
    const weight = onSide(graph, kind, whole, [columns, rows]);
    const scales = graph.floats(new Float32Array(rows).fill(1));
    graph.output('y', eightBitProduct(graph, kind, value, [{ weight, scales }]), 'float32', [tokens, rows]);
  }
  return { graph, x: Float32Array.from({ length: tokens * columns }, () => noise() * 2 - 1), shape: [tokens, columns] };
}

function quantized(graph: Graph, noise: () => number, x: string, columns: number, rows: number): string {
  const blocks = columns / SIZE.block;
  const bytes = Uint8Array.from({ length: (rows * columns) / 2 }, () => Math.floor(noise() * 256));
  const scales = Float32Array.from({ length: rows * blocks }, () => (0.5 + noise()) / (4 * Math.sqrt(columns)));
  const data = graph.bytes(bytes, [rows, blocks, SIZE.block / 2]);
  return graph.node('com.microsoft.MatMulNBits', [x, data, graph.floats(scales, [rows, blocks])], {
    K: columns,
    N: rows,
    bits: 4,
    block_size: SIZE.block,
    accuracy_level: 4,
  });
}

/** A linear congruential generator (Numerical Recipes): the probe is the same on every machine. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}
