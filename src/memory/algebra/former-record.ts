import { decodeRecord, encodeRecord, openBlob } from './embedding-record.ts';
import type { EmbeddingRecord } from './embedding-record.ts';
import { packKeys } from './packed-keys.ts';
import type { MemoryShape } from './shape.ts';

/** Records of this version had keys of eight bits: int8 [P, d_k], the L2-normalized key times 127. */
const FORMER_VERSION = 1;

/** A record of the version before, with the keys that it has in this one. Throws `memory/record` as decodeRecord(). */
export function decodeFormerRecord(blob: Uint8Array, shape: MemoryShape): EmbeddingRecord {
  const { keys, values } = openBlob(blob, shape, FORMER_VERSION, shape.tokens * shape.keySize);
  return { keys: packKeys(new Int8Array(keys.buffer, keys.byteOffset, keys.length), shape.keySize), values };
}

/**
 * A record of either version as this version stores it: nothing is encoded again, and the bytes are those that encoding
 * gives. Throws `memory/record` where it is not whole.
 */
export function currentRecord(blob: Uint8Array, shape: MemoryShape): Uint8Array {
  if (blob[0] === FORMER_VERSION) return encodeRecord(decodeFormerRecord(blob, shape), shape);
  decodeRecord(blob, shape);
  return blob;
}
