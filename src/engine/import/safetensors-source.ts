import { open, readdir, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isAppError } from '../../common/app-error.ts';
import { readAt } from '../../common/file-bytes.ts';
import type { BaseConfig } from '../../../kernels/manifest.ts';
import { readModelText } from '../weights/model-files.ts';
import { ARCHITECTURES, namedTensors } from './model-source.ts';
import type { ModelSource, SourceTensor } from './model-source.ts';
import { cut, numbers, storedBytes, storedRows, unreadable } from './stored-tensor.ts';
import type { StoredTensor } from './stored-tensor.ts';

/** The types of numbers that are read, by their number in `dequantize.ts`. */
const TYPES: Readonly<Record<string, number>> = { F32: 0, F16: 1, BF16: 30 };
/** Bytes of a file's header; a model of 70 thousand million numbers has a hundred thousand. */
const MOST_HEADER = 2 ** 26;

interface Stored extends StoredTensor {
  readonly handle: FileHandle;
  readonly file: string;
}

/**
 * A folder as models are published: config.json, *.safetensors, tokenizer.json, tokenizer_config.json.
 *
 * @throws `answer-model/unreadable`
 */
export async function safetensorsSource(folder: string): Promise<ModelSource> {
  const config = configOf(await jsonOf(folder, 'config.json'), basename(folder));
  const handles: FileHandle[] = [];
  try {
    const stored = new Map<string, Stored>();
    const identity: string[] = [];
    const names = (await readdir(folder)).filter((name) => name.endsWith('.safetensors')).sort();
    if (names.length === 0) throw unreadable(`There are no .safetensors files in ${folder}.`);
    for (const name of names) {
      const info = await stat(join(folder, name)).catch(() => undefined);
      // Whoever opens a pipe waits for its writer.
      if (info?.isFile() !== true) throw unreadable(`${name} in ${folder} is not an ordinary file.`);
      const { size, mtimeMs } = info;
      const handle = await open(join(folder, name));
      handles.push(handle);
      for (const [key, tensor] of await headerOf(handle, name, size)) stored.set(key, tensor);
      identity.push(`${name} ${size} ${mtimeMs}`);
    }
    return new SafetensorsSource(folder, config, stored, identity.join('\n'), handles);
  } catch (error) {
    await Promise.all(handles.map((handle) => handle.close()));
    throw error;
  }
}

interface PublishedConfig extends BaseConfig {
  readonly isTied: boolean;
}

class SafetensorsSource implements ModelSource {
  readonly name: string;
  readonly identity: string;
  readonly config: BaseConfig;
  readonly tensors: readonly SourceTensor[];
  readonly #folder: string;
  readonly #stored: ReadonlyMap<string, Stored>;
  readonly #own: ReadonlyMap<string, string>;
  readonly #handles: readonly FileHandle[];

  constructor(
    folder: string,
    { isTied, ...config }: PublishedConfig,
    stored: ReadonlyMap<string, Stored>,
    identity: string,
    handles: readonly FileHandle[],
  ) {
    this.name = basename(folder);
    this.identity = `safetensors ${identity}`;
    this.config = config;
    this.#folder = folder;
    this.#stored = stored;
    this.#handles = handles;
    const hasOutput = !isTied && stored.has('lm_head.weight');
    const tables = [
      ['embedding', 'model.embed_tokens.weight'],
      ...(hasOutput ? [['output', 'lm_head.weight'] as const] : []),
      ['norm', 'model.norm.weight'],
    ] as const;
    const shapeOf = (own: string) => stored.get(own)?.shape;
    const named = namedTensors(
      this.name,
      config,
      tables,
      (layer, [, , own]) => `model.layers.${layer}.${own}`,
      shapeOf,
    );
    this.tensors = named.map(({ name, shape }) => ({ name, shape }));
    this.#own = new Map(named.map(({ name, own }) => [name, own]));
  }

  async rows(name: string, first: number, count: number): Promise<Float32Array> {
    const found = this.#stored.get(this.#own.get(name) ?? name);
    if (found === undefined) throw unreadable(`${this.name} has no tensor ${name}.`);
    return storedRows(found, { handle: found.handle, name: found.file }, first, count);
  }

