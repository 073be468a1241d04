import { cachedAttention } from './local-attention.ts';
import type { Attending } from './local-attention.ts';
import { featureMap, featureSize } from './feature-map.ts';
import type { FeatureSpec } from './feature-map.ts';
import { Graph } from './graph.ts';
import type { Value } from './graph.ts';
import type { BaseConfig } from './manifest.ts';

/**
 * How a segment enters the memory. `linear` adds; sums of it can be split and subtracted. `delta` first subtracts what
 * the memory already answers for the segment's keys, so it depends on the order of segments.
 */
export type UpdateRule = 'linear' | 'delta';

interface InfiniOptions {
  /** H */
  readonly heads: number;
  /** G: each key/value head serves H / G query heads. */
  readonly kvHeads: number;
  /** d */
  readonly headDim: number;
  readonly features: FeatureSpec;
  readonly rule: UpdateRule;
  /** ε; `infiniDefaults.epsilon` when left out */
  readonly epsilon?: number;
}

export const infiniDefaults = {
  /** Added to φ(q) z, so that an empty memory answers 0 and not 0 / 0. Far below φ(q) z of one token of unit size. */
  epsilon: 1e-6,
} as const;

/** A block's compressive memory, float32: half precision would overflow z after some 10^5 tokens. */
export interface MemoryState {
  /** M [1, G, d_φ, d] */
  readonly matrix: Value;
  /** z [1, G, d_φ] */
  readonly norm: Value;
}

export interface InfiniInputs {
  /** [1, T, H d], before rotation: what is in memory has no position. */
  readonly query: Value;
  /** [1, T, G d], before rotation */
  readonly key: Value;
  /** [1, T, G d] */
  readonly value: Value;
  /** [1, T, H d]: causal attention inside the segment */
  readonly local: Value;
  /** β [H] */
  readonly gate: Value;
  /** The memory at the end of the segment before: what all calls of this segment read. */
  readonly read: MemoryState;
  /** The memory that this call adds to: `read` in a segment's first call, then what the call before returned. */
  readonly write: MemoryState;
}

/**
 * One block's Infini-attention over a segment or a part of one (arXiv 2404.07143, eqs. 3 to 6): A [1, T, H d], and the
 * memory written so far. The read is of the segment before, however many calls the segment takes.
 */
function infiniAttention(
  graph: Graph,
  options: InfiniOptions,
  inputs: InfiniInputs,
): { attended: Value; memory: MemoryState } {
  const { heads, kvHeads, headDim } = options;
  const query = featureMap(graph, options.features, folded(graph, inputs.query, heads, options), headDim);
  const key = featureMap(graph, options.features, folded(graph, inputs.key, kvHeads, options), headDim);
  const value = folded(graph, inputs.value, kvHeads, options);
  const read = retrieve(graph, query, inputs.read, options.epsilon); // [1, G, H / G · T, d]
  const memory = update(graph, options.rule, key, value, inputs, options.epsilon);
  return { attended: blend(graph, options, unfolded(graph, read, options), inputs.local, inputs.gate), memory };
}

/** A_mem = φ(Q) M / (φ(Q) z + ε), eq. (3): φ(Q) [1, G, n, d_φ] → [1, G, n, d]. */
export function retrieve(
  graph: Graph,
  features: Value,
  memory: MemoryState,
  epsilon: number = infiniDefaults.epsilon,
): Value {
  const column = graph.node('Unsqueeze', [memory.norm, graph.int64s([-1])]); // [1, G, d_φ, 1]
  const mass = graph.node('Add', [graph.node('MatMul', [features, column]), graph.scalar(epsilon)]);
  return graph.node('Div', [graph.node('MatMul', [features, memory.matrix]), mass]);
}

/**
 * The memory W, w after a call: φ(K) [1, G, T, d_φ] and V [1, G, T, d]; M and z are the segment's `read`.
 *
 * linear, eq. (4): W' = W + φ(K)ᵀ V, w' = w + Σ φ(k)
 *
 * delta, eq. (5): W' = W + φ(K)ᵀ (V − φ(K) M / (φ(K) z + ε)), w' as above; all tokens of a segment subtract the same M
 */
function update(
  graph: Graph,
  rule: UpdateRule,
  features: Value,
  value: Value,
  { read, write }: Pick<InfiniInputs, 'read' | 'write'>,
  epsilon: number = infiniDefaults.epsilon,
): MemoryState {
  const news = rule === 'linear' ? value : graph.node('Sub', [value, retrieve(graph, features, read, epsilon)]);
  const transposed = graph.node('Transpose', [features], { perm: [0, 1, 3, 2] }); // [1, G, d_φ, T]
  const written = graph.node('ReduceSum', [features, graph.int64s([2])], { keepdims: 0 }); // [1, G, d_φ]
  return {
    matrix: graph.node('Add', [write.matrix, graph.node('MatMul', [transposed, news])]),
    norm: graph.node('Add', [write.norm, written]),
  };
}

