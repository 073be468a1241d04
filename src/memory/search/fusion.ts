import { normalize } from './similarity.ts';
import type { Shares } from './similarity.ts';

/** A segment found by its words; the score is positive and higher is better. */
export interface LexicalHit {
  readonly segmentId: number;
  readonly bm25: number;
}

export interface Ranked {
  readonly segmentId: number;
  /** weight · log p + log(1 + bm25) */
  readonly score: number;
  /** exp(score) over the sum of it: what this segment owns of the fused ranking, 1 over all segments. */
  readonly share: number;
  /** p, its share of the memory's read alone. */
  readonly recalled: number;
  /** 0 where no word of the question occurs. */
  readonly bm25: number;
}

export const RANKING = {
  /**
   * Weight of log p beside log(1 + bm25) between segments, where what is meant counts nearly as much as words. What it
   * was chosen by: test/eval/README.md.
   */
  weight: 0.75,
  /** Segments a ranking holds: more than a panel lists or an answer reads. */
  limit: 200,
  /** Stands for the logarithm of a share of 0, so that words can still find the segment. */
  floor: -100,
} as const;

/**
 * Joins recall with a search for words: score = weight · log p + log(1 + bm25), the best `limit` of them, best first,
 * ties by segment id. Shares are over all segments, so the shares of a short ranking sum to less than 1. Hits for
 * segments that recall was not asked about (another scope) are left out.
 *
 * Why both: the memory finds what is meant, words find exact names; each alone loses to the other on its ground.
 */
export function fuse(
  recalled: Shares,
  hits: readonly LexicalHit[],
  weight: number = RANKING.weight,
  limit: number = RANKING.limit,
): Ranked[] {
  const bm25 = new Map(hits.map((hit) => [hit.segmentId, Math.max(0, hit.bm25)]));
  const scores = recalled.logShares.map(
    (logShare, at) =>
      weight * Math.max(RANKING.floor, logShare) + Math.log1p(bm25.get(recalled.segmentIds[at] ?? -1) ?? 0),
  );
  const { shares } = normalize(recalled.segmentIds, scores);
  // Sorting numbers and then the few above the cut is ten times faster than sorting 50,000 objects.
  const cut = scores.length > limit ? (scores.toSorted()[scores.length - limit] ?? -Infinity) : -Infinity;
  const ranked: Ranked[] = [];
  scores.forEach((score, at) => {
    const segmentId = recalled.segmentIds[at] ?? -1;
    if (score < cut) return;
    const [share, recall] = [shares[at] ?? 0, recalled.shares[at] ?? 0];
    ranked.push({ segmentId, score, share, recalled: recall, bm25: bm25.get(segmentId) ?? 0 });
  });
  return ranked.sort((a, b) => b.score - a.score || a.segmentId - b.segmentId).slice(0, limit);
}
