import type * as ort from 'onnxruntime-node';

import { floats, keyValueCache, runDecoder } from '../../../src/engine/runtime/decoder.ts';
import { emptyMemory } from './reference/infini-attention.ts';
import type { HeadMemory } from './reference/infini-attention.ts';
import { Matrix } from './reference/matrix.ts';
import { CONFIG, floatTensor, randomMatrix } from './support.ts';

const OUTPUTS = ['attended', 'local', 'after.0.matrix', 'after.0.norm'];

/** One segment's projections before rotation: query [T, H d], key and value [T, G d]. */
export interface Segment {
  readonly query: Matrix;
  readonly key: Matrix;
  readonly value: Matrix;
}

export function randomSegment(tokens: number, normal: () => number): Segment {
  const { heads, kvHeads, headDim } = CONFIG;
  return {
    query: randomMatrix(tokens, heads * headDim, normal),
    key: randomMatrix(tokens, kvHeads * headDim, normal),
    value: randomMatrix(tokens, kvHeads * headDim, normal),
  };
}

/** Tokens `from` to `to` of a segment. */
export function part({ query, key, value }: Segment, from: number, to: number): Segment {
  const rows = ({ columns, data }: Matrix) => new Matrix(to - from, columns, data.slice(from * columns, to * columns));
  return { query: rows(query), key: rows(key), value: rows(value) };
}

/** One memory per key/value head as a graph's inputs: `read`, and `write` where a segment's first call is meant. */
export function memoryFeeds(memory: readonly HeadMemory[]): Record<string, ort.Tensor> {
  const { rows, columns } = memory[0]!.matrix;
  const matrix = memory.flatMap((head) => [...head.matrix.data]);
  const norm = memory.flatMap((head) => [...head.norm.data]);
  return feeds(floatTensor(matrix, [1, memory.length, rows, columns]), floatTensor(norm, [1, memory.length, rows]));
}

function feeds(matrix: ort.Tensor, norm: ort.Tensor): Record<string, ort.Tensor> {
  return { 'read.0.matrix': matrix, 'read.0.norm': norm, 'write.0.matrix': matrix, 'write.0.norm': norm };
}

/** A document that runs through `infiniGraph`: what it reads, what it writes, and the keys of its segment so far. */
export class DocumentStream {
  readonly #session: ort.InferenceSession;
  readonly #gate: ort.Tensor;
  readonly #size: number;
  #memory: Record<string, ort.Tensor> = {};
  #cache = keyValueCache(CONFIG, [0, 1], 'grown');

  /** `size` is d_φ. */
  constructor(session: ort.InferenceSession, gates: readonly number[], size: number) {
    this.#session = session;
    this.#gate = floatTensor(gates, [gates.length]);
    this.#size = size;
    this.startDocument();
  }

  /** Nothing of the document before is left. */
  startDocument(): void {
    this.#memory = memoryFeeds(emptyMemory(CONFIG.kvHeads, this.#size, CONFIG.headDim));
    this.#cache = keyValueCache(CONFIG, [0, 1], 'grown');
  }

  /** One call over a segment or a part of one. */
  async call(segment: Segment): Promise<Record<string, Float32Array>> {
    const tokens = segment.query.rows;
    const row = ({ data, columns }: Matrix) => floatTensor(data, [1, tokens, columns]);
    const inputs = { query: row(segment.query), key: row(segment.key), value: row(segment.value) };
    const main = { ...inputs, ...this.#memory, 'gate.0': this.#gate };
    const results = await runDecoder(this.#session, main, this.#cache, tokens, OUTPUTS);
    this.#memory['write.0.matrix'] = results['after.0.matrix']!;
    this.#memory['write.0.norm'] = results['after.0.norm']!;
    return Object.fromEntries(OUTPUTS.map((name) => [name, floats(results, name)]));
  }

  /** What was written is read from here on, and local attention begins anew. */
  endSegment(): void {
    this.#memory = feeds(this.#memory['write.0.matrix']!, this.#memory['write.0.norm']!);
    this.#cache = keyValueCache(CONFIG, [0, 1], 'grown');
  }

  /** A whole document, a call a segment. */
  async run(segments: readonly Segment[]): Promise<Record<string, Float32Array>[]> {
    this.startDocument();
    const runs: Record<string, Float32Array>[] = [];
    for (const segment of segments) {
      runs.push(await this.call(segment));
      this.endSegment();
    }
    return runs;
  }
}
