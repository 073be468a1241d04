import type { Graph, Value } from './graph.ts';
import type { BaseConfig } from './manifest.ts';

/** Positions that the cos and sin tables reach; an answer's prompt and reply stay below it. */
export const MAX_POSITIONS = 8192;

/**
 * cos and sin of position · θ^(-2i/d) / factor, each [MAX_POSITIONS, d / 2] (RoFormer, arXiv 2104.09864, eq. 15; the
 * factors are those of Llama 3.1, arXiv 2407.21783).
 */
function rotaryTables(config: Pick<BaseConfig, 'headDim' | 'ropeTheta' | 'ropeFactors'>): {
  cos: Float32Array;
  sin: Float32Array;
} {
  const half = config.headDim / 2;
  const cos = new Float32Array(MAX_POSITIONS * half);
  const sin = new Float32Array(MAX_POSITIONS * half);
  for (let i = 0; i < half; i += 1) {
    const frequency = config.ropeTheta ** (-i / half) / (config.ropeFactors?.[i] ?? 1);
    for (let position = 0; position < MAX_POSITIONS; position += 1) {
      cos[position * half + i] = Math.cos(position * frequency);
      sin[position * half + i] = Math.sin(position * frequency);
    }
  }
  return { cos, sin };
}

/**
 * Rotates x [1, T, heads · d] at explicit positions [1, T]. Kept apart from GroupQueryAttention: its own rotation
 * ignores explicit positions on WebGPU without a word, and the memory needs the un-rotated projections.
 */
export function rotary(graph: Graph, config: BaseConfig, x: Value, positions: Value, heads: number): Value {
  const half = config.headDim / 2;
  const shape = [MAX_POSITIONS, half];
  const cos = graph.once('rotary.cos', () => graph.floats(rotaryTables(config).cos, shape));
  const sin = graph.once('rotary.sin', () => graph.floats(rotaryTables(config).sin, shape));
  return graph.node('com.microsoft.RotaryEmbedding', [x, positions, cos, sin], { interleaved: 0, num_heads: heads });
}
