import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isAppError } from '../../common/app-error.ts';
import type { Loras } from '../../../kernels/lora.ts';
import { SHORTLIST, unembeddings } from '../../../kernels/linear.ts';
import type { Manifest, TensorEntry, WeightSide } from '../../../kernels/manifest.ts';
import { BlockMatrix, bytesAt } from './block-matrix.ts';
import { eightBit } from './eight-bit.ts';
import { fourBit } from './four-bit.ts';
import { replaceFile, writing } from './replace-file.ts';

type Tensors = Manifest['tensors'];
type Blocks = Extract<TensorEntry, { kind: 'int4' | 'int8' }>;
type Placed = Exclude<TensorEntry, { kind: 'float32' }>;

/** Anything here that changes the bytes changes the file's name. */
const LAYOUT = 1;
/** Not .bin: those are packaged. */
const SUFFIX = '.weights';
/** Stands in their place where they are not worth it. */
const REFUSED = '.refused';
const ALIGNMENT = 64;
const CHECKSUM_BYTES = 32;
/**
 * Columns that share a scale, at least. Attention reads states in which a few columns are far above all others, `down`
 * what a few neurons shout: finer groups there halve the keys' error at 6% of the speed, and elsewhere bring nothing
 * (LOG.md).
 */
const WIDTHS: readonly (readonly [ending: RegExp, columns: number])[] = [
  [/\.attention\.[qkv]$/, 128],
  [/\.mlp\.down$/, 512],
];

/** Columns that share a scale in a shortlist, the widest first: it only has to hold the best tokens. */
const SHORTLIST_BLOCKS = [128, 64, 32] as const;

/** Matrices of the first blocks that are to be had in 8 bits, and what else. */
export interface DerivedWeights {
  /** The beginning of the file's name; files of one beginning replace each other. */
  readonly prefix: string;
  /** What the bytes follow from, besides the base. */
  readonly identity: readonly (string | number)[];
  readonly layers: number;
  readonly lowRanks?: Loras | undefined;
  /** Whether the table of the output is to be had in 4 bits besides, where it has 8 (`unembed`). */
  readonly hasShortlist?: boolean;
  readonly side: WeightSide;
}

/** What is asked while a file is made. */
export interface Making {
  /** Whether 8 bits are faster here. Asked once for a folder, and the answer kept. */
  readonly isWorthIt: () => Promise<boolean>;
  /** Waited for between two matrices, and in a long one: what is asked meanwhile goes first. */
  readonly pause?: () => Promise<void>;
}

/**
 * Weights of the base in other forms: blocks in 8 bits for fast integer products, and a shortlist. They are made on
 * first use and kept beside the base in a file that ends in its own sha256; a damaged file is made anew.
 */
export class DerivedFile {
  readonly #folder: string;
  readonly #manifest: Manifest;
  readonly #blocks: DerivedWeights;
  readonly #file: string;
  readonly #places: Record<string, Placed>;

  constructor(folder: string, manifest: Manifest, blocks: DerivedWeights) {
    this.#folder = folder;
    this.#manifest = manifest;
    this.#blocks = blocks;
    this.#file = fileName(manifest, blocks);
    this.#places = placed(manifest, blocks, this.#file);
  }

  get side(): WeightSide {
    return this.#blocks.side;
  }

