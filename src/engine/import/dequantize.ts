import { halfTable } from '../../../kernels/half.ts';

/** Reads the block that begins at byte `at` into `out`, from `to` on. */
type Reader = (raw: Uint8Array, at: number, out: Float32Array, to: number) => void;

interface Kind {
  readonly name: string;
  /** Numbers of a block, and its bytes. */
  readonly block: number;
  readonly bytes: number;
  readonly read: Reader;
}

/** Numbers of a block: of the plain kinds, and of those with a K. */
const SMALL = 32;
const LARGE = 256;

/**
 * How numbers lie in a GGUF file, by the type's number there (ggml.h, `ggml_type`; the blocks as ggml-common.h lays
 * them out). A block is a scale in half precision and small integers; the kinds with a 1 add a least number, and those
 * with a K have scales of scales.
 */
const KINDS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [0, { name: 'F32', block: 1, bytes: 4, read: float32 }],
  [1, { name: 'F16', block: 1, bytes: 2, read: (raw, at, out, to) => void (out[to] = half(raw, at)) }],
  [2, { name: 'Q4_0', block: SMALL, bytes: 18, read: nibbles({ hasLeast: false, hasFifthBit: false }) }],
  [3, { name: 'Q4_1', block: SMALL, bytes: 20, read: nibbles({ hasLeast: true, hasFifthBit: false }) }],
  [6, { name: 'Q5_0', block: SMALL, bytes: 22, read: nibbles({ hasLeast: false, hasFifthBit: true }) }],
  [7, { name: 'Q5_1', block: SMALL, bytes: 24, read: nibbles({ hasLeast: true, hasFifthBit: true }) }],
  [8, { name: 'Q8_0', block: SMALL, bytes: 34, read: bytes }],
  [12, { name: 'Q4_K', block: LARGE, bytes: 144, read: scaled({ hasFifthBit: false }) }],
  [13, { name: 'Q5_K', block: LARGE, bytes: 176, read: scaled({ hasFifthBit: true }) }],
  [14, { name: 'Q6_K', block: LARGE, bytes: 210, read: sixBits }],
  [30, { name: 'BF16', block: 1, bytes: 2, read: bfloat }],
]);

/** The types that are not read, by the names that people know them by. */
const UNREAD: Readonly<Record<number, string>> = {
  10: 'Q2_K',
  11: 'Q3_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  29: 'IQ1_M',
  39: 'MXFP4',
};

export const readKinds: readonly string[] = Array.from(KINDS.values(), ({ name }) => name);

export function kindName(type: number): string {
  return KINDS.get(type)?.name ?? UNREAD[type] ?? `type ${type}`;
}

/** Bytes of `count` numbers; undefined where the type is not read, or where they do not fill whole blocks. */
export function bytesOf(type: number, count: number): number | undefined {
  const kind = KINDS.get(type);
  return kind === undefined || count % kind.block !== 0 ? undefined : (count / kind.block) * kind.bytes;
}

/** The numbers of whole blocks. Throws RangeError for a type that is not read. */
export function dequantize(type: number, raw: Uint8Array): Float32Array {
  const kind = KINDS.get(type);
  if (kind === undefined) throw new RangeError(`${kindName(type)} is not read.`);
  const blocks = raw.length / kind.bytes;
  const out = new Float32Array(blocks * kind.block);
  for (let block = 0; block < blocks; block += 1) kind.read(raw, block * kind.bytes, out, block * kind.block);
  return out;
}

function half(raw: Uint8Array, at: number): number {
  return halfTable()[(raw[at] ?? 0) | ((raw[at + 1] ?? 0) << 8)] ?? NaN;
}

const word = new Uint8Array(4);
const wordAsFloat = new Float32Array(word.buffer);

function float32(raw: Uint8Array, at: number, out: Float32Array, to: number): void {
  for (let i = 0; i < 4; i += 1) word[i] = raw[at + i] ?? 0;
  out[to] = wordAsFloat[0] ?? NaN;
}

