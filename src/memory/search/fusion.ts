import { normalize } from './similarity.ts';
import type { Shares } from './similarity.ts';

/** A segment found by its words; the score is positive and higher is better. */
export interface LexicalHit {
  readonly segmentId: number;
  readonly bm25: number;
}

export const RANKING = {
  /**
   * Weight of log p beside log(1 + bm25) between segments, where what is meant counts nearly as much as words. What it
   * was chosen by: test/eval/README.md.
   */
  weight: 0.75,
  /** Stands for the logarithm of a share of 0, so that words can still find the segment. */
  floor: -100,
} as const;

/**
 * Joins recall with a search for words: exp(weight · log p + log(1 + bm25)) over the sum of it, which is what each of
 * these segments owns of a ranking of them alone. Hits for other segments are left out.
 *
 * Why both: the memory finds what is meant, words find exact names; each alone loses to the other on its ground.
 *
 * @param rows of the segments among those that recall was asked about
 */
export function fuse(
  { segmentIds, logShares }: Shares,
  hits: readonly LexicalHit[],
  weight: number,
  rows: ArrayLike<number>,
): Float64Array {
  const bm25 = new Map(hits.map((hit) => [hit.segmentId, Math.max(0, hit.bm25)]));
  const ids = Float64Array.from(rows, (row) => segmentIds[row] ?? -1);
  const scores = Float64Array.from(rows, (row, at) => {
    const words = Math.log1p(bm25.get(ids[at] ?? -1) ?? 0);
    return weight * Math.max(RANKING.floor, logShares[row] ?? RANKING.floor) + words;
  });
  return normalize(ids, scores).shares;
}
