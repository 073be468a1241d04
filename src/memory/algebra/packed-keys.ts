/**
 * Keys of four bits, two numbers in a byte: the first in the low four bits, the second in the high ones. A number is
 * stored as itself plus 8. It is -7 to 7, so that negating a key is exact; 0, which would be -8, is never written.
 */
const PACKED = {
  most: 7,
  zero: 8,
  /**
   * A step for d_k 256, in 127ths: 0.38 standard deviations of a number of a unit vector. Over seven repositories its
   * error is within a tenth of what the best step of each single vector leaves (docs/decisions/0013).
   */
  step: 3,
  stepSize: 256,
  /** With it the largest int8 is still 7 steps. */
  largestStep: 17,
} as const;

/** How a number 0 is stored. No number of four bits, whoever wrote it, has a larger absolute value. */
export const PACKED_ZERO = PACKED.zero;

/** Bytes of one key of d_k numbers, which are an even number (checkShape). */
export const packedSize = (keySize: number): number => keySize / 2;

/** What one step of four bits is in 127ths: wider where a key has fewer and therefore larger numbers. */
export function stepOf(keySize: number): number {
  const wanted = Math.round(PACKED.step * Math.sqrt(PACKED.stepSize / keySize));
  return Math.max(1, Math.min(PACKED.largestStep, wanted));
}

const tables = new Map<number, Uint8Array>();

/** The four bits of each int8, by its byte, [256]: the nearest step, halves away from zero. Not to be changed. */
export function nibbles(keySize: number): Uint8Array {
  const step = stepOf(keySize);
  const known = tables.get(step);
  if (known !== undefined) return known;
  const table = Uint8Array.from({ length: 256 }, (_, byte) => {
    const number = (byte << 24) >> 24;
    const level = Math.min(PACKED.most, Math.floor(Math.abs(number) / step + 0.5));
    return PACKED.zero + Math.sign(number) * level;
  });
  tables.set(step, table);
  return table;
}

/** Keys in 127ths, int8 [P, d_k], as they are stored, [P, d_k / 2]. The same bytes on every machine. */
export function packKeys(keys: Int8Array, keySize: number): Uint8Array {
  const nibbleOf = nibbles(keySize);
  const packed = new Uint8Array(packedSize(keys.length));
  for (let at = 0; at < packed.length; at++) {
    const low = nibbleOf[(keys[2 * at] ?? 0) & 0xff] ?? 0;
    const high = nibbleOf[(keys[2 * at + 1] ?? 0) & 0xff] ?? 0;
    packed[at] = low | (high << 4);
  }
  return packed;
}

/** The mean of two numbers of four bits as one of four bits, halves away from zero: [256], by both. */
const MEANS = Uint8Array.from({ length: 256 }, (_, pair) => {
  const sum = (pair >> 4) + (pair & 15) - 2 * PACKED.zero;
  return PACKED.zero + Math.sign(sum) * Math.min(PACKED.most, Math.floor((Math.abs(sum) + 1) / 2));
});

let byteMeans: Uint8Array | undefined;

/** The means of the numbers in two bytes, as a byte: [65536], by both. Not to be changed. */
export function meansOfBytes(): Uint8Array {
  if (byteMeans !== undefined) return byteMeans;
  const table = new Uint8Array(1 << 16);
  for (let pair = 0; pair < table.length; pair++) {
    const [one, other] = [pair >> 8, pair & 0xff];
    table[pair] = meanOf(one & 15, other & 15) | (meanOf(one >> 4, other >> 4) << 4);
  }
  byteMeans = table;
  return table;
}

/** The mean of two numbers as they are stored. Each number of a mean depends on two numbers alone. */
export function meanOf(one: number, other: number): number {
  return MEANS[(one << 4) | other] ?? 0;
}

/**
 * Keys as the model makes them, [2 P, d_k / 2], to those that are stored, [P, d_k / 2]: the means of each two
 * neighbors. They are shorter than 1; whoever compares keys divides by their lengths (embedding-table.ts).
 */
export function averagePairs(packed: Uint8Array, keySize: number): Uint8Array {
  const size = packedSize(keySize);
  const meanOfBytes = meansOfBytes();
  const means = new Uint8Array(packed.length / 2);
  // A loop: each record that is encoded or brought to this layout comes here, and Uint8Array.from takes eight times as
  // long.
  for (let at = 0; at < means.length; at++) {
    const from = at + size * Math.floor(at / size);
    means[at] = meanOfBytes[((packed[from] ?? 0) << 8) | (packed[from + size] ?? 0)] ?? 0;
  }
  return means;
}

/** The sum of squares of the numbers of one stored key, in steps: a whole number. */
export function squareOf(packed: Uint8Array): number {
  let sum = 0;
  for (const byte of packed) {
    const [low, high] = [(byte & 15) - PACKED.zero, (byte >> 4) - PACKED.zero];
    sum += low * low + high * high;
  }
  return sum;
}
