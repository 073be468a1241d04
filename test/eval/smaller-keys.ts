import { quantizeVector } from '../../src/memory/algebra/embedding-record.ts';

/**
 * Steps of the best uniform quantiser of a normal variable, in deviations (Max, IRE Transactions on Information Theory
 * 6, 1960).
 */
const STEPS: Readonly<Record<number, number>> = { 1: 1.596, 2: 0.9957, 3: 0.586, 4: 0.3352 };

/** A way to keep less of a segment's keys. */
export interface Smaller {
  readonly name: string;
  /** Memory tokens that are kept, P. */
  readonly tokens: number;
  readonly bits: number;
}

/** Bytes of a segment's keys. */
export function bytesOf({ tokens, bits }: Smaller, keySize: number): number {
  return (tokens * keySize * bits) / 8;
}

/**
 * A segment's keys as they would be read again from a smaller write: [P', d_k] int8, each of length 127. Neighbouring
 * memory tokens are averaged where fewer are kept; of `bits` under 8, each component is the middle of one of 2^bits
 * steps.
 *
 * @param keys    int8 [P, d_k]
 * @throws Error where P is not a multiple of the tokens that are kept, or there is no quantiser of so many bits
 */
export function smallerKeys(keys: Int8Array, keySize: number, { tokens, bits }: Smaller): Int8Array {
  const own = keys.length / keySize;
  const each = own / tokens;
  if (!Number.isInteger(each)) throw new Error(`${own} memory tokens cannot be brought to ${tokens}.`);
  const result = new Int8Array(tokens * keySize);
  for (let token = 0; token < tokens; token++) {
    const mean = Float64Array.from({ length: keySize }, (_, i) => {
      let sum = 0;
      for (let part = 0; part < each; part++) sum += keys[(token * each + part) * keySize + i] ?? 0;
      return sum;
    });
    const kept = bits < 8 ? coarse(unit(mean), bits) : mean;
    result.set(quantizeVector(Float32Array.from(unit(kept))), token * keySize);
  }
  return result;
}

function coarse(key: Float64Array, bits: number): Float64Array {
  const step = STEPS[bits];
  if (step === undefined) throw new Error(`There is no quantiser of ${bits} bits.`);
  const width = step / Math.sqrt(key.length);
  const most = 2 ** (bits - 1);
  return key.map((x) => Math.max(-most, Math.min(most - 1, Math.floor(x / width))) + 0.5);
}

function unit(key: Float64Array): Float64Array {
  const length = Math.hypot(...key);
  return length > 0 ? key.map((x) => x / length) : key;
}
