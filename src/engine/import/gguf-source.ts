import { stat } from 'node:fs/promises';
import type { BaseConfig } from '../../../kernels/manifest.ts';
import { GgufFile } from './gguf.ts';
import { tokenizerFromGguf } from './gguf-tokenizer.ts';
import { ARCHITECTURES, namedTensors } from './model-source.ts';
import type { ModelSource, SourceTensor } from './model-source.ts';
import { unreadable } from './stored-tensor.ts';

const EMBEDDING = 'token_embd.weight';
const OUTPUT = 'output.weight';
const FACTORS = 'rope_freqs.weight';
/** Rows by which two tables are compared, and the cosine of rows that are the same but for their quantization. */
const SAME = { rows: 16, cosine: 0.95 } as const;

/** A GGUF file as a source of weights. Throws `answer-model/unreadable`. */
export async function ggufSource(path: string): Promise<ModelSource> {
  const file = await GgufFile.open(path);
  try {
    return await GgufSource.of(file, path);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What had to be looked up among the numbers. */
interface Found {
  /** The tensor that words are taken in by. */
  readonly embedding: string;
  readonly hasOutput: boolean;
  /** Of the frequencies of positions. */
  readonly factors: Float32Array | undefined;
}

class GgufSource implements ModelSource {
  readonly name: string;
  readonly identity: string;
  readonly config: BaseConfig;
  readonly tensors: readonly SourceTensor[];
  readonly #file: GgufFile;
  /** What the file calls each tensor. */
  readonly #own: ReadonlyMap<string, string>;

  private constructor(file: GgufFile, identity: string, { embedding, hasOutput, factors }: Found) {
    this.#file = file;
    this.identity = identity;
    const name = file.metadata.get('general.name');
    this.name = typeof name === 'string' && name !== '' ? name : file.name.replace(/\.gguf$/i, '');
    this.config = { ...configOf(file), ...(factors && { ropeFactors: Array.from(factors) }) };
    const shapeOf = (own: string) => file.tensors.get(own)?.shape;
    const tables = [
      ['embedding', embedding],
      ...(hasOutput ? [['output', OUTPUT] as const] : []),
      ['norm', 'output_norm.weight'],
    ] as const;
    const named = namedTensors(file.name, this.config, tables, (layer, [, own]) => `blk.${layer}.${own}`, shapeOf);
    this.tensors = named.map(({ name: key, shape }) => ({ name: key, shape }));
    this.#own = new Map(named.map(({ name: key, own }) => [key, own]));
  }

  static async of(file: GgufFile, path: string): Promise<GgufSource> {
    const { size, mtimeMs } = await stat(path);
    const isTied = await hasOneTable(file);
    const factors = file.tensors.has(FACTORS) ? await file.rows(FACTORS, 0, 1) : undefined;
    // Of two copies of one table, the one for the output is the more precise.
    const embedding = isTied && file.tensors.has(OUTPUT) ? OUTPUT : EMBEDDING;
    return new GgufSource(file, `gguf ${file.name} ${size} ${mtimeMs}`, { embedding, hasOutput: !isTied, factors });
  }

  async rows(name: string, first: number, count: number): Promise<Float32Array> {
    const own = this.#own.get(name) ?? name;
    const isInterleaved = this.config.architecture === 'llama' && /\.attention\.[qk](?:\.bias)?$/.test(name);
    if (!isInterleaved) return this.#file.rows(own, first, count);
    return this.#halfSplit(own, first, count);
  }

  tokenizerFiles(): Promise<Readonly<Record<string, string>>> {
    return new Promise((resolve) => {
      resolve(tokenizerFromGguf(this.#file.metadata, this.#file.name));
    });
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /**
   * llama.cpp stores the rows of a Llama's q and k so that the numbers of a rotated pair are neighbors: row 2 i + h of
   * a head is row i of its half h.
   */
  async #halfSplit(own: string, first: number, count: number): Promise<Float32Array> {
    const { headDim } = this.config;
    const [rows = 0, columns = 1] = this.#file.tensors.get(own)?.shape ?? [];
    const isVector = this.#file.tensors.get(own)?.shape.length === 1;
    const start = isVector ? 0 : Math.floor(first / headDim) * headDim;
    const end = isVector ? rows : Math.min(rows, Math.ceil((first + count) / headDim) * headDim);
    const width = isVector ? 1 : columns;
    const stored = await this.#file.rows(own, isVector ? 0 : start, isVector ? 1 : end - start);
    const [from, wanted] = isVector ? [0, rows] : [first, count];
    const out = new Float32Array(wanted * width);
    const half = headDim / 2;
    for (let row = 0; row < wanted; row += 1) {
      const at = from + row;
      const inHead = at % headDim;
      const source = at - inHead + 2 * (inHead % half) + Math.floor(inHead / half);
      out.set(stored.subarray((source - start) * width, (source - start + 1) * width), row * width);
    }
    return out;
  }
}

/** Whether words are taken in and given out by one table. Some files hold it twice, in two precisions. */
async function hasOneTable(file: GgufFile): Promise<boolean> {
  const rows = Math.min(SAME.rows, file.tensors.get(EMBEDDING)?.shape[0] ?? 0);
  if (!file.tensors.has(OUTPUT) || rows === 0) return true;
  const [taken, given] = [await file.rows(EMBEDDING, 0, rows), await file.rows(OUTPUT, 0, rows)];
  let [cross, one, other] = [0, 0, 0];
  for (const [at, value] of taken.entries()) {
    const second = given[at] ?? 0;
    cross += value * second;
    one += value * value;
    other += second * second;
  }
  return cross >= SAME.cosine * Math.sqrt(one * other);
}

function configOf({ metadata, tensors, name }: GgufFile): BaseConfig {
  const architecture = metadata.get('general.architecture');
  if (typeof architecture !== 'string' || !ARCHITECTURES.includes(architecture)) {
    const sentence = `${name} is of the architecture ${String(architecture)}; what runs here is ${ARCHITECTURES.join(', ')}.`;
    throw unreadable(sentence);
  }
  const optional = (key: string): number | undefined => {
    const value = metadata.get(`${architecture}.${key}`);
    return typeof value === 'number' ? value : undefined;
  };
  const number = (key: string): number => {
    const value = optional(key);
    if (value !== undefined) return value;
    throw unreadable(`The header of ${name} does not say ${architecture}.${key}.`);
  };
  const scaling = metadata.get(`${architecture}.rope.scaling.type`);
  if (typeof scaling === 'string' && scaling !== 'none') {
    const sentence = `${name} stretches its positions, which is not computed here. Take a model without rope scaling.`;
    throw unreadable(sentence);
  }
  if ((optional('expert_count') ?? 0) > 0) {
    throw unreadable(`${name} is a mixture of experts, which is not computed here.`);
  }
  const hidden = number('embedding_length');
  const heads = number('attention.head_count');
  return {
    architecture,
    layers: number('block_count'),
    hidden,
    heads,
    kvHeads: optional('attention.head_count_kv') ?? heads,
    headDim: optional('attention.key_length') ?? hidden / heads,
    intermediate: number('feed_forward_length'),
    vocab: tensors.get(EMBEDDING)?.shape[0] ?? 0,
    ropeTheta: optional('rope.freq_base') ?? 10_000,
    rmsEps: Number(number('attention.layer_norm_rms_epsilon').toPrecision(6)),
    context: number('context_length'),
  };
}
