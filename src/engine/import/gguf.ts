import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { readAt } from '../../common/file-bytes.ts';
import { cut, storedBytes, storedRows, unreadable } from './stored-tensor.ts';
import type { StoredTensor } from './stored-tensor.ts';

/** What a GGUF file says of its model. Arrays of numbers and of texts are kept as they are. */
type Metadata = ReadonlyMap<string, unknown>;

/** The versions of the format that are read; the first had lengths of 32 bits and is long gone. */
const VERSIONS = [2, 3];
const MAGIC = 0x46554747;
/** Bytes, where a header does not say otherwise. */
const ALIGNMENT = 32;
/** Bytes of a header: a vocabulary has ten million. */
const HEADER = { first: 2 ** 24, most: 2 ** 28 } as const;
/** Of a tensor; none that is read has more. */
const MOST_DIMENSIONS = 4;
/** Of an array: several times the largest vocabulary. */
const MOST_ITEMS = 2 ** 22;

/** Thrown inside where the bytes at hand end. */
class EndOfHeader extends Error {}

/**
 * A model file of llama.cpp (its docs: ggml/docs/gguf.md), opened for reading. Its numbers are read some rows at a
 * time, so that the file never lies in memory as a whole.
 */
export class GgufFile {
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly name: string;
  readonly #handle: FileHandle;

  private constructor(name: string, handle: FileHandle, { metadata, tensors }: Header) {
    this.name = name;
    this.#handle = handle;
    this.metadata = metadata;
    this.tensors = tensors;
  }

  /** Opens a file and checks all that its header says. Throws `answer-model/unreadable` in one plain sentence. */
  static async open(path: string): Promise<GgufFile> {
    const name = basename(path);
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile() !== true) throw unreadable(`There is no model file ${path}.`);
    const handle = await open(path);
    try {
      return new GgufFile(name, handle, await readHeader(handle, info.size, name));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** `count` rows of a tensor as float32 [count, columns]; a vector is one row. */
  async rows(tensor: string, first: number, count: number): Promise<Float32Array> {
    const info = this.tensors.get(tensor);
    if (info === undefined) throw unreadable(`${this.name} has no tensor ${tensor}.`);
    return storedRows(info, { handle: this.#handle, name: this.name }, first, count);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

interface Header {
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Reads as much of the file as the header turns out to need. */
async function readHeader(handle: FileHandle, size: number, name: string): Promise<Header> {
  for (let wanted: number = HEADER.first; ; wanted *= 2) {
    const bytes = await readAt(handle, Math.min(wanted, size), 0);
    try {
      return parsed(new HeaderReader(bytes), size, name);
    } catch (error) {
      if (!(error instanceof EndOfHeader)) throw error;
      if (bytes.length === size) throw cut(name);
      if (wanted >= HEADER.most) {
        throw unreadable(`The header of the model file ${name} does not end.`);
      }
    }
  }
}

function parsed(reader: HeaderReader, size: number, name: string): Header {
  if (size < 4 || reader.uint32() !== MAGIC) {
    throw unreadable(`${name} is not a GGUF file.`);
  }
  const version = reader.uint32();
  if (!VERSIONS.includes(version)) {
    throw unreadable(`${name} is a GGUF file of version ${version}; 2 and 3 are read.`);
  }
  const tensorCount = reader.size();
  const metadataCount = reader.size();
  const metadata = new Map<string, unknown>();
  for (let entry = 0; entry < metadataCount; entry += 1) {
    const key = reader.text();
    metadata.set(key, reader.value(reader.uint32()));
  }
  const infos: [string, StoredTensor][] = [];
  for (let tensor = 0; tensor < tensorCount; tensor += 1) infos.push(tensorInfo(reader, name));
  const alignment = metadata.get('general.alignment') ?? ALIGNMENT;
  if (typeof alignment !== 'number' || !Number.isSafeInteger(alignment) || alignment <= 0) {
    throw unreadable(`The alignment of tensors that the header of ${name} gives is no whole number above 0.`);
  }
  const start = Math.ceil(reader.at / alignment) * alignment;
  const tensors = new Map(infos.map(([key, info]) => [key, { ...info, offset: start + info.offset }]));
  for (const [key, tensor] of tensors) {
    if (!(tensor.offset + storedBytes(key, name, tensor) <= size)) throw cut(name);
  }
  return { metadata, tensors };
}

function tensorInfo(reader: HeaderReader, name: string): [string, StoredTensor] {
  const key = reader.text();
  const dimensions = reader.uint32();
  if (dimensions > MOST_DIMENSIONS) {
    throw unreadable(`The tensor ${key} of ${name} has ${dimensions} dimensions.`);
  }
  // Its own order is the fastest dimension first.
  const shape = Array.from({ length: dimensions }, () => reader.size()).reverse();
  const type = reader.uint32();
  const offset = reader.size();
  return [key, { shape, type, offset }];
}

/** The types of values, by their number in the format. */
const TEXT = 8;
const ARRAY = 9;

class HeaderReader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #decoder = new TextDecoder();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A length or an offset; none that a file has is beyond what a number holds. */
  size(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  text(): string {
    const length = this.size();
    const from = this.#take(length);
    return this.#decoder.decode(this.#bytes.subarray(from, from + length));
  }

  value(type: number): unknown {
    const view = this.#view;
    switch (type) {
      case 0:
        return view.getUint8(this.#take(1));
      case 1:
        return view.getInt8(this.#take(1));
      case 2:
        return view.getUint16(this.#take(2), true);
      case 3:
        return view.getInt16(this.#take(2), true);
      case 4:
        return view.getUint32(this.#take(4), true);
      case 5:
        return view.getInt32(this.#take(4), true);
      case 6:
        return view.getFloat32(this.#take(4), true);
      case 7:
        return view.getUint8(this.#take(1)) !== 0;
      case TEXT:
        return this.text();
      case ARRAY:
        return this.#array();
      case 10:
        return Number(view.getBigUint64(this.#take(8), true));
      case 11:
        return Number(view.getBigInt64(this.#take(8), true));
      case 12:
        return view.getFloat64(this.#take(8), true);
      default:
        throw unreadable(`The header of the model file has a value of type ${type}.`);
    }
  }

  #array(): unknown[] {
    const type = this.uint32();
    const count = this.size();
    if (count > MOST_ITEMS) throw unreadable('The header of the model file has no end.');
    if (type === ARRAY) throw unreadable('The header of the model file nests arrays.');
    const items: unknown[] = [];
    for (let item = 0; item < count; item += 1) items.push(this.value(type));
    return items;
  }

  #take(count: number): number {
    const from = this.at;
    if (!(from + count <= this.#bytes.length)) throw new EndOfHeader();
    this.at = from + count;
    return from;
  }
}
