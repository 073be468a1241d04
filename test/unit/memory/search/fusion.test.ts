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
  it('weighs by weight · log p + log(1 + bm25)', () => {
    const fused = fuse(shares(0.25, 0.5, 0.25), [{ segmentId: 1, bm25: 7 }], 0.5, [0, 1, 2]);
    // Weights sqrt(p)·(1 + bm25): 4, 0.707, 0.5.
    [4, Math.SQRT1_2, 0.5].forEach((weight, at) => {
      expect(fused[at]).toBeCloseTo(weight / (4 + Math.SQRT1_2 + 0.5), 12);
    });
  });

  it('keeps the order of recall when no word matches and leaves out hits of another scope', () => {
    const [first, second, third] = fuse(shares(1, 5, 3), [{ segmentId: 99, bm25: 50 }], RANKING.weight, [0, 1, 2]);
    expect(second).toBeGreaterThan(third ?? 1);
    expect(third).toBeGreaterThan(first ?? 1);
  });

  it('shares among the rows that are asked for alone, in their order', () => {
    const [all, some] = [
      [0, 1, 2],
      [2, 0],
    ].map((rows) => fuse(shares(1, 5, 3), [], 1, rows));
    expect(some).toHaveLength(2);
    expect(some?.[0] ?? 0).toBeCloseTo(3 / 4, 12);
    expect(all?.[0] ?? 0).toBeCloseTo(1 / 9, 12);
  });

  it('finds by words what recall gave nothing', () => {
    const none: Shares = {
      segmentIds: Float64Array.of(1, 2),
      shares: Float64Array.of(1, 0),
      logShares: Float64Array.of(0, -Infinity),
      logTotal: 0,
    };
    const [first, second] = fuse(none, [{ segmentId: 2, bm25: 3 }], RANKING.weight, [0, 1]);
    expect(first).toBeGreaterThan(second ?? 1);
    expect(second).toBeGreaterThan(0);
  });

  it('gives shares that add up to 1, in the order of recall where words are alike', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 60 }), (weights) => {
        const hits = weights.map((_, at) => ({ segmentId: at + 1, bm25: 2 }));
        const fused = fuse(shares(...weights), hits, RANKING.weight, [...weights.keys()]);
        expect(fused.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
        const order = (values: ArrayLike<number>) =>
          [...weights.keys()].sort((a, b) => values[b]! - values[a]! || a - b);
        expect(order(fused)).toEqual(order(weights));
      }),
    );
  });
});
