import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../../../kernels/graph.ts';
import { halfTable } from '../../../kernels/half.ts';
import type { TensorEntry } from '../../../kernels/manifest.ts';

type Blocks = Extract<TensorEntry, { kind: 'int4' | 'int8' }>;

/** float16 numbers, as they lie in a file, widened. */
export function widened(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const halves = halfTable();
  return Float32Array.from({ length: bytes.length / 2 }, (_, at) => halves[view.getUint16(2 * at, true)] ?? NaN);
}

/** A matrix [N, K] of the base in blocks of 4 or 8 bits (models/build/quantize.py), read row by row as float32. */
export class BlockMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly #bits: 4 | 8;
  readonly #block: number;
  readonly #data: Uint8Array;
  /** [N, K / block] */
  readonly #scales: Float32Array;
  /** [N, ⌈K / block · bits / 8⌉], or none where all are in the middle */
  readonly #zeros: Uint8Array | undefined;

  private constructor(entry: Blocks, data: Uint8Array, scales: Uint8Array, zeros: Uint8Array | undefined) {
    const [rows = 0, columns = 0] = entry.shape;
    this.rows = rows;
    this.columns = columns;
    this.#bits = entry.kind === 'int4' ? 4 : 8;
    this.#block = entry.block;
    this.#data = data;
    this.#scales = widened(scales);
    this.#zeros = zeros;
  }

  /** Reads the matrix out of the shards in `folder`, which were checked before. */
  static async read(folder: string, entry: Blocks): Promise<BlockMatrix> {
    const [data, scales] = await Promise.all([read(folder, entry.data), read(folder, entry.scales)]);
    return new BlockMatrix(entry, data, scales, entry.zeros && (await read(folder, entry.zeros)));
  }

  /** Row `row` into `out` [K]. */
  row(row: number, out: Float32Array): void {
    const blocks = this.columns / this.#block;
    const perByte = 8 / this.#bits;
    const zerosPerRow = Math.ceil(blocks / perByte);
    for (let block = 0; block < blocks; block += 1) {
      const scale = this.#scales[row * blocks + block] ?? NaN;
      const zero = this.#zero(row * zerosPerRow, block);
      const first = block * this.#block;
      let at = (row * this.columns + first) / perByte;
      for (let column = first; column < first + this.#block; column += perByte, at += 1) {
        const byte = this.#data[at] ?? 0;
        if (this.#bits === 8) {
          out[column] = (byte - zero) * scale;
        } else {
          out[column] = ((byte & 15) - zero) * scale;
          out[column + 1] = ((byte >> 4) - zero) * scale;
        }
      }
    }
  }

  #zero(start: number, block: number): number {
    if (this.#zeros === undefined) return 2 ** (this.#bits - 1);
    if (this.#bits === 8) return this.#zeros[start + block] ?? 0;
    const byte = this.#zeros[start + (block >> 1)] ?? 0;
    return block % 2 === 0 ? byte & 15 : byte >> 4;
  }
}

function read(folder: string, { file, offset, bytes }: Place): Promise<Uint8Array> {
  return bytesAt(join(folder, file), offset, bytes);
}

/** `bytes` bytes of a file from `offset` on. Throws RangeError where it ends before. */
export async function bytesAt(path: string, offset: number, bytes: number): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, offset);
    if (bytesRead !== bytes) throw new RangeError(`${path} ends before ${offset + bytes} bytes.`);
    return buffer;
  } finally {
    await handle.close();
  }
}