  /** Bytes of the matrices, on disk and in memory. */
  get bytes(): number {
    return Object.values(this.#places).reduce((sum, { data, scales }) => sum + data.bytes + scales.bytes, 0);
  }

  /** The base's tensors with these in 8 bits; undefined where they are not there, or damaged. */
  async find(): Promise<Tensors | undefined> {
    return (await isSound(join(this.#folder, this.#file))) ? this.#tensors() : undefined;
  }

  /**
   * As `find`, made where they are not there; undefined where the folder cannot be written or `isWorthIt` said
   * no: the base's own blocks are to be taken then.
   */
  async findOrMake({ isWorthIt, pause }: Making): Promise<Tensors | undefined> {
    const path = join(this.#folder, this.#file);
    const refused = `${this.#file.slice(0, -SUFFIX.length)}${REFUSED}`;
    try {
      if (await isSound(path)) return this.#tensors();
      if (await stat(join(this.#folder, refused)).catch(() => undefined)) return undefined;
      if (!(await isWorthIt())) {
        await writing(
          writeFile(join(this.#folder, refused), 'Integer products were measured here once and are not faster.\n'),
        );
        await this.#removeFormer(refused);
        return undefined;
      }
      await this.#make(path, pause);
      await this.#removeFormer(this.#file);
    } catch (error) {
      if (!isAppError(error, 'engine/not-kept')) throw error;
      // Another process may have made it meanwhile.
      if (!(await isSound(path))) return undefined;
    }
    return this.#tensors();
  }

  #tensors(): Tensors {
    return { ...this.#manifest.tensors, ...this.#places };
  }

  async #make(path: string, pause: Making['pause']): Promise<void> {
    await replaceFile(path, async (handle) => {
      const hash = createHash('sha256');
      const { tensors } = this.#manifest;
      const tables = tablesOf(tensors);
      for (const [name, place] of Object.entries(this.#places)) {
        await pause?.();
        const matrix = await BlockMatrix.read(this.#folder, inBlocks(tensors, tables[name] ?? name));
        const made =
          place.kind === 'w8a8'
            ? eightBit(matrix, this.#blocks.lowRanks?.[name], place.groups)
            : await fourBit(matrix, place.block, pause);
        await put(handle, hash, made.data, place.data.bytes);
        await put(handle, hash, made.scales, place.scales.bytes);
      }
      await writing(handle.write(hash.digest()));
    });
  }

  /** Takes away what another adapter or a killed process left. */
  async #removeFormer(own: string): Promise<void> {
    const { prefix } = this.#blocks;
    const left = (await readdir(this.#folder)).filter(
      (name) => name.startsWith(prefix) && (name.includes(SUFFIX) || name.endsWith(REFUSED)) && name !== own,
    );
    // One that is in use on Windows stays until next time.
    await Promise.all(left.map((name) => rm(join(this.#folder, name), { force: true }).catch(() => undefined)));
  }
}

function fileName({ files }: Manifest, { prefix, identity, layers, hasShortlist }: DerivedWeights): string {
  const parts = [
    LAYOUT,
    layers,
    ...identity,
    ...(hasShortlist === true ? [SHORTLIST] : []),
    ...Object.values(files).map(({ sha256 }) => sha256),
  ];
  return `${prefix}${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)}${SUFFIX}`;
}

/** Where each matrix lies in the file. */
function placed(manifest: Manifest, weights: DerivedWeights, file: string): Record<string, Placed> {
  const { layers, side, hasShortlist = false } = weights;
  const { tensors } = manifest;
  const names = Array.from({ length: layers }, (_, layer) => `layers.${layer}.`);
  let offset = 0;
  const next = (bytes: number) => {
    const place = { file, offset, bytes };
    offset += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    return place;
  };
  const blocks = Object.entries(tensors)
    .filter(([name, entry]) => entry.kind !== 'float32' && names.some((prefix) => name.startsWith(prefix)))
    .map(([name, { shape }]): [string, Placed] => {
      const [rows = 0, columns = 0] = shape;
      const groups = groupsOf(name, columns);
      const data = next(rows * columns);
      return [name, { kind: 'w8a8', side, shape, groups, data, scales: next(4 * groups * rows) }];
    });
  const tables = hasShortlist ? Object.entries(tablesOf(tensors)) : [];
  const shortlist = tables.map(([name, source]): [string, Placed] => {
    const { shape } = inBlocks(tensors, source);
    const [rows = 0, columns = 0] = shape;
    const block = blockOf(columns) ?? columns;
    const data = next((rows * columns) / 2);
    return [name, { kind: 'int4', shape, block, data, scales: next((2 * rows * columns) / block) }];
  });
  return Object.fromEntries([...blocks, ...shortlist]);
}

/** The tables of a shortlist and what they are made of; none where the output's are not in 8 bits. */
function tablesOf(tensors: Tensors): Readonly<Record<string, string>> {
  const names = unembeddings(tensors);
  const isOf8Bits = names.every((name) => {
    const entry = tensors[name];
    return entry?.kind === 'int8' && blockOf(entry.shape[1] ?? 0) !== undefined;
  });
  return Object.fromEntries(isOf8Bits ? names.map((name, part) => [`${SHORTLIST}.${part}`, name]) : []);
}

function blockOf(columns: number): number | undefined {
  return SHORTLIST_BLOCKS.find((block) => columns % block === 0);
}

/** As many equal groups as leave each its width. */
function groupsOf(name: string, columns: number): number {
  const width = WIDTHS.find(([ending]) => ending.test(name))?.[1] ?? columns;
  let groups = Math.max(1, Math.floor(columns / width));
  while (columns % groups !== 0) groups -= 1;
  return groups;
}

function inBlocks(tensors: Tensors, name: string): Blocks {
  const entry = tensors[name];
  if (entry?.kind === 'int4' || entry?.kind === 'int8') return entry;
  throw new TypeError(`The tensor ${name} is not in blocks.`);
}

async function put(
  handle: FileHandle,
  hash: ReturnType<typeof createHash>,
  values: Int8Array | Uint8Array | Uint16Array | Float32Array,
  bytes: number,
): Promise<void> {
  const padded = Buffer.alloc(Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
  padded.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  hash.update(padded);
  await writing(handle.write(padded));
}

/** Whether the file is there and ends in the sha256 of what comes before. */
async function isSound(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size <= CHECKSUM_BYTES) return false;
  const end = found.size - CHECKSUM_BYTES;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { end: end - 1 }), hash);
  return hash.digest().equals(await bytesAt(path, end, CHECKSUM_BYTES));
}
