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
 * Joins recall with a search for words: exp(weight · log p + log(1 + bm25)) over the sum of it, which is what each
 * segment owns of the fused ranking, in the order of recall. Hits for segments that recall was not asked about (another
 * scope) are left out.
 *
 * Why both: the memory finds what is meant, words find exact names; each alone loses to the other on its ground.
 */
export function fuse(recalled: Shares, hits: readonly LexicalHit[], weight: number = RANKING.weight): Float64Array {
  const bm25 = new Map(hits.map((hit) => [hit.segmentId, Math.max(0, hit.bm25)]));
  const { segmentIds, logShares } = recalled;
  const scores = logShares.map((logShare, at) => {
    const words = bm25.get(segmentIds[at] ?? -1);
    const own = weight * Math.max(RANKING.floor, logShare);
    return words === undefined ? own : own + Math.log1p(words);
  });
  return normalize(segmentIds, scores).shares;
}
