import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AppError, isAppError } from '../../common/app-error.ts';
import type { FileEntry } from '../../../kernels/manifest.ts';
import type { Pooled, TensorPlace } from '../../../kernels/memory-tokens.ts';
import { readModelText } from './model-files.ts';

type Name = 'mean' | 'deviation' | 'segment.query' | 'segment.project' | 'question.query' | 'question.project';

/** models/adapter/adapter.json: the trained part, made for one base. */
export interface Adapter {
  /** Names base and adapter together: writes made by another pair are never mixed with these. */
  readonly id: string;
  /** Blocks of the base that feed the memory tokens. */
  readonly layer: number;
  /** P, memory tokens a segment. */
  readonly tokens: number;
  /** What each memory token pools; an adapter that does not say pools whole segments. */
  readonly pooled: Pooled;
  /** d_k, numbers a key. */
  readonly keySize: number;
  /** Sharpness of the recall: shares are a softmax over tau · cos. */
  readonly temperature: number;
  readonly file: FileEntry;
  readonly tensors: Readonly<Record<Name, TensorPlace>>;
  /** Additions to the lower blocks' matrices, by the matrix's name: for recall alone; empty where it has none. */
  readonly lowRank: Readonly<Record<string, { readonly a: TensorPlace; readonly b: TensorPlace }>>;
}

/** The one file that an adapter's tensors lie in. */
export const ADAPTER_FILE = 'adapter.bin';

/** Reads and checks the adapter. Throws `engine/model-file` where it is missing, damaged or made for another base. */
export async function readAdapter(folder: string, baseFolder: string): Promise<Adapter> {
  const json = await readModelText(folder, 'adapter.json');
  if (json === undefined) {
    throw new AppError('engine/model-file', `The adapter is missing (${join(folder, 'adapter.json')}).`);
  }
  const manifest = await readModelText(baseFolder, 'manifest.json');
  if (manifest === undefined) {
    throw new AppError('engine/model-file', `The model's manifest is missing (${join(baseFolder, 'manifest.json')}).`);
  }
  const base = createHash('sha256').update(manifest).digest('hex');
  const raw = parse(json, 'adapter.json');
  if (raw.format !== 1)
    throw new AppError('engine/model-file', `The adapter has format ${String(raw.format)}; this build reads 1.`);
  if (raw.base !== base) throw new AppError('engine/model-file', 'The adapter was made for another base model.');
  const listed = record(raw.file, 'file');
  const file: FileEntry = { bytes: whole(listed.bytes, 'file.bytes'), sha256: digest(listed.sha256) };
  const tensors = record(raw.tensors, 'tensors');
  const place = (name: Name): TensorPlace => tensorPlace(tensors[name], name, file);
  return {
    id: `${base.slice(0, 16)}+${file.sha256.slice(0, 16)}`,
    layer: whole(raw.layer, 'layer'),
    tokens: whole(raw.tokens, 'tokens'),
    pooled: pooledOf(raw.pooled),
    keySize: whole(raw.keySize, 'keySize'),
    temperature: positive(raw.tau, 'tau'),
    file,
    tensors: {
      mean: place('mean'),
      deviation: place('deviation'),
      'segment.query': place('segment.query'),
      'segment.project': place('segment.project'),
      'question.query': place('question.query'),
      'question.project': place('question.project'),
    },
    lowRank: lowRankPlaces(tensors, file),
  };
}

function parse(json: string, file: string): Record<string, unknown> {
  try {
    return record(JSON.parse(json), file);
  } catch (error) {
    if (isAppError(error, 'engine/model-file')) throw error;
    throw new AppError('engine/model-file', `${file} is not valid JSON.`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (!isRecord(value)) throw new AppError('engine/model-file', `In the adapter, ${where} should be an object.`);
  return value;
}

function positive(value: unknown, where: string): number {
  if (typeof value !== 'number' || !(value > 0)) {
    throw new AppError('engine/model-file', `In the adapter, ${where} should be a positive number.`);
  }
  return value;
}

function pooledOf(value: unknown): Pooled {
  if (value === undefined || value === 'whole') return 'whole';
  if (value === 'spans') return value;
  throw new AppError(
    'engine/model-file',
    `In the adapter, pooled is ${JSON.stringify(value)}; this build knows whole and spans.`,
  );
}

/** Sizes of an adapter: a larger one is a slip or a trap. */
const MOST = 2 ** 32;

function whole(value: unknown, where: string): number {
  const size = positive(value, where);
  if (!Number.isInteger(size) || size > MOST) {
    throw new AppError('engine/model-file', `In the adapter, ${where} should be a whole number of at most ${MOST}.`);
  }
  return size;
}

function digest(value: unknown): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw new AppError('engine/model-file', 'In the adapter, file.sha256 should be a sha256.');
}

/** float16 numbers; their shape is checked against their bytes, and those against the file. */
function tensorPlace(value: unknown, name: string, file: FileEntry): TensorPlace {
  const raw = record(value, name);
  const data = record(raw.data, `${name}.data`);
  const shape = Array.isArray(raw.shape) ? raw.shape.map((size: unknown) => whole(size, `${name}.shape`)) : [];
  const offset = typeof data.offset === 'number' && Number.isInteger(data.offset) ? data.offset : -1;
  const bytes = whole(data.bytes, `${name}.bytes`);
  const fits = bytes === 2 * shape.reduce((size, side) => size * side, 1);
  if (!fits || offset < 0 || offset + bytes > file.bytes || data.file !== ADAPTER_FILE) {
    throw new AppError('engine/model-file', `In the adapter, ${name} does not lie in ${ADAPTER_FILE} with its shape.`);
  }
  return { shape, data: { file: ADAPTER_FILE, offset, bytes } };
}

function lowRankPlaces(tensors: Record<string, unknown>, file: FileEntry): Adapter['lowRank'] {
  const ending = '.lora.a';
  const names = Object.keys(tensors).filter((name) => name.endsWith(ending));
  return Object.fromEntries(
    names.map((a) => {
      const name = a.slice(0, -ending.length);
      const b = `${name}.lora.b`;
      return [name, { a: tensorPlace(tensors[a], a, file), b: tensorPlace(tensors[b], b, file) }];
    }),
  );
}
