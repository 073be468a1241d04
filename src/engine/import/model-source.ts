import type { BaseConfig } from '../../../kernels/manifest.ts';
import { BLOCK } from './quantize.ts';
import { unreadable } from './stored-tensor.ts';

/** A tensor under the manifest's name; [rows, columns], or [numbers] of a vector. */
export interface SourceTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * Weights of a decoder as somebody published them, under one set of names whatever they come in:
 *
 *     embedding                        [vocab, hidden]
 *     output                           [vocab, hidden]            where it is not the embedding again
 *     layers.N.attention.norm          [hidden]
 *     layers.N.attention.{q,k,v}       [heads · d, hidden]        with .bias [heads · d] where there is one
 *     layers.N.attention.{q,k}.norm    [d]                        Qwen3
 *     layers.N.attention.o             [hidden, heads · d]
 *     layers.N.mlp.norm                [hidden]
 *     layers.N.mlp.{gate,up}           [intermediate, hidden]
 *     layers.N.mlp.down                [hidden, intermediate]
 *     norm                             [hidden]
 *
 * Rows of q and k are in the order that RotaryEmbedding(interleaved=0) wants: both halves of a head, one after the
 * other.
 */
export interface ModelSource {
  readonly name: string;
  /** Another one for other weights: what was begun from it is not gone on with from another. */
  readonly identity: string;
  readonly config: BaseConfig;
  readonly tensors: readonly SourceTensor[];
  /** `count` rows as float32 [count, columns]; a vector is one row. */
  rows(name: string, first: number, count: number): Promise<Float32Array>;
  /** tokenizer.json and tokenizer_config.json. */
  tokenizerFiles(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

/** The decoders that the graphs of `kernels` compute. */
export const ARCHITECTURES: readonly string[] = ['qwen2', 'qwen3', 'llama'];

/** Parts of a block by the manifest's name, with what each source calls them: GGUF, then safetensors. */
const PARTS: readonly (readonly [part: string, gguf: string, safetensors: string])[] = [
  ['attention.norm', 'attn_norm.weight', 'input_layernorm.weight'],
  ['attention.q', 'attn_q.weight', 'self_attn.q_proj.weight'],
  ['attention.q.bias', 'attn_q.bias', 'self_attn.q_proj.bias'],
  ['attention.q.norm', 'attn_q_norm.weight', 'self_attn.q_norm.weight'],
  ['attention.k', 'attn_k.weight', 'self_attn.k_proj.weight'],
  ['attention.k.bias', 'attn_k.bias', 'self_attn.k_proj.bias'],
  ['attention.k.norm', 'attn_k_norm.weight', 'self_attn.k_norm.weight'],
  ['attention.v', 'attn_v.weight', 'self_attn.v_proj.weight'],
  ['attention.v.bias', 'attn_v.bias', 'self_attn.v_proj.bias'],
  ['attention.o', 'attn_output.weight', 'self_attn.o_proj.weight'],
  ['mlp.norm', 'ffn_norm.weight', 'post_attention_layernorm.weight'],
  ['mlp.gate', 'ffn_gate.weight', 'mlp.gate_proj.weight'],
  ['mlp.up', 'ffn_up.weight', 'mlp.up_proj.weight'],
  ['mlp.down', 'ffn_down.weight', 'mlp.down_proj.weight'],
];

/** Parts that some architectures have not. */
function isOptional(name: string): boolean {
  return name.endsWith('.bias') || /attention\.[qk]\.norm$/.test(name);
}

/** Far above any model of today. */
const MOST_LAYERS = 1_024;

interface NamedTensor extends SourceTensor {
  /** What the source calls it. */
  readonly own: string;
}

/**
 * The tensors of a model in the order in which they are written, each with the source's name for it.
 *
 * @param source its name, for a sentence about it
 * @param tables what stands outside the blocks: the manifest's name and the source's
 * @param ownName what the source calls a part of a block
 * @throws `answer-model/unreadable` where one is missing or is not of the shape that the sizes ask for
 */
export function namedTensors(
  source: string,
  config: BaseConfig,
  tables: readonly (readonly [name: string, own: string])[],
  ownName: (layer: number, part: (typeof PARTS)[number]) => string,
  shapeOf: (own: string) => readonly number[] | undefined,
): NamedTensor[] {
  if (!(config.layers <= MOST_LAYERS)) {
    throw unreadable(`${source} says that it has ${config.layers} blocks.`);
  }
  const named = [...tables];
  const last = named.pop();
  const wanted = [
    ...named,
    ...Array.from({ length: config.layers }, (_, layer) =>
      PARTS.map((part) => [`layers.${layer}.${part[0]}`, ownName(layer, part)] as const),
    ).flat(),
    ...(last ? [last] : []),
  ];
  return wanted.flatMap(([name, own]) => {
    const shape = shapeOf(own);
    if (shape === undefined) {
      if (isOptional(name)) return [];
      throw unreadable(`${source} has no tensor ${own}: it is not whole.`);
    }
    const expected = expectedShape(name, config);
    if (shape.length !== expected.length || shape.some((size, at) => size !== expected[at])) {
      const sentence = `The tensor ${own} of ${source} is [${shape.join(', ')}] and not [${expected.join(', ')}].`;
      throw unreadable(sentence);
    }
    if (shape.length > 1 && (shape.at(-1) ?? 0) % BLOCK !== 0) {
      const sentence = `The rows of the tensor ${own} of ${source} cannot be cut into blocks of ${BLOCK} numbers.`;
      throw unreadable(sentence);
    }
    return [{ name, own, shape }];
  });
}

function expectedShape(name: string, config: BaseConfig): readonly number[] {
  const { hidden, heads, kvHeads, headDim, intermediate, vocab } = config;
  const part = name.replace(/^layers\.\d+\./, '');
  const rows: Readonly<Record<string, number>> = { q: heads * headDim, k: kvHeads * headDim, v: kvHeads * headDim };
  const [, letter = '', kind] = /^attention\.([qkv])(?:\.(bias|norm))?$/.exec(part) ?? [];
  if (kind === 'norm') return [headDim];
  if (kind === 'bias') return [rows[letter] ?? 0];
  if (letter !== '') return [rows[letter] ?? 0, hidden];
  if (part === 'embedding' || part === 'output') return [vocab, hidden];
  if (part === 'attention.o') return [hidden, heads * headDim];
  if (part === 'mlp.down') return [hidden, intermediate];
  if (part === 'mlp.gate' || part === 'mlp.up') return [intermediate, hidden];
  return [hidden];
}
