import { AppError } from '../../common/app-error.ts';
import { multiply, toIntegers } from './dot-products.ts';
import type { EmbeddingTable } from './embedding-table.ts';

/** What each segment owns of a read. The three arrays have one entry per segment asked about. */
export interface Shares {
  readonly segmentIds: Float64Array;
  /** Not negative, sum 1. */
  readonly shares: Float64Array;
  /** Natural logarithm of the shares, kept because a share may underflow to 0 where its logarithm does not. */
  readonly logShares: Float64Array;
  /** Natural logarithm of the whole weight: with it, the shares of several memories become those of their sum. */
  readonly logTotal: number;
}

/** The shares of a read, and how near it came at all. */
export interface Recalled extends Shares {
  /**
   * The largest cosine between a question and a token of what was asked about, -1..1. Shares sum to 1 whatever is
   * asked; by this a caller can say that it does not know.
   */
  readonly cosine: number;
}

/**
 * Exact shares of the softmax-kernel read. With φ = exp kernel the read is Σ_t w_t v_t / Σ_t w_t, w_t = exp(τ q·k_t); a
 * segment's score is logsumexp over its P tokens of τ q·k, its share exp(score - logsumexp over all segments), which is
 * the part of the read's weight that its tokens carry. Several questions add their kernels (logsumexp over them too).
 *
 * Keys are used as stored, each brought to length 1, so that the numbers are those of the memory and not of the floats
 * before it, and no key wins because four bits, or whoever wrote it, made it longer. A question is rounded to 16 bits,
 * and the products are integers, exact and the same on every machine.
 *
 * @param questions   one or more q, float32 [d_k], L2-normalized
 * @param temperature τ of the adapter, above 0
 * @param scope       segments to share among; all when left out
 * @throws `memory/shape` on a wrong length, a number that is not finite, or a temperature out of range
 */
export function recall(
  table: EmbeddingTable,
  questions: readonly Float32Array[],
  temperature: number,
  scope?: Iterable<number>,
): Recalled {
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new AppError('memory/shape', `The recall temperature is ${temperature}; it must be above 0.`);
  }
  checkQuestions(table, questions);
  const rows = rowsIn(table, scope);
  const { tokens } = table;
  const asked = questions.map(toIntegers);
  const scores = new Float64Array(rows?.length ?? table.length);
  const parts = new Float64Array(tokens * asked.length);
  let nearest = -1;
  for (const { first, count, vectors, squares } of table.blocks(rows)) {
    const products = asked.map(({ numbers, unit }) => {
      const own = new Int32Array(count * tokens);
      multiply(vectors, numbers, own);
      return { own, unit };
    });
    for (let at = 0; at < count; at++) {
      let part = 0;
      for (const { own, unit } of products) {
        for (let token = at * tokens; token < (at + 1) * tokens; token++) {
          const cosine = ((own[token] ?? 0) * unit) / Math.sqrt(squares[token] ?? 1);
          if (cosine > nearest) nearest = cosine;
          parts[part++] = temperature * cosine;
        }
      }
      scores[first + at] = logSumExp(parts);
    }
  }
  return { ...normalize(idsOf(table, rows), scores), cosine: nearest };
}

/** Finite scores (natural logarithms of weights) to shares that sum to 1. */
export function normalize(segmentIds: Float64Array, scores: Float64Array): Shares {
  // Plain loops: a call for each of half a million segments costs as much as all of these sums.
  let highest = -Infinity;
  for (let at = 0; at < scores.length; at++) highest = Math.max(highest, scores[at] ?? 0);
  const shares = new Float64Array(scores.length);
  for (let at = 0; at < scores.length; at++) shares[at] = Math.exp((scores[at] ?? 0) - highest);
  const sum = orderFreeSum(shares);
  const logSum = Math.log(sum);
  const logShares = new Float64Array(scores.length);
  for (let at = 0; at < scores.length; at++) {
    shares[at] = (shares[at] ?? 0) / sum;
    logShares[at] = (scores[at] ?? 0) - highest - logSum;
  }
  return { segmentIds, shares, logShares, logTotal: highest + logSum };
}

/**
 * A sum of numbers that are not negative and that does not depend on their order, to the last bit: the same files give
 * the same shares, whatever was read first. Each number is cut into whole parts of 30 bits below the largest number;
 * sums of whole numbers are exact for eight million of them, and sorting is not needed.
 */
export function orderFreeSum(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i] ?? 0);
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  const scale = 2 ** Math.min(1000, -Math.floor(Math.log2(largest)));
  const part = 2 ** 30;
  let [high, middle, low] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const scaled = (values[i] ?? 0) * scale * part;
    const whole = Math.floor(scaled);
    const rest = (scaled - whole) * part;
    const wholeRest = Math.floor(rest);
    high += whole;
    middle += wholeRest;
    low += Math.floor((rest - wholeRest) * part);
  }
  return ((low / part + middle) / part + high) / part / scale;
}

/** The logarithm of the sum of the exponents, of which the largest alone may be out of range. */
function logSumExp(scores: Float64Array | Float32Array): number {
  let highest = -Infinity;
  for (const score of scores) if (score > highest) highest = score;
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - highest);
  return highest + Math.log(sum);
}

function checkQuestions(table: EmbeddingTable, questions: readonly Float32Array[]): void {
  if (questions.length === 0) throw new AppError('memory/shape', 'Recall needs at least one question key.');
  for (const question of questions) {
    if (question.length !== table.keySize) {
      throw new AppError(
        'memory/shape',
        `A question key has ${question.length} numbers; this memory's keys have ${table.keySize}.`,
      );
    }
    if (!question.every(Number.isFinite))
      throw new AppError('memory/shape', 'A question key holds a number that is not finite.');
  }
}

/** Undefined for all rows. */
function rowsIn(table: EmbeddingTable, scope: Iterable<number> | undefined): Uint32Array | undefined {
  return scope === undefined ? undefined : Uint32Array.from(table.rowsOf(new Set(scope)));
}

function idsOf(table: EmbeddingTable, rows: Uint32Array | undefined): Float64Array {
  const ids = table.segmentIds;
  return rows === undefined ? ids.slice() : Float64Array.from(rows, (row) => ids[row] ?? 0);
}
