import type { Graph, Value } from './graph.ts';
import type { BaseConfig } from './manifest.ts';

/** The keys of a run, with zeros behind them, are a multiple of so many: see `groupedAttention`. */
export const KEYS_STEP = 64;

/** What all blocks of one graph share. */
export interface Grouped {
  readonly kind: 'grouped';
  /** [1, T] int64 */
  readonly positions: Value;
  /** float32 [T N, S]: 0 where a token attends, and -Infinity; N times for each token */
  readonly mask: Value;
  /** float32 [1, S - keys, d]: what fills the keys up to S, a multiple of KEYS_STEP */
  readonly zeros: Value;
}

/** The inputs that all blocks share; `positions` is one of the graph's already. */
export function groupedInputs(graph: Graph, config: BaseConfig, positions: Value): Grouped {
  const ofTokens = graph.input('mask', 'float32', ['tokens', 1, 'keys']);
  const each = config.heads / config.kvHeads;
  const ofRows = graph.node('Expand', [ofTokens, graph.int64s([1, each, 1])]); // [T, N, S]
  const mask = graph.node('Flatten', [ofRows], { axis: 2 });
  return { kind: 'grouped', positions, mask, zeros: graph.input('zeros', 'float32', [1, 'zeros', config.headDim]) };
}

/** The graph inputs of one block's past: a part of the cache for each head of keys, [1, length, d]. */
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
  const keys = withPast(graph, config, `${layer}.key`, key, zeros); // [G, S, d]
  const values = withPast(graph, config, `${layer}.value`, value, zeros); // [G, S, d]
  const rows = graph.reshape(stacked(graph, groups, query), [groups, -1, size]); // [G, T N, d]
  const scale = { float: 1 / Math.sqrt(size) };
  const scores = graph.node('com.microsoft.FusedMatMul', [rows, keys], { transB: 1, alpha: scale }); // [G, T N, S]
  const shares = graph.node('Softmax', [graph.node('Add', [scores, mask])], { axis: -1 });
  const read = graph.reshape(graph.node('MatMul', [shares, values]), [groups, -1, each * size]); // [G, T, N d]
  if (groups === 1) return read;
  const parts = graph.nodes('Split', [read], groups, { axis: 0, num_outputs: groups });
  return graph.node('Concat', parts, { axis: -1 }); // [1, T, H d]
}

/** x [1, T, G m] by groups, [G, T, m]. */
function stacked(graph: Graph, groups: number, x: Value): Value {
  if (groups === 1) return x;
  const parts = graph.nodes('Split', [x], groups, { axis: -1, num_outputs: groups });
  return graph.node('Concat', parts, { axis: 0 });
}

/** Head by head what the cache holds, the run's own rows [1, T, G d], and zeros: [G, S, d]. */
function withPast(graph: Graph, { kvHeads, headDim }: BaseConfig, name: string, own: Value, zeros: Value): Value {
  const heads = kvHeads === 1 ? [own] : graph.nodes('Split', [own], kvHeads, { axis: -1, num_outputs: kvHeads });
  const parts = heads.flatMap((head, index) => [
    graph.input(pastOfHead(name, index), 'float32', [1, 'past', headDim]),
    head,
    zeros,
  ]);
  return graph.reshape(graph.node('Concat', parts, { axis: 1 }), [kvHeads, -1, headDim]);
}
