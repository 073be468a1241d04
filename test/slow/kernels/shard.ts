import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Place } from '../../../kernels/graph.ts';
import { parseManifest } from '../../../kernels/manifest.ts';
import type { BaseConfig, Manifest, TensorEntry } from '../../../kernels/manifest.ts';
import { halfToNumber } from '../../../kernels/half.ts';
import { dequantize } from './reference/linear.ts';
import { Matrix } from './reference/matrix.ts';
import { CONFIG, generator, randomMatrix } from './support.ts';

export type Kind = Exclude<TensorEntry['kind'], 'w8a8'>;

const BLOCK = 32;
const FILE = 'weights.bin';

/** One file of tensors beside a manifest, in the layout of models/build/quantize.py, and what the tensors stand for. */
export class Shard {
  readonly tensors: Record<string, TensorEntry> = {};
  /** What the graphs compute with, in float64. */
  readonly values: Record<string, Matrix> = {};
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  add(name: string, matrix: Matrix, kind: Kind, shape: readonly number[] = [matrix.rows, matrix.columns]): void {
    if (kind === 'float32') {
      this.tensors[name] = { kind, shape, data: this.#place(Float32Array.from(matrix.data)) };
      this.values[name] = matrix;
      return;
    }
    const quantized = pack(matrix, kind === 'int4' ? 4 : 8);
    this.tensors[name] = {
      kind,
      shape,
      block: BLOCK,
      data: this.#place(quantized.data),
      scales: this.#place(quantized.scales),
      ...(quantized.zeros ? { zeros: this.#place(quantized.zeros) } : {}),
    };
    this.values[name] = dequantize(quantized);
  }

  /** A float16 tensor, as the adapter has them: its place, and the numbers that it holds. */
  half(matrix: Matrix, shape: readonly number[]): { place: { shape: readonly number[]; data: Place }; value: Matrix } {
    const halves = Uint16Array.from(matrix.data, toHalf);
    const value = new Matrix(matrix.rows, matrix.columns, Array.from(halves, halfToNumber));
    return { place: { shape, data: this.#place(halves) }, value };
  }

  /** Writes the file and gives its manifest, parsed from JSON as the engine does. */
  write(folder: string, config: BaseConfig = CONFIG): Manifest {
    writeFileSync(join(folder, FILE), Buffer.concat(this.#chunks));
    const files = { [FILE]: { bytes: this.#bytes, sha256: '' } };
    return parseManifest(JSON.stringify({ format: 1, name: 'tiny', config, files, tensors: this.tensors }));
  }

  #place(values: Uint8Array | Uint16Array | Float32Array): Place {
    const place = { file: FILE, offset: this.#bytes, bytes: values.byteLength };
    const padded = new Uint8Array(Math.ceil(values.byteLength / 64) * 64);
    padded.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    this.#chunks.push(padded);
    this.#bytes += padded.length;
    return place;
  }
}

/**
 * A whole decoder of `CONFIG` with random weights: projections of `kind`, biases as Qwen2 has them, the table in two
 * parts.
 */
export function randomDecoder(kind: Kind, seed: number, table: Kind = kind): Shard {
  const [shard, normal] = [new Shard(), generator(seed)];
  const { layers, hidden, heads, kvHeads, headDim, intermediate, vocab } = CONFIG;
  const project = (name: string, rows: number, columns: number) => {
    shard.add(name, randomMatrix(rows, columns, normal, 1 / Math.sqrt(columns)), kind);
  };
  const vector = (name: string, size: number, mean: number) => {
    const values = randomMatrix(1, size, normal, 0.2).map((value) => Math.fround(value + mean));
    shard.add(name, values, 'float32', [size]);
  };
  const border = 30;
  shard.add('embedding.0', randomMatrix(border, hidden, normal), table);
  shard.add('embedding.1', randomMatrix(vocab - border, hidden, normal), table);
  for (let layer = 0; layer < layers; layer += 1) {
    const prefix = `layers.${layer}`;
    vector(`${prefix}.attention.norm`, hidden, 1);
    const rows = { q: heads * headDim, k: kvHeads * headDim, v: kvHeads * headDim };
    for (const [part, size] of Object.entries(rows)) {
      project(`${prefix}.attention.${part}`, size, hidden);
      vector(`${prefix}.attention.${part}.bias`, size, 0);
    }
    project(`${prefix}.attention.o`, hidden, heads * headDim);
    vector(`${prefix}.mlp.norm`, hidden, 1);
    project(`${prefix}.mlp.gate`, intermediate, hidden);
    project(`${prefix}.mlp.up`, intermediate, hidden);
    project(`${prefix}.mlp.down`, hidden, intermediate);
  }
  vector('norm', hidden, 1);
  return shard;
}

/** Blocks of 32 to 4 bits with a zero point between, or to 8 bits around 128, with scales in half precision. */
function pack(matrix: Matrix, bits: 4 | 8) {
  const { rows, columns } = matrix;
  const blocks = columns / BLOCK;
  const scales = new Uint16Array(rows * blocks);
  const zeros = new Uint8Array(rows * Math.ceil(blocks / 2)).fill(0x88);
  const data = new Uint8Array((rows * columns * bits) / 8);
  for (let row = 0; row < rows; row += 1) {
    for (let block = 0; block < blocks; block += 1) {
      const values = matrix.row(row).subarray(block * BLOCK, (block + 1) * BLOCK);
      const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
      const half = toHalf(bits === 4 ? (most - least) / 15 : Math.max(most, -least) / 127);
      const scale = halfToNumber(half);
      const zero = bits === 4 ? Math.min(15, Math.round(-least / scale)) : 128;
      scales[row * blocks + block] = half;
      if (bits === 4) setNibble(zeros, row * Math.ceil(blocks / 2) * 2 + block, zero);
      values.forEach((value, i) => {
        const at = row * columns + block * BLOCK + i;
        const whole = Math.max(0, Math.min(2 ** bits - 1, Math.round(value / scale) + zero));
        if (bits === 4) setNibble(data, at, whole);
        else data[at] = whole;
      });
    }
  }
  return { bits, rows, columns, block: BLOCK, data, scales, ...(bits === 4 ? { zeros } : {}) };
}

function setNibble(bytes: Uint8Array, index: number, value: number): void {
  const byte = bytes[index >> 1]!;
  bytes[index >> 1] = index % 2 === 0 ? (byte & 0xf0) | value : (byte & 0x0f) | (value << 4);
}

/** The nearest binary16 of a number below 65,504. */
export function toHalf(value: number): number {
  const magnitude = Math.abs(value);
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude || 1)));
  const steps = Math.round(magnitude / 2 ** (exponent - 10));
  return (value < 0 ? 0x8000 : 0) | (magnitude === 0 ? 0 : ((exponent + 14) << 10) + steps);
}
