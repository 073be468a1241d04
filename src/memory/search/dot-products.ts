import { openWasm } from '../../common/wasm.ts';
import { packedSize, PACKED_ZERO } from '../algebra/packed-keys.ts';
import { PRODUCTS_MODULE } from './dot-products-module.ts';

/** A question as integers: its number i is numbers[i] * unit. */
export interface IntegerQuestion {
  /** [d_k] */
  readonly numbers: Int16Array;
  readonly unit: number;
}

/** Vectors that are copied into the module at once: they stay in a core's second cache. */
const BLOCK_BYTES = 128 * 1024;
/** Numbers of a vector that the module takes: a multiple of one turn of its loop, and no more than its memory holds. */
const SIZES = { multiple: 32, most: 16_384 } as const;
/** Numbers that one lane of 16 bits holds. */
const OF_LANE = 4;

/**
 * Rounds a question to 16 bits, or to as many as leave every sum of d_k products below 2^31. The error of a cosine is
 * about 2^-15 of the question's largest number.
 *
 * @param question float32 [d_k], finite
 */
export function toIntegers(question: Float32Array): IntegerQuestion {
  const largest = question.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const most = Math.min(0x7fff, Math.floor(0x7fffffff / (PACKED_ZERO * Math.max(1, question.length))));
  const unit = largest > 0 ? largest / most : 1;
  return { numbers: Int16Array.from(question, (x) => Math.round(x / unit)), unit };
}

/**
 * Products of a question with vectors: products[n] = Σ_i vectors[n, i] * question[i], exactly.
 *
 * @param vectors  [N, d_k / 2], two numbers in a byte (packed-keys.ts)
 * @param question int16 [d_k], from toIntegers
 * @param products int32 [N], written
 */
export type Multiply = (vectors: Uint8Array, question: Int16Array, products: Int32Array) => void;

/** The same in JavaScript: for sizes that the module cannot take, for where there is none, and to compare with. */
export const multiplyInScript: Multiply = (vectors, question, products) => {
  const bytes = packedSize(question.length);
  const less = excess(question);
  for (let n = 0; n < products.length; n++) {
    let sum = -less;
    for (let i = 0, at = n * bytes; i < question.length; i += 2, at++) {
      const byte = vectors[at] ?? 0;
      sum += (byte & 15) * (question[i] ?? 0) + (byte >> 4) * (question[i + 1] ?? 0);
    }
    products[n] = sum;
  }
};

/** By WebAssembly's SIMD, some ten times as fast; in JavaScript where there is none. */
export const multiply: Multiply = openModule() ?? multiplyInScript;

function openModule(): Multiply | undefined {
  const opened = openWasm(PRODUCTS_MODULE, 'products');
  if (opened === undefined) return undefined;
  const { memory, run } = opened;
  return (vectors, question, products) => {
    const size = question.length;
    if (size === 0 || size % SIZES.multiple !== 0 || size > SIZES.most) {
      multiplyInScript(vectors, question, products);
      return;
    }
    const bytes = packedSize(size);
    const perBlock = Math.floor(BLOCK_BYTES / bytes);
    // The question, then the block, then its products.
    const blockAt = 2 * size;
    const productsAt = blockAt + perBlock * bytes;
    new Int16Array(memory, 0, size).set(inLanes(question));
    const block = new Uint8Array(memory, blockAt, perBlock * bytes);
    const less = excess(question);
    for (let from = 0; from < products.length; from += perBlock) {
      const count = Math.min(perBlock, products.length - from);
      block.set(vectors.subarray(from * bytes, (from + count) * bytes));
      run(blockAt, count, bytes, 0, productsAt, less);
      products.set(new Int32Array(memory, productsAt, count), from);
    }
  };
}

/** What the products have too much, because a number is stored as itself plus 8. */
function excess(question: Int16Array): number {
  return PACKED_ZERO * question.reduce((sum, x) => sum + x, 0);
}

/** Of each 32 numbers those that lie lowest in their lanes, then the next, as the module multiplies them. */
function inLanes(question: Int16Array): Int16Array {
  const lanes = SIZES.multiple / OF_LANE;
  return question.map((_, at) => {
    const [first, within] = [at - (at % SIZES.multiple), at % SIZES.multiple];
    return question[first + OF_LANE * (within % lanes) + Math.floor(within / lanes)] ?? 0;
  });
}
