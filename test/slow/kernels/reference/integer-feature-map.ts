import { AppError } from '../../../../src/common/app-error.ts';
import { mulberry32 } from '../../../../src/common/random.ts';

/**
 * φ on integers: int8 keys in, integer features out. Sums of integers do not depend on order, grouping or machine, so
 * adding and later subtracting a file leaves exactly what a rebuild without it gives.
 *
 * Every map states `max`, the largest value of one feature. One memory token moves a cell of M by at most max · 128 and
 * a cell of z by at most max, so n tokens stay exact while n · max · 128 <= 2^53. Each constructor proves this for
 * EXACT.tokens and refuses otherwise.
 */
export interface FeatureMap {
  /** Name with every parameter in it: two maps with one id give equal features. */
  readonly id: string;
  /** d_k */
  readonly keySize: number;
  /** d_φ */
  readonly size: number;
  /** Largest value of one feature; the least is 0 for all maps here. */
  readonly max: number;
  /** What an integer feature of 1 is worth in real numbers, for graphs that run φ in floating point. */
  readonly unit: number;
  /** φ(key), d_φ integers, into `into` when given. The key has d_k numbers. */
  features(key: Int8Array, into?: Int32Array): Int32Array;
}

export type FeatureSpec =
  | { readonly kind: 'elu1'; readonly gain: number; readonly bits: number }
  | { readonly kind: 'dpfp'; readonly order: number }
  | {
      readonly kind: 'topk';
      readonly size: number;
      readonly keep: number;
      readonly fan: number;
      readonly seed: number;
    };

export const EXACT = {
  /** 2^53 - 1: float64 holds every integer up to here and tells each from the next. */
  limit: Number.MAX_SAFE_INTEGER,
  /** Memory tokens a sum must hold: 2,500,000 segments of 4, some 1.2 billion tokens of source. */
  tokens: 1e7,
  /** Largest magnitude of an int8. */
  int8: 128,
} as const;

/** One int8 stands for 1/127: the key was L2-normalized and multiplied by 127 (write.ts). */
const KEY_ONE = 127;

/** Makes φ from what an adapter's manifest says. Throws `memory/shape` on parameters out of range. */
export function featureMap(spec: FeatureSpec, keySize: number): FeatureMap {
  switch (spec.kind) {
    case 'elu1':
      return elu1(keySize, spec.gain, spec.bits);
    case 'dpfp':
      return dpfp(keySize, spec.order);
    case 'topk':
      return topk(keySize, spec);
  }
}

/**
 * φ(k) = round((ELU(gain · k / 127) + 1) · 2^bits) for each number of the key: Katharopoulos et al., arXiv 2006.16236,
 * eq. (7), the σ of Infini-attention (arXiv 2404.07143, eqs. 3 and 4). d_φ = d_k.
 *
 * Bound: the largest int8 is 127, where ELU + 1 is gain + 1, so max = (gain + 1) · 2^bits. With gain 16 and 10 bits
 * that is 17,408, and 10^7 tokens reach 17,408 · 128 · 10^7 = 2.2e13, under 2^53 = 9.0e15.
 *
 * `gain`: components of a unit key of 256 numbers are about 1/16, where ELU + 1 is nearly constant; a gain of about
 * sqrt(d_k) brings them to unit size.
 */
export function elu1(keySize: number, gain: number, bits: number): FeatureMap {
  whole('bits', bits, 0, 20);
  if (!(gain > 0 && gain <= 1024))
    throw new AppError('memory/shape', `elu1 needs a gain above 0 and at most 1024, not ${gain}.`);
  const one = 2 ** bits;
  const table = new Int32Array(256);
  for (let k = -128; k < 128; k++) {
    const x = (gain * k) / KEY_ONE;
    table[k & 255] = Math.floor((x > 0 ? x + 1 : exponential(x)) * one + 0.5);
  }
  const features = (key: Int8Array, into = new Int32Array(keySize)): Int32Array => {
    for (let i = 0; i < keySize; i++) into[i] = table[(key[i] ?? 0) & 255] ?? 0;
    return into;
  };
  return bounded({
    id: `elu1(gain=${gain},bits=${bits})`,
    keySize,
    size: keySize,
    max: table[127] ?? 0,
    unit: 1 / one,
    features,
  });
}

/**
 * φ_{j·2d+i}(k) = r_i · r_{(i+j+1) mod 2d} with r = relu([k, -k]), j = 0 … order-1: the deterministic parameter-free
 * projection of Schlag et al., arXiv 2102.11174, section 5.3 (order is their ν). d_φ = 2 · d_k · order.
 *
 * Bound: a product of two int8 magnitudes, so max = 128² = 16,384, and 10^7 tokens reach 16,384 · 128 · 10^7 = 2.1e13.
 */
