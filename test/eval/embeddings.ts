import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Candidate } from './candidates.ts';
import { chunk } from './chunks.ts';
import { minilm, type Encoder } from './encoder.ts';
import type { Lines } from './metrics.ts';

/** Raised when chunks are cut or stored in another way, so that old files in the cache are not read. */
const version = 1;

/** An embedded run of lines; `row` has length 1. */
export interface EmbeddedChunk extends Lines {
  readonly row: Float32Array;
}

/**
 * MiniLM embeddings of files and questions, kept in a cache folder. A cache file is named by a hash of the model, the
 * path and the text, so that nothing stale is read, a run that was cut off goes on where it stopped, and two commits of
 * a repository share what they have in common.
 */
export class Embeddings {
  readonly #encoder: Encoder;
  readonly #folder: string;
  readonly #tokens = new Map<string, readonly number[]>();

  constructor(encoder: Encoder, cache: string) {
    this.#encoder = encoder;
    this.#folder = join(cache, 'embeddings');
  }

  /** The chunks of one file, in its order. */
  async ofFile(file: Candidate, signal: AbortSignal): Promise<EmbeddedChunk[]> {
    const place = this.#place(file.path, file.text);
    if (!existsSync(place)) {
      const chunks = chunk(file, (line) => this.#encode(line), minilm.tokens - 2);
      const rows: Float32Array[] = [];
      for (const { ids } of chunks) rows.push(await this.#encoder.embed(ids, signal));
      await write(place, Int32Array.from(chunks.flatMap(({ start, end }) => [start, end])), rows);
    }
    return read(await readFile(place)).map((one) => ({ path: file.path, ...one }));
  }

  /** The embedding of one text, cut to what the model reads; of length 1. */
  async ofText(text: string, signal: AbortSignal): Promise<Float32Array> {
    const place = this.#place('', text);
    if (!existsSync(place)) {
      await write(place, Int32Array.of(0, 0), [await this.#encoder.embed(this.#encoder.tokens(text), signal)]);
    }
    return read(await readFile(place))[0]?.row ?? new Float32Array(minilm.width);
  }

  #encode(line: string): readonly number[] {
    const ids = this.#tokens.get(line) ?? this.#encoder.tokens(line);
    this.#tokens.set(line, ids);
    return ids;
  }

  #place(path: string, text: string): string {
    const hash = createHash('sha256').update([version, this.#encoder.identity, minilm.tokens, path, text].join('\0'));
    const name = hash.digest('hex').slice(0, 40);
    return join(this.#folder, name.slice(0, 2), `${name}.bin`);
  }
}

/** A cache file: two int32 per chunk (first and last line), then a row of float32 per chunk. */
async function write(file: string, lines: Int32Array, rows: readonly Float32Array[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  // Two runs may share the cache.
  const part = `${file}.${process.pid}.part`;
  const bytes = [lines, ...rows].map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  await writeFile(part, Buffer.concat(bytes));
  await rename(part, file);
}

function read(bytes: Buffer): { start: number; end: number; row: Float32Array }[] {
  const count = bytes.length / (4 * (2 + minilm.width));
  const buffer = new Uint8Array(bytes).buffer;
  const lines = new Int32Array(buffer, 0, 2 * count);
  return Array.from({ length: count }, (_, index) => ({
    start: lines[2 * index] ?? 0,
    end: lines[2 * index + 1] ?? 0,
    row: new Float32Array(buffer, 4 * (2 * count + index * minilm.width), minilm.width),
  }));
}