/** The upper half of a float32. */
function bfloat(raw: Uint8Array, at: number, out: Float32Array, to: number): void {
  word[0] = 0;
  word[1] = 0;
  word[2] = raw[at] ?? 0;
  word[3] = raw[at + 1] ?? 0;
  out[to] = wordAsFloat[0] ?? NaN;
}

function bytes(raw: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = half(raw, at);
  for (let i = 0; i < SMALL; i += 1) out[to + i] = scale * (((raw[at + 2 + i] ?? 0) << 24) >> 24);
}

/** 16 bytes of nibbles: the lower ones are the first 16 numbers, the upper ones the others. */
function nibbles({ hasLeast, hasFifthBit }: { readonly hasLeast: boolean; readonly hasFifthBit: boolean }): Reader {
  const bits = hasLeast ? 4 : 2;
  const values = bits + (hasFifthBit ? 4 : 0);
  const middle = hasFifthBit ? 16 : 8;
  return (raw, at, out, to) => {
    const scale = half(raw, at);
    const least = hasLeast ? half(raw, at + 2) : -middle * scale;
    for (let i = 0; i < 16; i += 1) {
      const byte = raw[at + values + i] ?? 0;
      const low = hasFifthBit ? (((raw[at + bits + (i >> 3)] ?? 0) >> (i & 7)) & 1) << 4 : 0;
      const high = hasFifthBit ? (((raw[at + bits + 2 + (i >> 3)] ?? 0) >> (i & 7)) & 1) << 4 : 0;
      out[to + i] = scale * ((byte & 15) | low) + least;
      out[to + 16 + i] = scale * ((byte >> 4) | high) + least;
    }
  };
}

/** Eight runs of 32, each with a scale and a least number of six bits, which two half floats scale. */
function scaled({ hasFifthBit }: { readonly hasFifthBit: boolean }): Reader {
  return (raw, at, out, to) => {
    const scale = half(raw, at);
    const leastScale = half(raw, at + 2);
    const packed = at + 4;
    const fifth = packed + 12;
    const values = hasFifthBit ? fifth + 32 : fifth;
    for (let run = 0; run < 8; run += 1) {
      const own = scale * sixBitScale(raw, packed, run);
      const least = leastScale * sixBitLeast(raw, packed, run);
      const from = values + 32 * (run >> 1);
      const shift = (run & 1) * 4;
      for (let i = 0; i < 32; i += 1) {
        const low = ((raw[from + i] ?? 0) >> shift) & 15;
        const value = hasFifthBit ? low | ((((raw[fifth + i] ?? 0) >> run) & 1) << 4) : low;
        out[to + 32 * run + i] = own * value - least;
      }
    }
  };
}

/** The first four scales lie in six bits of a byte each; the upper bits of those bytes hold the rest of the others. */
function sixBitScale(raw: Uint8Array, at: number, run: number): number {
  if (run < 4) return (raw[at + run] ?? 0) & 63;
  return ((raw[at + run + 4] ?? 0) & 15) | (((raw[at + run - 4] ?? 0) >> 6) << 4);
}

function sixBitLeast(raw: Uint8Array, at: number, run: number): number {
  if (run < 4) return (raw[at + run + 4] ?? 0) & 63;
  return ((raw[at + run + 4] ?? 0) >> 4) | (((raw[at + run] ?? 0) >> 6) << 4);
}

/** Q6_K: the lower four bits, the upper two, a scale of eight bits for each run of 16, and one half float. */
function sixBits(raw: Uint8Array, at: number, out: Float32Array, to: number): void {
  const scale = half(raw, at + 208);
  for (let i = 0; i < LARGE; i += 1) {
    const part = i >> 7;
    const quarter = (i >> 5) & 3;
    const column = i & 31;
    const lower = raw[at + 64 * part + 32 * (quarter & 1) + column] ?? 0;
    const upper = raw[at + 128 + 32 * part + column] ?? 0;
    const value = ((lower >> (4 * (quarter >> 1))) & 15) | (((upper >> (2 * quarter)) & 3) << 4);
    out[to + i] = scale * (((raw[at + 192 + (i >> 4)] ?? 0) << 24) >> 24) * (value - 32);
  }
}
