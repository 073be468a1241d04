import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { AppError, isAppError } from '../../common/app-error.ts';
import { averagePairs, packedSize, packKeys } from './packed-keys.ts';
import { unpaired } from './shape.ts';
import type { MemoryShape } from './shape.ts';

/** A segment's embeddings, quantized once: what the ledger stores. */
export interface EmbeddingRecord {
  /** [P, d_k / 2]; two numbers of four bits in a byte (packed-keys.ts). A key counts as one of length 1. */
  readonly keys: Uint8Array;
  /** [B, P, d_v]; the value divided by its block's scale. */
  readonly values: Int8Array;
}

/** What the engine hands over: float32 of the same shapes or of twice as many keys, L2-normalized. */
export interface FloatRecord {
  readonly keys: Float32Array;
  readonly values: Float32Array;
}

const FORMAT = {
  /** 1, which had keys of eight bits (former-record.ts), and this one. */
  version: 2,
  /** version 1, tokens 2, keySize 2, blocks 1, valueSize 2 (little-endian). */
  headerBytes: 8,
  checksumBytes: 4,
  /** An int8 of 127 is a component of 1; -128 is never written, so that negating a key is exact. */
  one: 127,
  /** How far a key's length may be from 1: float16 kernels stay within 0.002, a key not normalized is far outside. */
  lengthTolerance: 0.02,
} as const;

/**
 * A float record in few bits. Keys: round(127 · k), then the nearest of 15 steps (packKeys); of twice as many keys as
 * are stored, the means of each two (averagePairs); values of block b: round(v / scales[b]) in int8; halves away from
 * zero, clamped. The same floats give the same bytes everywhere, and keys that were once stored in eight bits, or each
 * by itself, give the bytes of keys that are made anew.
 *
 * `scales`: one per block, from the adapter. Throws `memory/record` on NaN, Infinity, a wrong length, or a key that is
 * not L2-normalized (it would be clamped without anyone noticing).
 */
export function quantize(record: FloatRecord, shape: MemoryShape, scales: readonly number[]): EmbeddingRecord {
  const { tokens, keySize, blocks, valueSize } = shape;
  const made = unpaired(shape);
  const isPaired = made !== undefined && record.keys.length === made.tokens * keySize;
  const hasLength = isPaired || record.keys.length === tokens * keySize;
  if (!hasLength || record.values.length !== blocks * tokens * valueSize) {
    throw new AppError(
      'memory/record',
      `A record has ${record.keys.length} key and ${record.values.length} value numbers; ` +
        `this adapter makes ${tokens * keySize} and ${blocks * tokens * valueSize}.`,
    );
  }
  if (scales.length !== blocks) {
    throw new AppError('memory/record', `The adapter gives ${scales.length} value scales for ${blocks} memory blocks.`);
  }
  const eightBits = new Int8Array(record.keys.length);
  for (let from = 0; from < record.keys.length; from += keySize) {
    eightBits.set(quantizeVector(record.keys.subarray(from, from + keySize)), from);
  }
  const values = new Int8Array(record.values.length);
  const perBlock = tokens * valueSize;
  scales.forEach((scale, block) => {
    if (!(scale > 0 && Number.isFinite(scale))) {
      throw new AppError('memory/record', `The value scale of block ${block} is ${scale}; it must be above 0.`);
    }
    for (let i = block * perBlock; i < (block + 1) * perBlock; i++) values[i] = toInt8((record.values[i] ?? 0) / scale);
  });
  const keys = packKeys(eightBits, keySize);
  return { keys: isPaired ? averagePairs(keys, keySize) : keys, values };
}

/**
 * One L2-normalized key or question, d_k floats, to int8. Throws `memory/record` when its length is not 1 (NaN
 * included).
 */
export function quantizeVector(key: Float32Array): Int8Array {
  let square = 0;
  for (const component of key) square += component * component;
  const length = Math.sqrt(square);
  if (!(Math.abs(length - 1) <= FORMAT.lengthTolerance)) {
    throw new AppError('memory/record', `A key has length ${length}; the model must give keys of length 1.`);
  }
  return Int8Array.from(key, (component) => toInt8(component * FORMAT.one));
}

function toInt8(x: number): number {
  if (!Number.isFinite(x))
    throw new AppError('memory/record', `A record holds ${x}; the model gave a number that cannot be stored.`);
  const rounded = Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
  return Math.max(-FORMAT.one, Math.min(FORMAT.one, rounded));
}

/**
 * One blob: header, keys, values, CRC-32 over all before it. The checksum is there because SQLite's own checks do not
 * look inside a blob, and a flipped bit in a vector would never be noticed.
 */
