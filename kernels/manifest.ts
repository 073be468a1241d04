import type { Place } from './graph.ts';

/** Sizes of a decoder-only base (Llama and Qwen2 types); elements, not bytes. */
export interface BaseConfig {
  readonly architecture: string;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediate: number;
  readonly vocab: number;
  readonly ropeTheta: number;
  readonly rmsEps: number;
  readonly context: number;
}

/**
 * How 8-bit weights enter integer products, activations being unsigned: as they are stored, or with 128 added, which processors without
 * 8-bit dot products need to be exact. The sums are the same.
 */
export type WeightSide = 'int8' | 'uint8';

/** One tensor's parts. Quantised ones are [rows, columns] in blocks along the columns, as models/build/quantise.py lays them. */
export type TensorEntry =
  | { readonly kind: 'float32'; readonly shape: readonly number[]; readonly data: Place }
  | {
      readonly kind: 'int4' | 'int8';
      readonly shape: readonly number[];
      readonly block: number;
      readonly data: Place;
      readonly scales: Place;
      readonly zeros?: Place;
    }
  /** Made from the others on the user's machine (`w8a8.ts`), never in manifest.json. */
  | {
      readonly kind: 'w8a8';
      readonly side: WeightSide;
      readonly shape: readonly number[];
      readonly groups: number;
      readonly data: Place;
      readonly scales: Place;
    };

export interface FileEntry {
  readonly bytes: number;
  readonly sha256: string;
}

/** models/base/manifest.json: what the base is, which files hold it, and where in them each tensor lies. */
export interface Manifest {
  readonly format: 1;
  readonly name: string;
  readonly config: BaseConfig;
  readonly files: Readonly<Record<string, FileEntry>>;
  readonly tensors: Readonly<Record<string, TensorEntry>>;
}

/** Thrown for a manifest that is not one; the message is a plain sentence. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

const sizes = ['layers', 'hidden', 'heads', 'kvHeads', 'headDim', 'intermediate', 'vocab', 'context'] as const;

/** Parses and checks manifest.json. Throws ManifestError with the first thing that is wrong. */
export function parseManifest(json: string): Manifest {
  const raw = parseObject(json);
  if (raw.format !== 1)
    throw new ManifestError(`The model manifest has format ${String(raw.format)}; this build reads 1.`);
  const config = object(raw.config, 'config');
  const tensors = Object.entries(object(raw.tensors, 'tensors'));
  const files = Object.entries(object(raw.files, 'files'));
  const [layers, hidden, heads, kvHeads, headDim, intermediate, vocab, context] = sizes.map((key) =>
    count(config[key], `config.${key}`),
  );
  if (!layers || !hidden || !heads || !kvHeads || !headDim || !intermediate || !vocab || !context) {
    throw new ManifestError('A size in the model manifest is zero.');
  }
  return {
    format: 1,
    name: text(raw.name, 'name'),
    config: {
      architecture: text(config.architecture, 'config.architecture'),
      layers,
      hidden,
      heads,
      kvHeads,
      headDim,
      intermediate,
      vocab,
      context,
      ropeTheta: number(config.ropeTheta, 'config.ropeTheta'),
      rmsEps: number(config.rmsEps, 'config.rmsEps'),
    },
    files: Object.fromEntries(
      files.map(([name, value]) => {
        const entry = object(value, name);
        return [name, { bytes: count(entry.bytes, `${name}.bytes`), sha256: text(entry.sha256, `${name}.sha256`) }];
      }),
    ),
    tensors: Object.fromEntries(tensors.map(([name, value]) => [name, tensor(value, name)])),
  };
}

/** The tensor called `name`. Throws ManifestError where the manifest has none. */
export function tensorEntry(tensors: Readonly<Record<string, TensorEntry>>, name: string): TensorEntry {
  const entry = tensors[name];
  if (!entry) throw new ManifestError(`The model manifest has no tensor named ${name}.`);
  return entry;
}

function tensor(value: unknown, name: string): TensorEntry {
  const raw = object(value, name);
  const shape = raw.shape;
  if (!Array.isArray(shape)) throw new ManifestError(`The tensor ${name} has no shape.`);
  const sizes = shape.map((size: unknown) => count(size, `${name}.shape`));
  const data = place(raw.data, `${name}.data`);
  if (raw.kind === 'float32') return { kind: 'float32', shape: sizes, data };
  if (raw.kind !== 'int4' && raw.kind !== 'int8') {
    throw new ManifestError(`The tensor ${name} is of the unknown kind ${String(raw.kind)}.`);
  }
  return {
    kind: raw.kind,
    shape: sizes,
    block: count(raw.block, `${name}.block`),
    data,
    scales: place(raw.scales, `${name}.scales`),
    ...(raw.zeros === undefined ? {} : { zeros: place(raw.zeros, `${name}.zeros`) }),
  };
}

function place(value: unknown, where: string): Place {
  const raw = object(value, where);
  return {
    file: text(raw.file, `${where}.file`),
    offset: count(raw.offset, `${where}.offset`),
    bytes: count(raw.bytes, `${where}.bytes`),
  };
}

function parseObject(json: string): Record<string, unknown> {
  try {
    return object(JSON.parse(json), 'manifest');
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    throw new ManifestError('The model manifest is not valid JSON.');
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function object(value: unknown, where: string): Record<string, unknown> {
  if (!isRecord(value)) throw new ManifestError(`In the model manifest, ${where} should be an object.`);
  return value;
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new ManifestError(`In the model manifest, ${where} should be a string.`);
  return value;
}

function number(value: unknown, where: string): number {
  if (typeof value !== 'number') throw new ManifestError(`In the model manifest, ${where} should be a number.`);
  return value;
}

function count(value: unknown, where: string): number {
  const size = number(value, where);
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new ManifestError(`In the model manifest, ${where} should be a whole number, not ${size}.`);
  }
  return size;
}