  async tokenizerFiles(): Promise<Readonly<Record<string, string>>> {
    const config = await jsonOf(this.#folder, 'tokenizer_config.json');
    const template = await textOf(this.#folder, 'chat_template.jinja');
    const whole = { ...config, ...(template !== undefined && { chat_template: template }) };
    if (typeof Reflect.get(whole, 'chat_template') !== 'string') {
      throw unreadable(`${this.name} has no chat template: it is not a model that answers.`);
    }
    return {
      'tokenizer.json': JSON.stringify(await jsonOf(this.#folder, 'tokenizer.json')),
      'tokenizer_config.json': `${JSON.stringify(whole, undefined, 1)}\n`,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.close()));
  }
}

/** A header of 8 bytes of length and that much JSON (github.com/huggingface/safetensors, "Format"). */
async function headerOf(handle: FileHandle, file: string, size: number): Promise<[string, Stored][]> {
  const length = await readAt(handle, 8, 0);
  const bytes = length.length < 8 ? Infinity : Number(Buffer.from(length).readBigUInt64LE());
  if (bytes > MOST_HEADER || bytes + 8 > size) throw unreadable(`${file} is not a safetensors file, or is cut short.`);
  const raw = await readAt(handle, bytes, 8);
  const header = objectOf(new TextDecoder().decode(raw), file);
  return Object.entries(header).flatMap(([name, value]): [string, Stored][] => {
    if (name === '__metadata__' || typeof value !== 'object' || value === null) return [];
    const dtype: unknown = Reflect.get(value, 'dtype');
    const type = typeof dtype === 'string' && Object.hasOwn(TYPES, dtype) ? TYPES[dtype] : undefined;
    if (type === undefined) {
      throw unreadable(`The tensor ${name} of ${file} is of type ${String(dtype)}; F32, F16 and BF16 are read.`);
    }
    const shape = numbers(Reflect.get(value, 'shape'));
    const [begin = NaN, end = NaN] = numbers(Reflect.get(value, 'data_offsets'));
    if (end - begin !== storedBytes(name, file, { shape, type }) || !(8 + bytes + end <= size)) throw cut(file);
    return [[name, { handle, file, type, shape, offset: 8 + bytes + begin }]];
  });
}

function configOf(raw: Readonly<Record<string, unknown>>, name: string): PublishedConfig {
  const architecture = raw.model_type;
  if (typeof architecture !== 'string' || !ARCHITECTURES.includes(architecture)) {
    const known = ARCHITECTURES.join(', ');
    throw unreadable(`${name} is of the architecture ${String(architecture)}; what runs here is ${known}.`);
  }
  const number = (key: string, usual?: number): number => {
    const value = raw[key] ?? usual;
    if (typeof value === 'number') return value;
    throw unreadable(`The config.json of ${name} does not say ${key}.`);
  };
  const heads = number('num_attention_heads');
  const hidden = number('hidden_size');
  const headDim = number('head_dim', hidden / heads);
  // Later versions of the publisher's library put both in one.
  const rope: unknown = raw.rope_parameters ?? raw.rope_scaling;
  const newer: unknown = typeof rope === 'object' && rope !== null ? Reflect.get(rope, 'rope_theta') : undefined;
  const ropeTheta = typeof newer === 'number' ? newer : number('rope_theta', 10_000);
  const ropeFactors = factorsOf(rope, { name, headDim, ropeTheta });
  return {
    architecture,
    layers: number('num_hidden_layers'),
    hidden,
    heads,
    kvHeads: number('num_key_value_heads', heads),
    headDim,
    intermediate: number('intermediate_size'),
    vocab: number('vocab_size'),
    ropeTheta,
    ...(ropeFactors && { ropeFactors }),
    rmsEps: number('rms_norm_eps'),
    context: number('max_position_embeddings'),
    isTied: raw.tie_word_embeddings === true,
  };
}

/**
 * By which each frequency is divided: by the whole factor where a wave is longer than the text that the model was first
 * trained on, by 1 where it is short, and by something between where it is between (Llama 3.1's `llama3`).
 */
function factorsOf(
  scaling: unknown,
  { name, headDim, ropeTheta }: { readonly name: string; readonly headDim: number; readonly ropeTheta: number },
): readonly number[] | undefined {
  if (typeof scaling !== 'object' || scaling === null) return undefined;
  const kind: unknown = Reflect.get(scaling, 'rope_type') ?? Reflect.get(scaling, 'type');
  if (kind === 'default') return undefined;
  const part = (key: string) => Number(Reflect.get(scaling, key));
  const [whole, low, high, trained] = [
    part('factor'),
    part('low_freq_factor'),
    part('high_freq_factor'),
    part('original_max_position_embeddings'),
  ];
  if (kind !== 'llama3' || [whole, low, high, trained].some((value) => !(value > 0)) || high <= low) {
    throw unreadable(`${name} stretches its positions in a way that is not computed here (${String(kind)}).`);
  }
  return Array.from({ length: headDim / 2 }, (_, i) => {
    const waves = (trained * ropeTheta ** ((-2 * i) / headDim)) / (2 * Math.PI);
    const share = Math.min(1, Math.max(0, (waves - low) / (high - low)));
    return 1 / (share + (1 - share) / whole);
  });
}

async function jsonOf(folder: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await textOf(folder, name);
  if (text === undefined) throw unreadable(`The folder ${folder} has no ${name}.`);
  return objectOf(text, name);
}

/** Undefined where it is missing. Here it is nobody's model yet, so that nothing of ours is to be restored. */
async function textOf(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readModelText(folder, name);
  } catch (error) {
    throw isAppError(error, 'engine/model-file') ? unreadable(error.problem) : error;
  }
}

function objectOf(text: string, name: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value));
  } catch {
    // Told below.
  }
  throw unreadable(`${name} is not a JSON object.`);
}
