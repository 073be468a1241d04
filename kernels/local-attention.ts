import type { Graph, Value } from './graph.ts';
import { groupedAttention } from './grouped-attention.ts';
import type { Grouped } from './grouped-attention.ts';
import type { BaseConfig } from './manifest.ts';
import { rotary } from './rotary.ts';

/** Values that all blocks of one graph share, and which operators attend. */
export type Attending = ByOperator | Grouped;

/** GroupQueryAttention attends. */
interface ByOperator {
  readonly kind: 'operator';
  /** [1, T] int64 */
  readonly positions: Value;
  /** int32 [1]: keys in the cache after this run, less one */
  readonly lastKey: Value;
  /** int32 scalar: keys in the cache after this run */
  readonly totalKeys: Value;
  /**
   * A row of zeros follows the run's own; `lastKey` and `totalKeys` count it. The CPU provider attends from one row by
   * another product than from several, and their sums differ in the last bit; so no run has one row. The next run
   * writes over the zeros' keys, for which the cache has room.
   */
  readonly hasSpareRow: boolean;
  /**
   * What leaves the graph of keys and values: the whole cache, grown, or the rows of this run alone. A runtime that
   * copies what it gives back copies little then, and the grown cache of a block can lie where that of the last did.
   */
  readonly cache: 'whole' | 'rows';
}

/** Rows that run-invariant graphs have beside the run's own, and the cache has room for. */
export const SPARE_ROWS = 1;

/** A block's projections before rotation: query [1, T, H d], key and value [1, T, G d]. */
interface Projections {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

/**
 * Causal attention [1, T, H d] of rotated queries to what the cache holds and to these tokens, with the block's own
 * keys and values as graph inputs `past.N.key|value` [1, G, S, d] and outputs `present.N.key|value`, or this run's rows
 * alone, `new.N.key|value` [1, T, G d]. `Grouped` has inputs of its own. Attention ends where the caller's cache ends:
 * a caller whose blocks have a memory gives each segment an empty one.
 */
export function cachedAttention(
  graph: Graph,
  config: BaseConfig,
  layer: number,
  projections: Projections,
  attending: Attending,
): Value {
  const query = rotary(graph, config, projections.query, attending.positions, config.heads); // [1, T, H d]
  const key = rotary(graph, config, projections.key, attending.positions, config.kvHeads); // [1, T, G d]
  if (attending.kind === 'grouped') {
    rowsOut(graph, config, layer, key, projections.value);
    return groupedAttention(graph, config, layer, { query, key, value: projections.value }, attending);
  }
  const cache = [1, config.kvHeads, 'past', config.headDim];
  const pastKey = graph.input(`past.${layer}.key`, 'float32', cache);
  const pastValue = graph.input(`past.${layer}.value`, 'float32', cache);
  const own = attending.hasSpareRow
    ? [withSpareRow(graph, [query, key, projections.value]), '', '']
    : [query, key, projections.value];
  const inputs = [...own, pastKey, pastValue, attending.lastKey, attending.totalKeys];
  const [local, presentKey, presentValue] = graph.nodes('com.microsoft.GroupQueryAttention', inputs, 3, {
    num_heads: config.heads,
    kv_num_heads: config.kvHeads,
    do_rotary: 0,
  });
  if (local === undefined || presentKey === undefined || presentValue === undefined) {
    throw new Error('GroupQueryAttention has three outputs');
  }
  if (attending.cache === 'rows') {
    rowsOut(graph, config, layer, key, projections.value);
  } else {
    const grown = [1, config.kvHeads, 'total', config.headDim];
    graph.output(`present.${layer}.key`, presentKey, 'float32', grown);
    graph.output(`present.${layer}.value`, presentValue, 'float32', grown);
  }
  if (!attending.hasSpareRow) return local;
  return graph.node('Slice', [local, graph.int64s([0]), graph.int64s([-SPARE_ROWS]), graph.int64s([1])]); // [1, T, H d]
}

/** Gives out a run's keys and values, [1, T, G d] each. */
function rowsOut(graph: Graph, config: BaseConfig, layer: number, key: Value, value: Value): void {
  const rows = [1, 'tokens', config.kvHeads * config.headDim];
  graph.output(`new.${layer}.key`, key, 'float32', rows);
  graph.output(`new.${layer}.value`, value, 'float32', rows);
}

/** Queries, keys and values [1, T, ..] side by side, as the operator takes them in one, and a row of zeros. */
function withSpareRow(graph: Graph, parts: readonly Value[]): Value {
  const joined = graph.node('Concat', parts, { axis: -1 }); // [1, T, (H + 2 G) d]
  return graph.node('Pad', [joined, graph.int64s([0, 0, 0, 0, SPARE_ROWS, 0])]); // [1, T + 1, (H + 2 G) d]
}
