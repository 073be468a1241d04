import type { BaseConfig } from '../../kernels/manifest.ts';

/** A small decoder that a test writes as a GGUF file or as a folder of safetensors: the same weights in both. */
export interface MadeModel extends Pick<
  BaseConfig,
  'layers' | 'hidden' | 'heads' | 'kvHeads' | 'headDim' | 'intermediate' | 'ropeFactors'
> {
  readonly architecture: 'qwen2' | 'qwen3' | 'llama';
  /** By the names of safetensors. */
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;
}

/** Bytes are spelled as in every byte-level vocabulary; two merges and the frames of a chat come after them. */
const VISIBLE = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte < 256 && byte !== 173);
let next = 256;
const SPELLED = Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(VISIBLE(byte) ? byte : next++));
const TOKENS = [...SPELLED, 'in', 'Ġt', '<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const MERGES = ['i n', 'Ġ t'];
const CONTROL = 3;
const TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% if enable_thinking is false %}{{ '.' }}{% endif %}{% endif %}";
const SPLIT =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
/** The vocabulary is padded, as published ones are. */
const VOCAB = 288;
const ALIGNMENT = 32;

interface MadeOptions {
  readonly seed?: number;
  readonly isTied?: boolean;
  readonly isStretched?: boolean;
}

/** How positions are stretched, as a config.json says it. */
const STRETCH = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};
/** What that comes to for heads of 16 numbers and a base of 10,000.5: by hand, in the words of arXiv 2407.21783. */
const FACTORS = Array.from({ length: 8 }, (_, i) => {
  const length = 2 * Math.PI * 10_000.5 ** (i / 8);
  if (length < 64 / 4) return 1;
  if (length > 64) return 8;
  const smooth = (64 / length - 1) / (4 - 1);
  return 1 / ((1 - smooth) / 8 + smooth);
});

/** Random weights from a seed. A table of the output of its own where `isTied` is false. */
export function madeModel(
  architecture: MadeModel['architecture'],
  { seed = 1, isTied = true, isStretched = false }: MadeOptions = {},
): MadeModel {
  const sizes = { layers: 2, hidden: 64, heads: 4, kvHeads: 2, headDim: 16, intermediate: 96 };
  const { layers, hidden, heads, kvHeads, headDim, intermediate } = sizes;
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const tensors = new Map<string, { shape: number[]; values: Float32Array }>();
  const add = (name: string, shape: number[], around = 0) => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => around + 0.5 * random());
    tensors.set(name, { shape, values });
  };
  add('model.embed_tokens.weight', [VOCAB, hidden]);
  if (!isTied) add('lm_head.weight', [VOCAB, hidden]);
  for (let layer = 0; layer < layers; layer += 1) {
    const prefix = `model.layers.${layer}`;
    add(`${prefix}.input_layernorm.weight`, [hidden], 1);
    for (const [letter, rows] of [
      ['q', heads * headDim],
      ['k', kvHeads * headDim],
      ['v', kvHeads * headDim],
    ] as const) {
      add(`${prefix}.self_attn.${letter}_proj.weight`, [rows, hidden]);
      if (architecture === 'qwen2') add(`${prefix}.self_attn.${letter}_proj.bias`, [rows]);
      if (architecture === 'qwen3' && letter !== 'v') add(`${prefix}.self_attn.${letter}_norm.weight`, [headDim], 1);
    }
    add(`${prefix}.self_attn.o_proj.weight`, [hidden, heads * headDim]);
    add(`${prefix}.post_attention_layernorm.weight`, [hidden], 1);
    add(`${prefix}.mlp.gate_proj.weight`, [intermediate, hidden]);
    add(`${prefix}.mlp.up_proj.weight`, [intermediate, hidden]);
    add(`${prefix}.mlp.down_proj.weight`, [hidden, intermediate]);
  }
  add('model.norm.weight', [hidden], 1);
  return { architecture, ...sizes, tensors, ...(isStretched && { ropeFactors: FACTORS }) };
}

const GGUF_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^model\.embed_tokens/, 'token_embd'],
  [/^lm_head/, 'output'],
  [/^model\.norm/, 'output_norm'],
  [/^model\.layers\./, 'blk.'],
  [/input_layernorm/, 'attn_norm'],
  [/post_attention_layernorm/, 'ffn_norm'],
  [/self_attn\.([qkv])_(proj|norm)/, 'attn_$1_$2'],
  [/_proj\.(weight|bias)$/, '.$1'],
  [/self_attn\.o/, 'attn_output'],
  [/mlp\.(gate|up|down)/, 'ffn_$1'],
];

