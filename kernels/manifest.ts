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
  /** By which each frequency is divided, [headDim / 2]: Llama 3.1 reaches farther with them. */
  readonly ropeFactors?: readonly number[] | undefined;
  readonly rmsEps: number;
  readonly context: number;
}

/**
 * How 8-bit weights enter integer products, activations being unsigned: as they are stored, or with 128 added, which
 * processors without 8-bit dot products need to be exact. The sums are the same.
 */
export type WeightSide = 'int8' | 'uint8';

/**
 * One tensor's parts. Quantized ones are [rows, columns] in blocks along the columns, as models/build/quantize.py lays
 * them.
 */
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

/** A file beside the manifest: no folder, no drive, nothing hidden. */
const FILE_NAME = /^\w[\w.-]*$/;
/** Far above any base that fits a computer of today; a larger size is a slip or a trap. */
const MOST: Readonly<Record<(typeof sizes)[number], number>> = {
  layers: 1_024,
  hidden: 2 ** 18,
  heads: 2 ** 12,
  kvHeads: 2 ** 12,
  headDim: 2 ** 12,
  intermediate: 2 ** 20,
  vocab: 2 ** 24,
  context: 2 ** 27,
};
const sizes = ['layers', 'hidden', 'heads', 'kvHeads', 'headDim', 'intermediate', 'vocab', 'context'] as const;

/** Parses and checks manifest.json. Throws ManifestError with the first thing that is wrong. */
export function parseManifest(json: string): Manifest {
  const raw = parseObject(json);
  if (raw.format !== 1)
    throw new ManifestError(`The model manifest has format ${String(raw.format)}; this build reads 1.`);
  const config = object(raw.config, 'config');
  const files = Object.fromEntries(
    Object.entries(object(raw.files, 'files')).map(([name, value]) => file(name, value)),
  );
  const tensors = Object.entries(object(raw.tensors, 'tensors'));
  const [layers, hidden, heads, kvHeads, headDim, intermediate, vocab, context] = sizes.map((key) =>
    size(config[key], key),
  );
  if (!layers || !hidden || !heads || !kvHeads || !headDim || !intermediate || !vocab || !context) {
    throw new ManifestError('A size in the model manifest is zero.');
  }
  if (heads % kvHeads !== 0 || headDim % 2 !== 0) {
    throw new ManifestError(
      'In the model manifest, config has heads that cannot share keys, or cannot be turned in pairs.',
    );
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
      ...(config.ropeFactors !== undefined && { ropeFactors: factors(config.ropeFactors, headDim) }),
      rmsEps: number(config.rmsEps, 'config.rmsEps'),
    },
    files,
    tensors: Object.fromEntries(tensors.map(([name, value]) => [name, tensor(value, name, files)])),
  };
}

/** The tensor called `name`. Throws ManifestError where the manifest has none. */
export function tensorEntry(tensors: Readonly<Record<string, TensorEntry>>, name: string): TensorEntry {
  const entry = tensors[name];
  if (!entry) throw new ManifestError(`The model manifest has no tensor named ${name}.`);
  return entry;
}

type Files = Readonly<Record<string, FileEntry>>;

function file(name: string, value: unknown): [string, FileEntry] {
  if (!FILE_NAME.test(name)) {
    throw new ManifestError(
      `The model manifest names a file outside its folder: ${JSON.stringify(name.slice(0, 200))}.`,
    );
  }
  const entry = object(value, name);
  return [name, { bytes: count(entry.bytes, `${name}.bytes`), sha256: text(entry.sha256, `${name}.sha256`) }];
}

function size(value: unknown, key: (typeof sizes)[number]): number {
  const found = count(value, `config.${key}`);
  if (found <= MOST[key]) return found;
  throw new ManifestError(`In the model manifest, config.${key} is ${found}; this build takes at most ${MOST[key]}.`);
}

/** The shape is checked against the bytes, so that no graph is built for more numbers than there are. */
function tensor(value: unknown, name: string, files: Files): TensorEntry {
  const raw = object(value, name);
  const shape = raw.shape;
  if (!Array.isArray(shape)) throw new ManifestError(`The tensor ${name} has no shape.`);
  const sizes = shape.map((size: unknown) => count(size, `${name}.shape`));
  const elements = sizes.reduce((product, size) => product * size, 1);
  const part = (key: string, bytes: number) => place(raw[key], `${name}.${key}`, bytes, files);
  if (raw.kind === 'float32') return { kind: 'float32', shape: sizes, data: part('data', 4 * elements) };
  if (raw.kind !== 'int4' && raw.kind !== 'int8') {
    throw new ManifestError(`The tensor ${name} is of the unknown kind ${String(raw.kind)}.`);
  }
  const block = count(raw.block, `${name}.block`);
  const [rows = 0, columns = 0] = sizes;
  if (sizes.length !== 2 || block === 0 || columns % block !== 0) {
    throw new ManifestError(`The tensor ${name} is no matrix of whole blocks.`);
  }
  const bytes = raw.kind === 'int4' ? 0.5 : 1;
  const blocks = columns / block;
  return {
    kind: raw.kind,
    shape: sizes,
    block,
    data: part('data', bytes * elements),
    scales: part('scales', 2 * rows * blocks),
    ...(raw.zeros === undefined ? {} : { zeros: part('zeros', rows * Math.ceil(bytes * blocks)) }),
  };
}

function place(value: unknown, where: string, expected: number, files: Files): Place {
  const raw = object(value, where);
  const file = text(raw.file, `${where}.file`);
  const offset = count(raw.offset, `${where}.offset`);
  const bytes = count(raw.bytes, `${where}.bytes`);
  if (bytes !== expected)
    throw new ManifestError(`In the model manifest, ${where} does not have the bytes of its shape.`);
  const whole = Object.hasOwn(files, file) ? files[file]?.bytes : undefined;
  if (whole === undefined || offset + bytes > whole) {
    throw new ManifestError(`In the model manifest, ${where} lies outside the listed files.`);
  }
  return { file, offset, bytes };
}

function parseObject(json: string): Record<string, unknown> {
  try {
    return object(JSON.parse(json), 'manifest');
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    throw new ManifestError('The model manifest is not valid JSON.');
  }
}

function factors(value: unknown, headDim: number): readonly number[] {
  const found = Array.isArray(value) ? value.map((factor: unknown) => number(factor, 'config.ropeFactors')) : [];
  if (found.length === headDim / 2 && found.every((factor) => factor > 0)) return found;
  throw new ManifestError('In the model manifest, config.ropeFactors should be a number above 0 for each frequency.');
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