export function dpfp(keySize: number, order: number): FeatureMap {
  const width = 2 * keySize;
  whole('order', order, 1, width - 1);
  const relu = new Int32Array(width);
  const features = (key: Int8Array, into = new Int32Array(width * order)): Int32Array => {
    for (let i = 0; i < keySize; i++) {
      const k = key[i] ?? 0;
      relu[i] = k > 0 ? k : 0;
      relu[keySize + i] = k < 0 ? -k : 0;
    }
    for (let j = 0; j < order; j++) {
      for (let i = 0; i < width; i++) {
        const other = i + j + 1;
        into[j * width + i] = (relu[i] ?? 0) * (relu[other < width ? other : other - width] ?? 0);
      }
    }
    return into;
  };
  return bounded({
    id: `dpfp(order=${order})`,
    keySize,
    size: width * order,
    max: EXACT.int8 ** 2,
    unit: 1 / KEY_ONE ** 2,
    features,
  });
}

/**
 * `size` sparse projections of the key, each the sum of `fan` of its numbers with fixed signs; the `keep` largest
 * positive ones stay, ties going to the lower index, the rest are 0. Sparse addresses keep the most pairs apart for one
 * sum (README.md, capacity). d_φ = size.
 *
 * Bound: a sum of `fan` int8 magnitudes, so max = 128 · fan. With fan 8 that is 1,024, and 10^7 tokens reach
 * 1,024 · 128 · 10^7 = 1.3e12.
 */
export function topk(
  keySize: number,
  { size, keep, fan, seed }: { size: number; keep: number; fan: number; seed: number },
): FeatureMap {
  whole('size', size, 1, 1 << 20);
  whole('keep', keep, 1, size);
  whole('fan', fan, 1, Math.min(keySize, 64));
  whole('seed', seed, 0, 0xffffffff);
  const source = new Uint16Array(size * fan);
  const sign = new Int8Array(size * fan);
  drawProjections(source, sign, keySize, fan, seed);
  const max = EXACT.int8 * fan;
  const heights = new Int32Array(max + 1);
  const features = (key: Int8Array, into = new Int32Array(size)): Int32Array => {
    heights.fill(0);
    for (let i = 0, at = 0; i < size; i++) {
      let sum = 0;
      for (let f = 0; f < fan; f++, at++) sum += (sign[at] ?? 0) * (key[source[at] ?? 0] ?? 0);
      into[i] = sum > 0 ? sum : 0;
      if (sum > 0) heights[sum] = (heights[sum] ?? 0) + 1;
    }
    // Counting heights finds the k-th largest without a sort, so equal keys cost and give the same everywhere.
    let cut = max;
    let above = 0;
    while (cut > 0 && above + (heights[cut] ?? 0) < keep) above += heights[cut--] ?? 0;
    let atCut = keep - above;
    for (let i = 0; i < size; i++) {
      const value = into[i] ?? 0;
      if (value < cut || (value === cut && atCut-- <= 0)) into[i] = 0;
    }
    return into;
  };
  return bounded({
    id: `topk(size=${size},keep=${keep},fan=${fan},seed=${seed})`,
    keySize,
    size,
    max,
    unit: 1 / KEY_ONE,
    features,
  });
}

/** Chooses, for each projection, `fan` distinct key numbers and their signs with an integer-only generator. */
function drawProjections(source: Uint16Array, sign: Int8Array, keySize: number, fan: number, seed: number): void {
  // Whole numbers of 32 bits, so that every platform draws the same projections.
  const uniform = mulberry32(seed);
  const next = (): number => uniform() * 2 ** 32;
  for (let start = 0; start < source.length; start += fan) {
    const taken = new Set<number>();
    while (taken.size < fan) taken.add(next() % keySize);
    let at = start;
    for (const index of taken) {
      source[at] = index;
      sign[at++] = (next() & 1) === 0 ? 1 : -1;
    }
  }
}

/**
 * e^x for x <= 0 from additions, multiplications and divisions alone. IEEE 754 fixes those to the last bit and leaves
 * Math.exp to the engine, and a table that differed in one entry would break the equality of sums between machines.
 */
function exponential(x: number): number {
  if (x < -745) return 0;
  const halvings = 12;
  const small = x / 2 ** halvings;
  let term = 1;
  let sum = 1;
  for (let n = 1; n <= 20; n++) {
    term = (term * small) / n;
    sum += term;
  }
  for (let n = 0; n < halvings; n++) sum *= sum;
  return sum;
}

function bounded(map: FeatureMap): FeatureMap {
  whole('keySize', map.keySize, 1, 0xffff);
  if (map.max * EXACT.int8 * EXACT.tokens > EXACT.limit) {
    throw new AppError(
      'memory/shape',
      `${map.id} makes features up to ${map.max}; sums over ${EXACT.tokens} memory tokens would not be exact.`,
    );
  }
  return map;
}

function whole(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new AppError(
      'memory/shape',
      `A feature map's ${name} must be a whole number between ${least} and ${most}, not ${value}.`,
    );
  }
}