/** Rows of q and k as llama.cpp keeps those of a Llama: the two numbers of a rotated pair side by side. */
function interleaved(values: Float32Array, headDim: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let row = 0; row < values.length / columns; row += 1) {
    const inHead = row % headDim;
    const to = row - inHead + (inHead % (headDim / 2)) * 2 + Math.floor(inHead / (headDim / 2));
    out.set(values.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return out;
}

export interface GgufChange {
  /** Replaces or adds entries of the header. */
  readonly metadata?: Readonly<Record<string, string | number>>;
  /** Said of every matrix, whatever it holds. */
  readonly type?: number;
}

/** The bytes of a GGUF file, its numbers in float32. */
export function ggufBytes(model: MadeModel, change: GgufChange = {}): Uint8Array {
  const { architecture: arch } = model;
  const metadata: Record<string, unknown> = {
    'general.architecture': arch,
    'general.name': 'Made Up',
    [`${arch}.block_count`]: model.layers,
    [`${arch}.context_length`]: 512,
    [`${arch}.embedding_length`]: model.hidden,
    [`${arch}.feed_forward_length`]: model.intermediate,
    [`${arch}.attention.head_count`]: model.heads,
    [`${arch}.attention.head_count_kv`]: model.kvHeads,
    [`${arch}.attention.key_length`]: model.headDim,
    [`${arch}.rope.freq_base`]: 10_000.5,
    [`${arch}.attention.layer_norm_rms_epsilon`]: 0.000_001,
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'qwen2',
    'tokenizer.ggml.tokens': TOKENS,
    'tokenizer.ggml.token_type': TOKENS.map((token) => (token.startsWith('<|') ? CONTROL : 1)),
    'tokenizer.ggml.merges': MERGES,
    'tokenizer.ggml.eos_token_id': TOKENS.indexOf('<|im_end|>'),
    'tokenizer.ggml.padding_token_id': TOKENS.indexOf('<|endoftext|>'),
    'tokenizer.chat_template': TEMPLATE,
    ...change.metadata,
  };
  const tensors = [...model.tensors].map(([name, { shape, values }]) => {
    const own = GGUF_NAMES.reduce((text, [pattern, by]) => text.replace(pattern, by), name);
    const isTurned = arch === 'llama' && /attn_[qk]\./.test(own);
    return { own, shape, values: isTurned ? interleaved(values, model.headDim, shape[1] ?? 1) : values };
  });
  if (model.ropeFactors) {
    const values = Float32Array.from(model.ropeFactors);
    tensors.push({ own: 'rope_freqs.weight', shape: [values.length], values });
  }
  const header = new Bytes();
  header.uint32(0x46554747).uint32(3).uint64(tensors.length).uint64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) header.text(key).value(value);
  let offset = 0;
  for (const { own, shape, values } of tensors) {
    header.text(own).uint32(shape.length);
    for (const size of shape.toReversed()) header.uint64(size);
    header.uint32(shape.length > 1 ? (change.type ?? 0) : 0).uint64(offset);
    offset += Math.ceil(values.byteLength / ALIGNMENT) * ALIGNMENT;
  }
  header.align(ALIGNMENT);
  for (const { values } of tensors) header.raw(new Uint8Array(values.buffer)).align(ALIGNMENT);
  return header.bytes();
}

/** The same model as the files of a folder. */
export function safetensorsFiles(model: MadeModel): Readonly<Record<string, Uint8Array | string>> {
  const header: Record<string, unknown> = {};
  const data = new Bytes();
  for (const [name, { shape, values }] of model.tensors) {
    const begin = data.length;
    data.raw(new Uint8Array(values.buffer));
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, data.length] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const weights = new Bytes();
  weights.uint64(json.length).raw(json).raw(data.bytes());
  const added = TOKENS.flatMap((content, id) => (content.startsWith('<|') ? [{ id, content, special: true }] : []));
  const tokenizer = {
    version: '1.0',
    added_tokens: added.map((token) => ({ ...token, lstrip: false, rstrip: false, normalized: false })),
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: SPLIT }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(TOKENS.slice(0, 258).map((token, id) => [token, id])),
      merges: MERGES,
    },
  };
  const config = {
    model_type: model.architecture,
    num_hidden_layers: model.layers,
    hidden_size: model.hidden,
    num_attention_heads: model.heads,
    num_key_value_heads: model.kvHeads,
    head_dim: model.headDim,
    intermediate_size: model.intermediate,
    vocab_size: VOCAB,
    rope_theta: 10_000.5,
    rms_norm_eps: 0.000_001,
    max_position_embeddings: 512,
    tie_word_embeddings: !model.tensors.has('lm_head.weight'),
    ...(model.ropeFactors && { rope_scaling: STRETCH }),
  };
  return {
    'config.json': JSON.stringify(config),
    'model.safetensors': weights.bytes(),
    'tokenizer.json': JSON.stringify(tokenizer),
    'tokenizer_config.json': JSON.stringify({ tokenizer_class: 'PreTrainedTokenizer', chat_template: TEMPLATE }),
  };
}

class Bytes {
  readonly #parts: Uint8Array[] = [];
  length = 0;

  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.length += bytes.length;
    return this;
  }

  uint32(value: number): this {
    return this.raw(new Uint8Array(Uint32Array.of(value).buffer));
  }

  uint64(value: number): this {
    return this.raw(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.uint64(bytes.length).raw(bytes);
  }

  /** Whole numbers as uint32, others as float32, and arrays of texts or of whole numbers. */
  value(value: unknown): this {
    if (typeof value === 'string') return this.uint32(8).text(value);
    if (typeof value === 'number') {
      if (Number.isInteger(value)) return this.uint32(4).uint32(value);
      return this.uint32(6).raw(new Uint8Array(Float32Array.of(value).buffer));
    }
    const items = value as readonly (string | number)[];
    this.uint32(9)
      .uint32(typeof items[0] === 'string' ? 8 : 4)
      .uint64(items.length);
    for (const item of items) {
      if (typeof item === 'string') this.text(item);
      else this.uint32(item);
    }
    return this;
  }

  align(to: number): this {
    return this.raw(new Uint8Array((to - (this.length % to)) % to));
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}
