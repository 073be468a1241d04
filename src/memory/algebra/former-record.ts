import { decodeRecord, encodeRecord, openBlob, shapeIn } from './embedding-record.ts';
import type { EmbeddingRecord } from './embedding-record.ts';
import { averagePairs, packKeys } from './packed-keys.ts';
import { unpaired } from './shape.ts';
import type { MemoryShape } from './shape.ts';

/** Records of this version had keys of eight bits: int8 [P, d_k], the L2-normalized key times 127. */
const FORMER_VERSION = 1;

/** A record of the version before, with the keys that it has in this one. Throws `memory/record` as decodeRecord(). */
export function decodeFormerRecord(blob: Uint8Array, shape: MemoryShape): EmbeddingRecord {
  const { keys, values } = openBlob(blob, shape, FORMER_VERSION, shape.tokens * shape.keySize);
  return { keys: packKeys(new Int8Array(keys.buffer, keys.byteOffset, keys.length), shape.keySize), values };
}

/** A record whose keys are averaged in pairs. */
export function pairedRecord({ keys, values }: EmbeddingRecord, shape: MemoryShape): EmbeddingRecord {
  return { keys: averagePairs(keys, shape.keySize), values };
}

/**
 * A record of any version as this version stores it, also one that has each key by itself: nothing is encoded again,
 * and the bytes are those that encoding gives. Throws `memory/record` where it is not whole.
 */
export function currentRecord(blob: Uint8Array, shape: MemoryShape): Uint8Array {
  const made = unpaired(shape);
  const isSingle = made !== undefined && shapeIn(blob).tokens === made.tokens;
  const own = isSingle ? made : shape;
  const isFormer = blob[0] === FORMER_VERSION;
  const record = isFormer ? decodeFormerRecord(blob, own) : decodeRecord(blob, own);
  if (isSingle) return encodeRecord(pairedRecord(record, shape), shape);
  return isFormer ? encodeRecord(record, shape) : blob;
}
