import { createHash, hash } from 'node:crypto';
import { endianness } from 'node:os';

import { createBLAKE3 } from 'hash-wasm';

/** LtHash16 with 1024 lanes: more than 200 bits against collisions (Lewi et al. 2019, section 4). */
const LANES = 1024;
/** Bytes of a set hash, and of the expansion of one element. */
export const SET_HASH_BYTES = 2 * LANES;

const blake3 = await createBLAKE3(8 * SET_HASH_BYTES);
const isBigEndian = endianness() === 'BE';

/** One embedded segment, as an element of the set. */
export interface SetElement {
  readonly path: string;
  /** Its place among the segments of its file, from 0. */
  readonly ordinal: number;
  /** contentHash() of its text, [32] */
  readonly contentHash: Uint8Array;
  /** vectorsHash() of its stored vectors, [32] */
  readonly vectorsHash: Uint8Array;
}

/**
 * An additive hash of a set of embedded segments: each element is expanded to 1024 numbers of 16 bits, which are added
 * modulo 2^16. So order and grouping do not matter, the hash of a scope is the sum over its files, and taking files out
 * leaves exactly what a rebuild without them gives, at the cost of what changed.
 *
 * LtHash (Lewi, Kim, Maykov and Weis, "Securing Update Propagation with Homomorphic Hashing", IACR 2019/227), after
 * AdHash (Bellare and Micciancio, "A New Paradigm for Collision-Free Hashing", 1997), over BLAKE3 with 2048 bytes.
 */
export class SetHash {
  /** [1024], each modulo 2^16 */
  readonly #lanes: Uint16Array;

  /** The hash of nothing, or that of stored bytes. @param bytes [2048] @throws RangeError on another length */
  constructor(bytes: Uint8Array = new Uint8Array(SET_HASH_BYTES)) {
    if (bytes.length !== SET_HASH_BYTES) {
      throw new RangeError(`A set hash has ${SET_HASH_BYTES} bytes, not ${bytes.length}.`);
    }
    this.#lanes = lanesOf(Uint8Array.from(bytes));
  }

  add(element: SetElement): void {
    this.#apply(expand(element), 1);
  }

  /** Takes out an element that was added: the exact inverse of `add`. */
  subtract(element: SetElement): void {
    this.#apply(expand(element), -1);
  }

  /** Adds, or takes out, the elements of another set. */
  merge(other: SetHash, sign: 1 | -1 = 1): void {
    this.#apply(other.#lanes, sign);
  }

  equals(other: SetHash): boolean {
    return this.#lanes.every((lane, at) => lane === other.#lanes[at]);
  }

  /** [2048], little-endian: what is stored. */
  bytes(): Uint8Array {
    const bytes = Buffer.from(Uint16Array.from(this.#lanes).buffer);
    return isBigEndian ? bytes.swap16() : bytes;
  }

  /** sha256 (hex) over the lanes: a short name, equal for equal sets on every platform. */
  hex(): string {
    return createHash('sha256').update('set hash 1\n').update(this.bytes()).digest('hex');
  }

  #apply(lanes: Uint16Array, sign: 1 | -1): void {
    const own = this.#lanes;
    // Stores into 16 bits are modulo 2^16.
    for (let at = 0; at < LANES; at++) own[at] = (own[at] ?? 0) + sign * (lanes[at] ?? 0);
  }
}

/** sha256 over the vectors of a record as they are stored: what stands for them in a set hash. */
export function vectorsHash(stored: Uint8Array): Uint8Array {
  return hash('sha256', stored, 'buffer');
}

/** [1024] of one element: BLAKE3 over its fields, extended to 2048 bytes. */
function expand({ path, ordinal, contentHash, vectorsHash: vectors }: SetElement): Uint16Array {
  // JSON keeps the fields apart whatever the path contains, lone surrogates included; the hashes have one length each.
  const place = Buffer.from(JSON.stringify([path, ordinal]));
  return lanesOf(
    blake3
      .init()
      .update(Buffer.concat([place, contentHash, vectors]))
      .digest('binary'),
  );
}

/** [1024], over the bytes themselves, which nobody else holds. */
function lanesOf(bytes: Uint8Array): Uint16Array {
  if (isBigEndian) Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).swap16();
  return new Uint16Array(bytes.buffer, bytes.byteOffset, LANES);
}
