import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { normalize } from '../../../../src/memory/search/similarity.ts';
import type { Shares } from '../../../../src/memory/search/similarity.ts';
import { fuse, RANKING } from '../../../../src/memory/search/fusion.ts';

function shares(...weights: number[]): Shares {
  return normalize(
    Float64Array.from(weights, (_, n) => n + 1),
    Float64Array.from(weights, Math.log),
  );
}

describe('fuse', () => {
  it('scores by weight · log p + log(1 + bm25)', () => {
    const [first, second, third] = fuse(shares(0.25, 0.5, 0.25), [{ segmentId: 1, bm25: 7 }], 0.5);
    expect(first).toMatchObject({ segmentId: 1, bm25: 7 });
    expect(first!.score).toBeCloseTo(0.5 * Math.log(0.25) + Math.log(8), 12);
    expect(first!.recalled).toBeCloseTo(0.25, 12);
    expect([second!.segmentId, third!.segmentId]).toEqual([2, 3]);
    // Weights sqrt(p)·(1 + bm25): 4, 0.707, 0.5.
    expect(first!.share).toBeCloseTo(4 / (4 + Math.SQRT1_2 + 0.5), 12);
  });

  it('keeps the order of recall when no word matches and leaves out hits of another scope', () => {
    const ranked = fuse(shares(1, 5, 3), [{ segmentId: 99, bm25: 50 }]);
    expect(ranked.map(({ segmentId }) => segmentId)).toEqual([2, 3, 1]);
  });

  it('finds by words what recall gave nothing', () => {
    const none: Shares = {
      segmentIds: Float64Array.of(1, 2),
      shares: Float64Array.of(1, 0),
      logShares: Float64Array.of(0, -Infinity),
      logTotal: 0,
    };
    const [first, second] = fuse(none, [{ segmentId: 2, bm25: 3 }]);
    expect([first!.segmentId, second!.segmentId]).toEqual([1, 2]);
    expect(Number.isFinite(second!.score)).toBe(true);
  });

  it('gives the same first ones with a limit as without, also among equals', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 60 }),
        fc.array(fc.record({ segmentId: fc.nat(60), bm25: fc.integer({ min: 0, max: 3 }) })),
        fc.integer({ min: 1, max: 70 }),
        (weights, hits, limit) => {
          const all = fuse(shares(...weights), hits, RANKING.weight, weights.length);
          expect(all.length).toBe(weights.length);
          expect(fuse(shares(...weights), hits, RANKING.weight, limit)).toEqual(all.slice(0, limit));
          expect(all.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
          for (let n = 1; n < all.length; n++) expect(all[n]!.score).toBeLessThanOrEqual(all[n - 1]!.score);
        },
      ),
    );
  });
});
