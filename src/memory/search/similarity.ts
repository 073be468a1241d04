import { AppError } from '../../common/app-error.ts';
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

/** An int8 of 127 stands for a key component of 1. */
const KEY_ONE = 127;

/**
 * Exact shares of the softmax-kernel read. With φ = exp kernel the read is Σ_t w_t v_t / Σ_t w_t, w_t = exp(τ q·k_t); a
 * segment's score is logsumexp over its P tokens of τ q·k, its share exp(score - logsumexp over all segments), which is
 * the part of the read's weight that its tokens carry. Several questions add their kernels (logsumexp over them too).
 *
 * Keys are used as stored, k = int8 / 127, so that the numbers are those of the memory and not of the floats before it.
 *
 * @param questions   one or more q, float32 [d_k], L2-normalised
 * @param temperature τ of the adapter, above 0
 * @param scope       segments to share among; all when left out
 * @throws `memory/shape` on a wrong length, a number that is not finite, or a temperature out of range
 */
export function recall(
  table: EmbeddingTable,
  questions: readonly Float32Array[],
  temperature: number,
  scope?: Iterable<number>,
): Shares {
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new AppError('memory/shape', `The recall temperature is ${temperature}; it must be above 0.`);
  }
  checkQuestions(table, questions);
  const rows = rowsIn(table, scope);
  const { tokens, keySize, keys } = table;
  const scaled = questions.map((question) => Float64Array.from(question, (x) => (x * temperature) / KEY_ONE));
  const scores = new Float64Array(rows.length);
  const parts = new Float64Array(tokens * scaled.length);
  rows.forEach((row, at) => {
    let part = 0;
    for (const question of scaled) {
      for (let token = 0; token < tokens; token++) {
        parts[part++] = dot(question, keys, (row * tokens + token) * keySize, keySize);
      }
    }
    scores[at] = logSumExp(parts);
  });
  return normalise(idsOf(table, rows), scores);
}

/**
 * The largest cosine between a question and any memory token. Shares always sum to 1, whatever is asked; this is how
 * near the memory comes at all, -1..1, so that a caller can say that it does not know.
 */
export function nearest(table: EmbeddingTable, question: Float32Array): number {
  checkQuestions(table, [question]);
  const { keys, keySize } = table;
  const asked = Float64Array.from(question, (x) => x / KEY_ONE);
  let best = -1;
  for (let from = 0; from < keys.length; from += keySize) best = Math.max(best, dot(asked, keys, from, keySize));
  return best;
}

/** The share of each file: the sum over its segments. Segments whose file is not known are left out. */
export function fileShares(recalled: Shares, fileOf: (segmentId: number) => string | undefined): Map<string, number> {
  const files = new Map<string, number>();
  recalled.segmentIds.forEach((id, at) => {
    const path = fileOf(id);
    if (path !== undefined) files.set(path, (files.get(path) ?? 0) + (recalled.shares[at] ?? 0));
  });
  return files;
}

/** Finite scores (natural logarithms of weights) to shares that sum to 1. */
export function normalise(segmentIds: Float64Array, scores: Float64Array): Shares {
  const highest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const weights = scores.map((score) => Math.exp(score - highest));
  const sum = orderFreeSum(weights);
  const logSum = Math.log(sum);
  return {
    segmentIds,
    shares: weights.map((weight) => weight / sum),
    logShares: scores.map((score) => score - highest - logSum),
    logTotal: highest + logSum,
  };
}

/**
 * A sum that does not depend on the order, to the last bit: the same files give the same shares, whatever was read
 * first.
 */
export function orderFreeSum(values: ArrayLike<number>): number {
  return Float64Array.from(values)
    .sort()
    .reduce((a, b) => a + b, 0);
}

/** Four running sums, because one would make each addition wait for the last. */
function dot(question: Float64Array, keys: Int8Array, from: number, size: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i + 3 < size; i += 4) {
    a += (question[i] ?? 0) * (keys[from + i] ?? 0);
    b += (question[i + 1] ?? 0) * (keys[from + i + 1] ?? 0);
    c += (question[i + 2] ?? 0) * (keys[from + i + 2] ?? 0);
    d += (question[i + 3] ?? 0) * (keys[from + i + 3] ?? 0);
  }
  for (; i < size; i++) a += (question[i] ?? 0) * (keys[from + i] ?? 0);
  return a + b + (c + d);
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

function rowsIn(table: EmbeddingTable, scope: Iterable<number> | undefined): Uint32Array {
  return scope === undefined
    ? Uint32Array.from({ length: table.length }, (_, row) => row)
    : Uint32Array.from(table.rowsOf(new Set(scope)));
}

function idsOf(table: EmbeddingTable, rows: Uint32Array): Float64Array {
  const ids = table.segmentIds;
  return Float64Array.from(rows, (row) => ids[row] ?? 0);
}
