import type { Graph, Value } from './graph.ts';
import type { BaseConfig } from './manifest.ts';

/** The keys of a run, with zeros behind them, are a multiple of so many: see `groupedAttention`. */
export const KEYS_STEP = 64;

/** What all blocks of one graph share. */
export interface Grouped {
  readonly kind: 'grouped';
  /** [1, T] int64 */
  readonly positions: Value;
  /** float32 [T, 1, S]: 0 where a token attends, and -Infinity */
  readonly mask: Value;
  /** float32 [S - keys, d]: what fills the keys up to S, a multiple of KEYS_STEP */
  readonly zeros: Value;
}

/** The inputs that all blocks share; `positions` is one of the graph's already. */
export function groupedInputs(graph: Graph, config: BaseConfig, positions: Value): Grouped {
  const mask = graph.input('mask', 'float32', ['tokens', 1, 'keys']);
  return { kind: 'grouped', positions, mask, zeros: graph.input('zeros', 'float32', ['zeros', config.headDim]) };
}

/** The graph inputs of one block's past: a part of the cache for each head of keys, [length, d]. */
export function pastOfHead(name: string, head: number): string {
  return `past.${name}.${head}`;
}

/**
 * Causal attention [1, T, H d] of rotated queries [1, T, H d] to what the cache holds and to the run's own keys and
 * values [1, T, G d].
 *
 * The N heads of queries that share a head of keys are the rows of one product, where GroupQueryAttention takes one
 * head after the other and reads their keys N times. Past keys come as the parts of the cache that are filled, so that
 * they are copied once, to stand before the run's own.
 *
 * A token's numbers are the same, to the bit, in a run of any length: no product has one row, and the sums of softmax
 * go over a multiple of KEYS_STEP, in which each position has its lane; zeros are behind what is attended to.
 */
export function groupedAttention(
  graph: Graph,
  config: BaseConfig,
  layer: number,
  { query, key, value }: { readonly query: Value; readonly key: Value; readonly value: Value },
  { mask, zeros }: Grouped,
): Value {
  const { heads, kvHeads: groups, headDim: size } = config;
  const each = heads / groups;
  const keys = withPast(graph, config, `${layer}.key`, key, zeros); // [1, G, S, d]
  const values = withPast(graph, config, `${layer}.value`, value, zeros); // [1, G, S, d]
  const byGroup = graph.node('Transpose', [graph.reshape(query, [-1, groups, each * size])], { perm: [1, 0, 2] });
  const rows = graph.reshape(byGroup, [1, groups, -1, size]); // [1, G, T N, d]
  const scale = { float: 1 / Math.sqrt(size) };
  const scores = graph.node('com.microsoft.FusedMatMul', [rows, keys], { transB: 1, alpha: scale }); // [1, G, T N, S]
  const masked = graph.node('Add', [graph.reshape(scores, [groups, -1, each, 0]), mask]); // [G, T, N, S]
  const shares = graph.reshape(graph.node('Softmax', [masked], { axis: -1 }), [1, groups, -1, 0]); // [1, G, T N, S]
  const read = graph.reshape(graph.node('MatMul', [shares, values]), [groups, -1, each * size]); // [G, T, N d]
  return graph.reshape(graph.node('Transpose', [read], { perm: [1, 0, 2] }), [1, -1, heads * size]);
}

/** Head by head what the cache holds, the run's own rows [1, T, G d], and zeros: [1, G, S, d]. */
function withPast(graph: Graph, { kvHeads, headDim }: BaseConfig, name: string, own: Value, zeros: Value): Value {
  const rows = graph.reshape(own, [-1, kvHeads * headDim]);
  const heads = kvHeads === 1 ? [rows] : graph.nodes('Split', [rows], kvHeads, { axis: 1, num_outputs: kvHeads });
  const parts = heads.flatMap((head, index) => [
    graph.input(pastOfHead(name, index), 'float32', ['past', headDim]),
    head,
    zeros,
  ]);
  return graph.reshape(graph.node('Concat', parts, { axis: 0 }), [1, kvHeads, -1, headDim]);
}
