import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isAppError } from '../../common/app-error.ts';
import type { Loras } from '../../../kernels/lora.ts';
import type { Manifest, TensorEntry, WeightSide } from '../../../kernels/manifest.ts';
import type { Adapter } from './adapter.ts';
import { BlockMatrix, bytesAt } from './block-matrix.ts';
import { eightBit } from './eight-bit.ts';
import { replaceFile, writing } from './replace-file.ts';

type Tensors = Manifest['tensors'];
type Blocks = Extract<TensorEntry, { kind: 'int4' | 'int8' }>;

/** Anything here that changes the bytes changes the file's name. */
const LAYOUT = 1;
const PREFIX = '.recall-';
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

/**
 * The lower blocks' matrices in 8 bits for fast integer products, with the adapter's additions in them: what recall
 * computes with. They are made from the base on first use (a few seconds) and kept beside it in a file that ends in its
 * own sha256; a damaged file is made anew. undefined where the folder cannot be written, or `isWorthIt` said no: recall
 * then runs on the base's blocks. It is asked once for a folder and the answer kept, since the two ways give keys that
 * differ a little: what was read yesterday and what is asked today are to be computed in the same way.
 */
export async function encoderTensors(
  folder: string,
  manifest: Manifest,
  adapter: Adapter,
  lowRanks: Loras | undefined,
  side: WeightSide,
  isWorthIt: () => Promise<boolean>,
): Promise<Tensors | undefined> {
  const file = fileName(manifest, adapter);
  const places = placed(manifest, adapter.layer, file, side);
  const path = join(folder, file);
  const refused = `${file.slice(0, -SUFFIX.length)}${REFUSED}`;
  try {
    if (!(await isSound(path))) {
      if (await stat(join(folder, refused)).catch(() => undefined)) return undefined;
      if (!(await isWorthIt())) {
        await writing(
          writeFile(join(folder, refused), 'Integer products were measured here once and are not faster.\n'),
        );
        await removeFormer(folder, refused);
        return undefined;
      }
      await make(path, folder, manifest.tensors, places, lowRanks);
      await removeFormer(folder, file);
    }
  } catch (error) {
    if (!isAppError(error, 'engine/not-kept')) throw error;
    // Another process may have made it meanwhile.
    if (!(await isSound(path))) return undefined;
  }
  return { ...manifest.tensors, ...places };
}

function fileName(manifest: Manifest, adapter: Adapter): string {
  const parts = [
    LAYOUT,
    adapter.layer,
    adapter.file.sha256,
    ...Object.values(manifest.files).map(({ sha256 }) => sha256),
  ];
  return `${PREFIX}${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)}${SUFFIX}`;
}

/** Where each matrix of the first `layers` blocks lies in the file. */
function placed(
  manifest: Manifest,
  layers: number,
  file: string,
  side: WeightSide,
): Record<string, Extract<TensorEntry, { kind: 'w8a8' }>> {
  const names = Array.from({ length: layers }, (_, layer) => `layers.${layer}.`);
  let offset = 0;
  const next = (bytes: number) => {
    const place = { file, offset, bytes };
    offset += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    return place;
  };
  return Object.fromEntries(
    Object.entries(manifest.tensors)
      .filter(([name, entry]) => entry.kind !== 'float32' && names.some((prefix) => name.startsWith(prefix)))
      .map(([name, { shape }]) => {
        const [rows = 0, columns = 0] = shape;
        const groups = groupsOf(name, columns);
        const data = next(rows * columns);
        return [name, { kind: 'w8a8', side, shape, groups, data, scales: next(4 * groups * rows) }];
      }),
  );
}

/** As many equal groups as leave each its width. */
function groupsOf(name: string, columns: number): number {
  const width = WIDTHS.find(([ending]) => ending.test(name))?.[1] ?? columns;
  let groups = Math.max(1, Math.floor(columns / width));
  while (columns % groups !== 0) groups -= 1;
  return groups;
}

async function make(
  path: string,
  folder: string,
  tensors: Tensors,
  places: ReturnType<typeof placed>,
  lowRanks: Loras | undefined,
): Promise<void> {
  await replaceFile(path, async (handle) => {
    const hash = createHash('sha256');
    for (const [name, { groups, data, scales }] of Object.entries(places)) {
      const matrix = await BlockMatrix.read(folder, blocks(tensors, name));
      const made = eightBit(matrix, lowRanks?.[name], groups);
      await put(handle, hash, made.data, data.bytes);
      await put(handle, hash, made.scales, scales.bytes);
    }
    await writing(handle.write(hash.digest()));
  });
}

function blocks(tensors: Tensors, name: string): Blocks {
  const entry = tensors[name];
  if (entry?.kind === 'int4' || entry?.kind === 'int8') return entry;
  throw new TypeError(`The tensor ${name} is not in blocks.`);
}

async function put(
  handle: FileHandle,
  hash: ReturnType<typeof createHash>,
  values: Int8Array | Float32Array,
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

/** Takes away what another adapter or a killed process left. */
async function removeFormer(folder: string, own: string): Promise<void> {
  const left = (await readdir(folder)).filter(
    (name) => name.startsWith(PREFIX) && (name.includes(SUFFIX) || name.endsWith(REFUSED)) && name !== own,
  );
  // One that is in use on Windows stays until next time.
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true }).catch(() => undefined)));
}
