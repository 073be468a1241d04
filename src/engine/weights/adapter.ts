import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { AppError } from '../../common/app-error.ts';
import type { FileEntry } from '../../../kernels/manifest.ts';
import type { Pooled, TensorPlace } from '../../../kernels/memory-tokens.ts';
import { readModelText } from './model-files.ts';

type Name = 'mean' | 'deviation' | 'segment.query' | 'segment.project' | 'question.query' | 'question.project';

/** models/adapter/adapter.json: the trained part, made for one base. */
export interface Adapter {
  /** Names base and adapter together: records made by another pair are never mixed with these. */
  readonly id: string;
  /** Blocks of the base that feed the segment embeddings. */
  readonly layer: number;
  /** P, embeddings of a segment. */
  readonly tokens: number;
  /** What each embedding pools; an adapter that does not say pools whole segments. */
  readonly pooled: Pooled;
  /** d_k, numbers a key. */
  readonly keySize: number;
  /** Shares are a softmax over temperature · cos; `tau` in the file. */
  readonly temperature: number;
  readonly file: FileEntry;
  readonly tensors: Readonly<Record<Name, TensorPlace>>;
  /** Additions to the lower blocks' matrices, by the matrix's name: for recall alone; empty where it has none. */
  readonly lora: Readonly<Record<string, { readonly a: TensorPlace; readonly b: TensorPlace }>>;
}

/** The one file that an adapter's tensors lie in. */
export const ADAPTER_FILE = 'adapter.bin';

/** Sizes of an adapter: a larger one is a slip or a trap. */
const MOST = 2 ** 32;

const WHOLE = `should be a whole number of at most ${MOST}`;
const positive = v.pipe(v.number('should be a positive number'), v.gtValue(0, 'should be a positive number'));
const whole = v.pipe(positive, v.integer(WHOLE), v.maxValue(MOST, WHOLE));

/** float16 numbers; their shape is checked against their bytes, and those against the file. */
const tensorSchema = v.object({
  shape: v.array(whole, 'should be a list'),
  data: v.object({
    file: v.literal(ADAPTER_FILE, `should be ${ADAPTER_FILE}`),
    offset: v.pipe(v.number('should be a number'), v.safeInteger(WHOLE), v.minValue(0, 'should not be negative')),
    bytes: whole,
  }),
});

const headSchema = v.looseObject({ format: v.unknown(), base: v.unknown() });
const adapterSchema = v.object({
  layer: whole,
  tokens: whole,
  pooled: v.optional(v.picklist(['whole', 'spans'], 'should be whole or spans'), 'whole'),
  keySize: whole,
  tau: positive,
  file: v.object({
    bytes: whole,
    sha256: v.pipe(v.string('should be a sha256'), v.regex(/^[0-9a-f]{64}$/, 'should be a sha256')),
  }),
  tensors: v.objectWithRest(
    {
      mean: tensorSchema,
      deviation: tensorSchema,
      'segment.query': tensorSchema,
      'segment.project': tensorSchema,
      'question.query': tensorSchema,
      'question.project': tensorSchema,
    },
    tensorSchema,
  ),
});

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
  const value = parsed(v.pipe(v.string(), v.parseJson(undefined, 'is not valid JSON')), json);
  const raw = parsed(headSchema, value);
  if (raw.format !== 1)
    throw new AppError('engine/model-file', `The adapter has format ${String(raw.format)}; this build reads 1.`);
  if (raw.base !== base) throw new AppError('engine/model-file', 'The adapter was made for another base model.');
  const { file, tensors, tau, ...sizes } = parsed(adapterSchema, value);
  const places = Object.entries(tensors);
  for (const [name, place] of places) checkFit(name, place, file);
  return {
    ...sizes,
    id: `${base.slice(0, 16)}+${file.sha256.slice(0, 16)}`,
    temperature: tau,
    file,
    tensors,
    lora: loraPlaces(new Map(places)),
  };
}

function parsed<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const found = v.safeParse(schema, value);
  if (found.success) return found.output;
  const [issue] = found.issues;
  const path = v.getDotPath(issue);
  const where = path === null ? 'adapter.json' : `In the adapter, ${path}`;
  const fault =
    issue.kind === 'schema' && /^(?:loose_)?object/.test(issue.type) ? 'is missing or no object' : issue.message;
  throw new AppError('engine/model-file', `${where} ${fault}.`);
}

function checkFit(name: string, { shape, data }: TensorPlace, file: FileEntry): void {
  const fits = data.bytes === 2 * shape.reduce((size, side) => size * side, 1);
  if (fits && data.offset + data.bytes <= file.bytes) return;
  throw new AppError('engine/model-file', `In the adapter, ${name} does not lie in ${ADAPTER_FILE} with its shape.`);
}

function loraPlaces(tensors: ReadonlyMap<string, TensorPlace>): Adapter['lora'] {
  const ending = '.lora.a';
  return Object.fromEntries(
    [...tensors].flatMap(([part, a]) => {
      if (!part.endsWith(ending)) return [];
      const name = part.slice(0, -ending.length);
      const b = tensors.get(`${name}.lora.b`);
      if (!b) throw new AppError('engine/model-file', `In the adapter, tensors.${name}.lora.b is missing.`);
      return [[name, { a, b }] as const];
    }),
  );
}