export function encodeRecord(record: EmbeddingRecord, shape: MemoryShape): Uint8Array {
  checkLengths(record, shape);
  const body = FORMAT.headerBytes + record.keys.length + record.values.length;
  const blob = new Uint8Array(body + FORMAT.checksumBytes);
  const view = new DataView(blob.buffer);
  view.setUint8(0, FORMAT.version);
  view.setUint16(1, shape.tokens, true);
  view.setUint16(3, shape.keySize, true);
  view.setUint8(5, shape.blocks);
  view.setUint16(6, shape.valueSize, true);
  blob.set(record.keys, FORMAT.headerBytes);
  blob.set(
    new Uint8Array(record.values.buffer, record.values.byteOffset, record.values.length),
    FORMAT.headerBytes + record.keys.length,
  );
  view.setUint32(body, crc32(blob.subarray(0, body)), true);
  return blob;
}

/**
 * The record in a blob, as views into it (no copy). Throws `memory/record` on another version, shape, length or
 * checksum.
 */
export function decodeRecord(blob: Uint8Array, shape: MemoryShape): EmbeddingRecord {
  return openBlob(blob, shape, FORMAT.version, shape.tokens * packedSize(shape.keySize));
}

/** Keys and values of a blob of some version, whose keys have so many bytes. Throws as decodeRecord() does. */
export function openBlob(blob: Uint8Array, shape: MemoryShape, version: number, keyBytes: number): EmbeddingRecord {
  const valueBytes = shape.blocks * shape.tokens * shape.valueSize;
  const body = FORMAT.headerBytes + keyBytes + valueBytes;
  if (blob.length !== body + FORMAT.checksumBytes) {
    throw new AppError(
      'memory/record',
      `A stored record has ${blob.length} bytes; this adapter's have ${body + FORMAT.checksumBytes}.`,
    );
  }
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  if (view.getUint32(body, true) !== crc32(blob.subarray(0, body))) {
    throw new AppError('memory/record', 'A stored record does not match its checksum.');
  }
  if (blob[0] !== version) {
    throw new AppError('memory/record', `A stored record has format ${blob[0] ?? 0}; ${version} is read here.`);
  }
  const { tokens, keySize, blocks, valueSize } = shapeIn(blob);
  if (
    [tokens, keySize, blocks, valueSize].join() !== [shape.tokens, shape.keySize, shape.blocks, shape.valueSize].join()
  ) {
    throw new AppError('memory/record', 'A stored record was made by an adapter of another shape.');
  }
  const start = blob.byteOffset + FORMAT.headerBytes;
  return {
    keys: new Uint8Array(blob.buffer, start, keyBytes),
    values: new Int8Array(blob.buffer, start + keyBytes, valueBytes),
  };
}

/** The stored keys of a blob of this version, and d_k; undefined for any other blob, which nobody can tell. */
export function keysIn(blob: Uint8Array): { readonly packed: Uint8Array; readonly keySize: number } | undefined {
  try {
    const shape = shapeIn(blob);
    return { packed: decodeRecord(blob, shape).keys, keySize: shape.keySize };
  } catch (error) {
    if (!isAppError(error, 'memory/record')) throw error;
    return undefined;
  }
}

/** The shape that a blob of any version says it has. Throws `memory/record` where it is too short to say so. */
export function shapeIn(blob: Uint8Array): MemoryShape {
  if (blob.length < FORMAT.headerBytes)
    throw new AppError('memory/record', `A stored record has ${blob.length} bytes.`);
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  return {
    tokens: view.getUint16(1, true),
    keySize: view.getUint16(3, true),
    blocks: view.getUint8(5),
    valueSize: view.getUint16(6, true),
  };
}

/** Throws `memory/record` unless the arrays have the shape's lengths. */
function checkLengths(record: EmbeddingRecord, shape: MemoryShape): void {
  const keys = shape.tokens * packedSize(shape.keySize);
  const values = shape.blocks * shape.tokens * shape.valueSize;
  if (record.keys.length !== keys || record.values.length !== values) {
    throw new AppError(
      'memory/record',
      `A record has ${record.keys.length} bytes of keys and ${record.values.length} of values; this adapter's have ${keys} and ${values}.`,
    );
  }
}

/**
 * The name of a record, from everything that decides it: sha256, hex. `adapter` names base model and adapter together.
 * Text that was encoded before is found by this name on any branch and in any worktree (peers re-index per branch).
 */
export function contentHash(adapter: string, header: string, text: string): string {
  // JSON keeps the three apart whatever they contain, lone surrogates included.
  return createHash('sha256')
    .update(JSON.stringify([adapter, header, text]))
    .digest('hex');
}
