import type { Graph, Value } from './graph.ts';

/** float16 numbers as they lie in a file, row by row. */
export interface HalfMatrix {
  /** [rows, columns] */
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** W + b a in place of W: a [r, K], b [N, r], r small (LoRA, Hu et al., arXiv 2106.09685). */
export interface Lora {
  readonly a: HalfMatrix;
  readonly b: HalfMatrix;
}

/** LoRA (arXiv 2106.09685) by the name of the matrix that they belong to: `layers.3.mlp.up`. */
export type Loras = Readonly<Record<string, Lora>>;

/**
 * y [.., N] + (x [.., K] aᵀ) bᵀ. The numbers lie in the graph itself: they come from another folder than the base's
 * shards, and a graph's external data must lie below its own. Casts and transposes are folded when the session is
 * created.
 */
export function addLora(graph: Graph, x: Value, y: Value, { a, b }: Lora): Value {
  const down = graph.node('MatMul', [x, transposed(graph, a)]); // [.., r]
  return graph.node('Add', [y, graph.node('MatMul', [down, transposed(graph, b)])]);
}

function transposed(graph: Graph, matrix: HalfMatrix): Value {
  const wide = graph.cast(graph.halves(matrix.bytes, matrix.shape), 'float32');
  return graph.node('Transpose', [wide], { perm: [1, 0] });
}