/** A = sigmoid(β) ⊙ A_mem + (1 − sigmoid(β)) ⊙ A_local, eq. (6): [1, T, H d] both, β [H], one gate per head. */
function blend(
  graph: Graph,
  { heads, headDim }: Pick<InfiniOptions, 'heads' | 'headDim'>,
  memory: Value,
  local: Value,
  gate: Value,
): Value {
  const open = graph.node('Sigmoid', [graph.reshape(gate, [heads, 1])]);
  const closed = graph.node('Sub', [graph.scalar(1), open]);
  const split = (value: Value) => graph.reshape(value, [1, -1, heads, headDim]);
  const mixed = graph.node('Add', [
    graph.node('Mul', [open, split(memory)]),
    graph.node('Mul', [closed, split(local)]),
  ]);
  return graph.reshape(mixed, [1, -1, heads * headDim]);
}

/** What a block's memory is, apart from the block's own sizes. */
export type BlockMemory = Pick<InfiniOptions, 'features' | 'rule' | 'epsilon'>;

/**
 * Gives the block `layer` of a decoder a memory, with inputs and outputs of its own: `read.N.matrix`, `write.N.matrix`
 * [1, G, d_φ, d], `read.N.norm`, `write.N.norm` [1, G, d_φ] and `gate.N` [H] come in; `after.N.matrix` and
 * `after.N.norm` go out. Answers A [1, T, H d], for the output projection in place of `local`. Gates of -50 make it
 * `local`: sigmoid(-50) is 2e-22.
 *
 * What goes out is the caller's to keep. Inside a segment it becomes the next call's `write` alone. At the segment's
 * end it becomes `read` and `write`, and the caller empties the block's key/value cache: local attention ends there
 * too. A document starts from zeros. While an answer is written token by token, what goes out is dropped.
 */
export function blockMemory(
  graph: Graph,
  { heads, kvHeads, headDim }: Pick<BaseConfig, 'heads' | 'kvHeads' | 'headDim'>,
  layer: number,
  options: BlockMemory,
  inputs: Omit<InfiniInputs, 'gate' | 'read' | 'write'>,
): Value {
  const size = featureSize(options.features, headDim);
  const [matrixShape, normShape] = [
    [1, kvHeads, size, headDim],
    [1, kvHeads, size],
  ];
  const state = (name: string): MemoryState => ({
    matrix: graph.input(`${name}.${layer}.matrix`, 'float32', matrixShape),
    norm: graph.input(`${name}.${layer}.norm`, 'float32', normShape),
  });
  const memories = { read: state('read'), write: state('write') };
  const gate = graph.input(`gate.${layer}`, 'float32', [heads]);
  const after = infiniAttention(graph, { heads, kvHeads, headDim, ...options }, { ...inputs, gate, ...memories });
  graph.output(`after.${layer}.matrix`, after.memory.matrix, 'float32', matrixShape);
  graph.output(`after.${layer}.norm`, after.memory.norm, 'float32', normShape);
  return after.attended;
}

/**
 * One block's attention as a graph of its own: rotation, causal attention over the segment so far, memory.
 *
 * inputs: query [1, T, H d], key, value [1, T, G d] before rotation; positions [1, T] int64; last_key [1], total_keys
 * [] int32; past.0.key|value [1, G, S, d] of the segment's calls so far; read.0.matrix|norm, write.0.matrix|norm,
 * gate.0
 *
 * outputs: attended, local [1, T, H d]; present.0.key|value; after.0.matrix|norm
 */
export function infiniGraph(config: BaseConfig, features: FeatureSpec, rule: UpdateRule): Graph {
  const { heads, kvHeads, headDim } = config;
  const graph = new Graph(`infini-${features.kind}-${rule}`);
  const query = graph.input('query', 'float32', [1, 'tokens', heads * headDim]);
  const key = graph.input('key', 'float32', [1, 'tokens', kvHeads * headDim]);
  const value = graph.input('value', 'float32', [1, 'tokens', kvHeads * headDim]);
  const attending: Attending = {
    kind: 'operator',
    positions: graph.input('positions', 'int64', [1, 'tokens']),
    lastKey: graph.input('last_key', 'int32', [1]),
    totalKeys: graph.input('total_keys', 'int32', []),
    hasSpareRow: false,
    cache: 'whole',
  };
  const local = cachedAttention(graph, config, 0, { query, key, value }, attending);
  const attended = blockMemory(graph, config, 0, { features, rule }, { query, key, value, local });
  graph.output('attended', attended, 'float32', [1, 'tokens', heads * headDim]);
  graph.output('local', local, 'float32', [1, 'tokens', heads * headDim]);
  return graph;
}

/** [1, T, heads · d] → [1, G, heads / G · T, d]: the heads of one group become rows that share its memory. */
function folded(graph: Graph, x: Value, heads: number, { kvHeads, headDim }: InfiniOptions): Value {
  const split = graph.reshape(x, [1, -1, heads, headDim]);
  const byHead = graph.node('Transpose', [split], { perm: [0, 2, 1, 3] }); // [1, heads, T, d]
  return heads === kvHeads ? byHead : graph.reshape(byHead, [1, kvHeads, -1, headDim]);
}

/** [1, G, H / G · T, d] → [1, T, H d] */
function unfolded(graph: Graph, x: Value, { heads, headDim }: InfiniOptions): Value {
  const byHead = graph.reshape(x, [1, heads, -1, headDim]);
  return graph.reshape(graph.node('Transpose', [byHead], { perm: [0, 2, 1, 3] }), [1, -1, heads * headDim]);
}
