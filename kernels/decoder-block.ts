import type { Graph, Value } from './graph.ts';
import { blockMemory } from './infini-attention.ts';
import type { BlockMemory } from './infini-attention.ts';
import { linear, vector } from './linear.ts';
import type { Weights } from './linear.ts';
import { cachedAttention } from './local-attention.ts';
import type { Attending } from './local-attention.ts';
import type { BaseConfig } from './manifest.ts';

/**
 * The residual stream between blocks: the sum so far, and a branch not yet added to it (the norm adds and normalizes at
 * once).
 */
export interface Residual {
  readonly sum: Value;
  readonly branch: Value | undefined;
}

/** RMSNorm(sum + branch) and the new sum (Zhang & Sennrich, arXiv 1910.07467). */
export function normalize(
  graph: Graph,
  weights: Weights,
  residual: Residual,
  name: string,
  epsilon: number,
): { normal: Value; sum: Value } {
  const gamma = vector(graph, weights, name);
  const attributes = { epsilon: { float: epsilon } };
  if (residual.branch === undefined) {
    const normal = graph.node('SimplifiedLayerNormalization', [residual.sum, gamma], { ...attributes, axis: -1 });
    return { normal, sum: residual.sum };
  }
  const inputs = [residual.branch, residual.sum, gamma];
  const outputs = graph.nodes('com.microsoft.SkipSimplifiedLayerNormalization', inputs, 4, attributes);
  const [normal, , , sum] = outputs;
  if (normal === undefined || sum === undefined) throw new Error('SkipSimplifiedLayerNormalization has four outputs');
  return { normal, sum };
}

/**
 * RMSNorm of each head's numbers, x [1, T, heads · d], as Qwen3 has it for queries and keys (arXiv 2505.09388, section
 * 2); x itself where the block has no such norm.
 */
function headNorm(graph: Graph, weights: Weights, config: BaseConfig, x: Value, name: string): Value {
  if (weights.tensors[name] === undefined) return x;
  const heads = graph.reshape(x, [1, 0, -1, config.headDim]); // [1, T, heads, d]
  const attributes = { epsilon: { float: config.rmsEps }, axis: -1 };
  const gamma = vector(graph, weights, name); // [d]
  const normal = graph.node('SimplifiedLayerNormalization', [heads, gamma], attributes);
  const size = config.headDim * (name.endsWith('.q.norm') ? config.heads : config.kvHeads);
  return graph.reshape(normal, [1, 0, size]);
}

/** What enters a block's attention: normalized and projected, and the residual sum so far. */
function projected(graph: Graph, weights: Weights, config: BaseConfig, layer: number, residual: Residual) {
  const prefix = `layers.${layer}`;
  const { normal, sum } = normalize(graph, weights, residual, `${prefix}.attention.norm`, config.rmsEps);
  const project = (part: string) => linear(graph, weights, normal, `${prefix}.attention.${part}`);
  const headNormed = (part: string) =>
    headNorm(graph, weights, config, project(part), `${prefix}.attention.${part}.norm`);
  return { parts: { query: headNormed('q'), key: headNormed('k'), value: project('v') }, sum };
}

/** Fills a block's cache and goes no further: what the last block of a prompt needs, as no token follows from it. */
export function cachedBlock(
  graph: Graph,
  weights: Weights,
  config: BaseConfig,
  layer: number,
  residual: Residual,
  attending: Attending,
): void {
  cachedAttention(graph, config, layer, projected(graph, weights, config, layer, residual).parts, attending);
}

/**
 * One pre-norm block of a Llama, Qwen2 or Qwen3 decoder, with its own keys and values as graph inputs
 * `past.N.key|value` [1, G, S, d] and outputs `present.N.key|value`. Attention is causal and local to what the cache
 * holds; with `memory` each head also reads a compressive memory, through the inputs and outputs that `blockMemory`
 * names.
 */
export function decoderBlock(
  graph: Graph,
  weights: Weights,
  config: BaseConfig,
  layer: number,
  residual: Residual,
  attending: Attending,
  memory?: BlockMemory,
): Residual {
  const prefix = `layers.${layer}`;
  const { parts, sum } = projected(graph, weights, config, layer, residual);
  const local = cachedAttention(graph, config, layer, parts, attending);
  const mixed = memory === undefined ? local : blockMemory(graph, config, layer, memory, { ...parts, local });
  const attended = linear(graph, weights, mixed, `${prefix}.attention.o`);
  const middle = normalize(graph, weights, { sum, branch: attended }, `${prefix}.mlp.norm`, config.rmsEps);
  const gate = linear(graph, weights, middle.normal, `${prefix}.mlp.gate`);
  const up = linear(graph, weights, middle.normal, `${prefix}.mlp.up`);
  // SwiGLU (Shazeer, arXiv 2002.05202): silu(gate) · up.
  const silu = graph.node('Mul', [gate, graph.node('Sigmoid', [gate])]);
  const down = linear(graph, weights, graph.node('Mul', [silu, up]), `${prefix}.mlp.down`);
  return { sum: middle.sum, branch: down };
}
