import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '../../kernels/graph.ts';
import { parseManifest } from '../../kernels/manifest.ts';
import type { BaseConfig, Manifest, TensorEntry } from '../../kernels/manifest.ts';
import { mulberry32 } from '../../src/common/random.ts';

const BLOCK = 32;
const FILE = 'weights.bin';
/** Deviation of whole numbers drawn evenly from 16 or from 256. */
const DEVIATION = { int4: 4.6, int8: 73.9 } as const;

/** The shipped base's sizes, and some that a processor in the place of a GPU runs in seconds. */
export const SIZES: Readonly<Record<'base' | 'tiny', BaseConfig>> = {
  base: {
    architecture: 'qwen2',
    layers: 24,
    hidden: 896,
    heads: 14,
    kvHeads: 2,
    headDim: 64,
    intermediate: 4864,
    vocab: 151_936,
    ropeTheta: 1_000_000,
    rmsEps: 1e-6,
    context: 32_768,
  },
  tiny: {
    architecture: 'qwen2',
    layers: 3,
    hidden: 128,
    heads: 4,
    kvHeads: 2,
    headDim: 32,
    intermediate: 256,
    vocab: 512,
    ropeTheta: 10_000,
    rmsEps: 1e-6,
    context: 1_024,
  },
};

/**
 * A base of random weights in the shipped one's precisions: as fast as the real one, and nothing has to be brought
 * along. The same numbers every time; states are of ordinary size.
 */
export function writeRandomBase(folder: string, config: BaseConfig): Manifest {
  const file = openSync(join(folder, FILE), 'w');
  const tensors: Record<string, TensorEntry> = {};
  const random = mulberry32(11);
  const noise = Buffer.from(Uint8Array.from({ length: (1 << 20) + 7 }, () => Math.floor(random() * 256)));
  let bytes = 0;
  const place = (data: Buffer): Place => {
    const found = { file: FILE, offset: bytes, bytes: data.length };
    bytes += writeSync(file, data);
    bytes += writeSync(file, Buffer.alloc((64 - (bytes % 64)) % 64));
    return found;
  };
  const filled = (length: number, by: Buffer) => Buffer.alloc(length, by);
  const floats = (name: string, size: number, value: number) => {
    const data = place(Buffer.from(new Float32Array(size).fill(value).buffer));
    tensors[name] = { kind: 'float32', shape: [size], data };
  };
  const matrix = (name: string, kind: 'int4' | 'int8', [rows, columns]: readonly [number, number]) => {
    const blocks = columns / BLOCK;
    const scale = Buffer.from(Uint16Array.of(powerOfTwo(1 / (DEVIATION[kind] * Math.sqrt(columns)))).buffer);
    const data = place(filled((rows * columns * (kind === 'int4' ? 4 : 8)) / 8, noise));
    const scales = place(filled(2 * rows * blocks, scale));
    const zeros = kind === 'int4' ? { zeros: place(filled(rows * Math.ceil(blocks / 2), Buffer.of(0x88))) } : {};
    tensors[name] = { kind, shape: [rows, columns], block: BLOCK, data, scales, ...zeros };
  };
  const { hidden, heads, kvHeads, headDim, intermediate, vocab } = config;
  matrix('embedding.0', 'int8', [vocab / 2, hidden]);
  matrix('embedding.1', 'int8', [vocab / 2, hidden]);
  for (let layer = 0; layer < config.layers; layer += 1) {
    const own = `layers.${layer}`;
    floats(`${own}.attention.norm`, hidden, 1);
    floats(`${own}.mlp.norm`, hidden, 1);
    for (const part of ['q', 'k', 'v']) {
      const rows = (part === 'q' ? heads : kvHeads) * headDim;
      matrix(`${own}.attention.${part}`, part === 'q' ? 'int4' : 'int8', [rows, hidden]);
      floats(`${own}.attention.${part}.bias`, rows, 0);
    }
    matrix(`${own}.attention.o`, 'int4', [hidden, heads * headDim]);
    matrix(`${own}.mlp.gate`, 'int4', [intermediate, hidden]);
    matrix(`${own}.mlp.up`, 'int4', [intermediate, hidden]);
    matrix(`${own}.mlp.down`, 'int4', [hidden, intermediate]);
  }
  floats('norm', hidden, 1);
  closeSync(file);
  const files = { [FILE]: { bytes, sha256: '' } };
  return parseManifest(JSON.stringify({ format: 1, name: 'random', config, files, tensors }));
}

/** The nearest power of two of a small number, as the bits of a half. */
function powerOfTwo(value: number): number {
  return (Math.round(Math.log2(value)) + 15) << 10;
}
