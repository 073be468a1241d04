import { PACKED_ZERO, stepOf } from '../../src/memory/algebra/packed-keys.ts';

/** Stored keys in 127ths, int8 [P, d_k]: as near to what was packed as four bits are. */
export function unpackKeys(packed: Uint8Array, keySize: number): Int8Array {
  const step = stepOf(keySize);
  return Int8Array.from({ length: 2 * packed.length }, (_, at) => {
    const byte = packed[at >> 1] ?? 0;
    return step * ((at % 2 === 0 ? byte & 15 : byte >> 4) - PACKED_ZERO);
  });
}
