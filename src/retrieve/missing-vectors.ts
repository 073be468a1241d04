import { orderFreeSum } from '../memory/search/similarity.ts';
import type { Shares } from '../memory/search/similarity.ts';

/**
 * Segments that a question has encoded first, when not all have vectors: the best few of each of the best files. Which
 * file is meant is undecided between files; inside the right one, words find the place.
 */
const CANDIDATES = { files: 16, segmentsOfFile: 3 } as const;

/** What of a folder index has vectors: where not all has, words count more in a ranking. */
export interface Embedded {
  readonly segments: number;
  readonly ofSegments: number;
}

interface RankingByWords {
  readonly files: readonly { readonly path: string }[];
  readonly segments: readonly { readonly path: string; readonly segmentId: number }[];
}

/** Segments of a ranking by words that are worth encoding: each file's best first, then each file's second. */
export function candidates(
  { files, segments }: RankingByWords,
  isNotEmbedded: (segmentId: number) => boolean,
): number[] {
  const byPath = Map.groupBy(segments, ({ path }) => path);
  const best = files.slice(0, CANDIDATES.files);
  return Array.from({ length: CANDIDATES.segmentsOfFile }, (_, rank) => rank).flatMap((rank) =>
    best.flatMap(({ path }) => byPath.get(path)?.[rank]?.segmentId ?? []).filter(isNotEmbedded),
  );
}

/** A part of a ranking: the shares of what has vectors, and what has none. */
export interface Part {
  readonly segmentIds: ArrayLike<number>;
  readonly shares: Shares;
  readonly notEmbedded: ArrayLike<number>;
}

/**
 * Shares over all parts together: each part's times its weight in the whole; first what has vectors, part by part, then
 * what has none. A segment without vectors is taken for the median of those that have some, because nothing is known
 * of it: it gains and loses by its words alone. So shares add up to 1 over all that is ranked; where every segment has
 * vectors, they are the exact ones.
 */
export function joinedShares(parts: readonly Part[]): Shares {
  const known = parts.reduce((sum, { segmentIds }) => sum + segmentIds.length, 0);
  const missing = parts.reduce((sum, { notEmbedded }) => sum + notEmbedded.length, 0);
  const [first] = parts;
  if (first !== undefined && parts.length === 1 && missing === 0) {
    return { ...first.shares, segmentIds: Float64Array.from(first.segmentIds) };
  }
  const segmentIds = new Float64Array(known + missing);
  const logShares = new Float64Array(known + missing);
  let at = 0;
  for (const { segmentIds: own, shares } of parts) {
    segmentIds.set(own, at);
    for (let row = 0; row < own.length; row++) logShares[at++] = (shares.logShares[row] ?? -Infinity) + shares.logTotal;
  }
  const unknown = missing > 0 ? (median(logShares.subarray(0, known)) ?? 0) : -Infinity;
  logShares.fill(unknown, known);
  for (const { notEmbedded } of parts) {
    segmentIds.set(notEmbedded, at);
    at += notEmbedded.length;
  }
  const filled = parts.filter(({ shares }) => shares.segmentIds.length > 0).map(({ shares }) => shares.logTotal);
  const highest = Math.max(...filled, unknown);
  const sum = filled.reduce((total, logTotal) => total + Math.exp(logTotal - highest), 0);
  const logTotal = highest + Math.log(sum + missing * Math.exp(unknown - highest));
  const shares = new Float64Array(known + missing);
  for (let row = 0; row < shares.length; row++) {
    const own = (logShares[row] ?? -Infinity) - logTotal;
    logShares[row] = own;
    shares[row] = Math.exp(own);
  }
  return { segmentIds, shares, logShares, logTotal };
}

/**
 * The share of each file: the sum over its segments that have vectors, whose best ones were encoded first. A file
 * without any is taken for the median of the others; shares are scaled to add up to 1.
 *
 * @param fileOf   the number of each segment's file, in the order of the shares
 * @param files    how many files there are; each has a segment
 * @param embedded how many segments, the first ones, have vectors
 */
export function fileShares({ shares }: Shares, fileOf: Int32Array, files: number, embedded: number): Float64Array {
  const sums = new Float64Array(files);
  const isKnown = new Uint8Array(files);
  for (let at = 0; at < embedded; at++) {
    const file = fileOf[at] ?? 0;
    sums[file] = (sums[file] ?? 0) + (shares[at] ?? 0);
    isKnown[file] = 1;
  }
  if (embedded === shares.length) return sums;
  const unknown = median(sums.filter((_, file) => isKnown[file] === 1)) ?? 1;
  const whole = sums.map((share, file) => (isKnown[file] === 1 ? share : unknown));
  const sum = orderFreeSum(whole) || 1;
  return whole.map((share) => share / sum);
}

function median(values: Float64Array): number | undefined {
  const sorted = values.toSorted();
  return sorted[sorted.length >> 1];
}
