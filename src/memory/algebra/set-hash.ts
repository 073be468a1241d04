import { createHash, hash } from 'node:crypto';
import { endianness } from 'node:os';

import { createBLAKE3 } from 'hash-wasm';

import { openWasm } from '../../common/wasm.ts';
import { SET_HASH_MODULE } from './set-hash-module.ts';

/** LtHash16 with 1024 lanes: more than 200 bits against collisions (Lewi et al. 2019, section 4). */
const LANES = 1024;
/** Bytes of a set hash, and of the expansion of one element. */
export const SET_HASH_BYTES = 2 * LANES;

/** Bytes of BLAKE3's blocks, and of the input that the module takes: one chunk, beyond which BLAKE3 is a tree. */
const BLOCK_BYTES = 64;
const CHUNK_BYTES = 1024;

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
    addElement(this.#lanes, bytesOf(element), 1);
  }

  /** Takes out an element that was added: the exact inverse of `add`. */
  subtract(element: SetElement): void {
    addElement(this.#lanes, bytesOf(element), -1);
  }

  /** Adds, or takes out, the elements of another set. */
  merge(other: SetHash, sign: 1 | -1 = 1): void {
    addLanes(this.#lanes, other.#lanes, sign);
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
}

/** sha256 over the vectors of a record as they are stored: what stands for them in a set hash. */
export function vectorsHash(stored: Uint8Array): Uint8Array {
  return hash('sha256', stored, 'buffer');
}

/** The fields of an element as the bytes that are hashed. */
function bytesOf({ path, ordinal, contentHash, vectorsHash: vectors }: SetElement): Buffer {
  // JSON keeps the fields apart whatever the path contains, lone surrogates included; the hashes have one length each.
  return Buffer.concat([Buffer.from(JSON.stringify([path, ordinal])), contentHash, vectors]);
}

/**
 * Adds the expansion of an element, BLAKE3 extended to 2048 bytes, to lanes.
 *
 * @param lanes [1024], changed
 */
export type AddElement = (lanes: Uint16Array, element: Uint8Array, sign: 1 | -1) => void;

/** By the library: for long elements, for where there is no SIMD, and to compare with. */
export const addByLibrary: AddElement = (lanes, element, sign) => {
  addLanes(lanes, lanesOf(blake3.init().update(element).digest('binary')), sign);
};

/** Four blocks of the output at a time, which takes a third of the library's time. */
export const addElement: AddElement = openAdder() ?? addByLibrary;

function openAdder(): AddElement | undefined {
  const opened = isBigEndian ? undefined : openWasm(SET_HASH_MODULE, 'add');
  if (opened === undefined) return undefined;
  const { memory, run } = opened;
  const input = new Uint8Array(memory, 0, CHUNK_BYTES);
  const sum = new Uint16Array(memory, 2 * CHUNK_BYTES, LANES);
  return (lanes, element, sign) => {
    if (element.length > CHUNK_BYTES) {
      addByLibrary(lanes, element, sign);
      return;
    }
    input.set(element);
    input.fill(0, element.length, BLOCK_BYTES * Math.max(1, Math.ceil(element.length / BLOCK_BYTES)));
    sum.set(lanes);
    run(element.length, sign);
    lanes.set(sum);
  };
}

function addLanes(lanes: Uint16Array, added: Uint16Array, sign: 1 | -1): void {
  // Stores into 16 bits are modulo 2^16.
  for (let at = 0; at < LANES; at++) lanes[at] = (lanes[at] ?? 0) + sign * (added[at] ?? 0);
}

/** [1024], over the bytes themselves, which nobody else holds. */
function lanesOf(bytes: Uint8Array): Uint16Array {
  if (isBigEndian) Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).swap16();
  return new Uint16Array(bytes.buffer, bytes.byteOffset, LANES);
}
