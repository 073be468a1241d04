import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  bootstrap,
  clusteredBootstrap,
  hitAt,
  judging,
  ndcgAt,
  rankOf,
  rankOfLabels,
  rankOfLines,
  recallAt,
  reciprocalRank,
  summarise,
} from '../../eval/metrics.ts';

describe('rankOf', () => {
  test('counts ranks from 1, ascending, one per gold path', () => {
    expect(rankOf(['a', 'b', 'c', 'd'], ['d', 'b'])).toEqual({ ranks: [2, 4], gold: 2 });
  });

  test('a path that a system names twice takes one place', () => {
    expect(rankOf(['a', 'a', 'a', 'b'], ['b'])).toEqual({ ranks: [2], gold: 1 });
  });

  test('what stands below the depth is not found', () => {
    const list = Array.from({ length: judging.depth + 1 }, (_, index) => `file${index}`);
    expect(rankOf(list, [`file${judging.depth - 1}`]).ranks).toEqual([judging.depth]);
    expect(rankOf(list, [`file${judging.depth}`]).ranks).toEqual([]);
  });
});

describe('rankOfLines', () => {
  const list = [
    { path: 'other.ts', start: 1, end: 100 },
    { path: 'gold.ts', start: 1, end: 9 },
    { path: 'gold.ts', start: 10, end: 20 },
  ];

  test('needs the path and the line', () => {
    expect(rankOfLines(list, ['gold.ts'], [10])).toEqual({ ranks: [3], gold: 1 });
    expect(rankOfLines(list, ['gold.ts'], [21])).toEqual({ ranks: [], gold: 1 });
    expect(rankOfLines(list, ['absent.ts'], [10])).toEqual({ ranks: [], gold: 1 });
  });

  test('both ends belong to the segment, and any of the lines will do', () => {
    expect(rankOfLines(list, ['gold.ts'], [20]).ranks).toEqual([3]);
    expect(rankOfLines(list, ['gold.ts'], [500, 9]).ranks).toEqual([2]);
  });
});

describe('scores of one list', () => {
  test('hit@k is any gold, recall@k is the share of it, MRR is the first', () => {
    const outcome = { ranks: [2, 6], gold: 4 };
    expect([1, 2, 5, 6].map((k) => hitAt(outcome, k))).toEqual([0, 1, 1, 1]);
    expect([1, 2, 5, 6].map((k) => recallAt(outcome, k))).toEqual([0, 0.25, 0.25, 0.5]);
    expect(reciprocalRank(outcome)).toBe(0.5);
  });

  test('nothing found scores nothing', () => {
    const outcome = { ranks: [], gold: 2 };
    expect([hitAt(outcome, 50), recallAt(outcome, 50), reciprocalRank(outcome)]).toEqual([0, 0, 0]);
  });

  test('a larger k never lowers a score', () => {
    const ranks = fc.uniqueArray(fc.integer({ min: 1, max: judging.depth }), { maxLength: 5 });
    fc.assert(
      fc.property(ranks, fc.integer({ min: 1, max: 49 }), (found, k) => {
        const outcome = { ranks: found, gold: 5 };
        expect(hitAt(outcome, k + 1)).toBeGreaterThanOrEqual(hitAt(outcome, k));
        expect(recallAt(outcome, k + 1)).toBeGreaterThanOrEqual(recallAt(outcome, k));
        expect(recallAt(outcome, k)).toBeLessThanOrEqual(hitAt(outcome, k));
      }),
    );
  });
});

describe('bootstrap', () => {
  const half = Array.from({ length: 100 }, (_, index) => index % 2);

  test('is as wide as the normal approximation of a share of one half in 100 cases', () => {
    const { mean, low, high } = bootstrap(half);
    expect(mean).toBe(0.5);
    const reach = 1.96 * Math.sqrt(0.25 / 100);
    expect(low).toBeCloseTo(0.5 - reach, 1);
    expect(high).toBeCloseTo(0.5 + reach, 1);
    expect(high - low).toBeGreaterThan(1.7 * reach);
    expect(high - low).toBeLessThan(2.3 * reach);
  });

  test('is the same for the same seed and another for another', () => {
    const values = Array.from({ length: 37 }, (_, index) => (index % 7) / 7);
    const settings = { resamples: 200, confidence: 0.95, seed: 1 };
    expect(bootstrap(values, settings)).toEqual(bootstrap(values, settings));
    expect(bootstrap(values, settings)).not.toEqual(bootstrap(values, { ...settings, seed: 2 }));
  });

  test('of equal values is that value', () => {
    expect(bootstrap([1, 1, 1])).toEqual({ mean: 1, low: 1, high: 1 });
  });

  test('narrows with the confidence asked for', () => {
    const wide = bootstrap(half, { ...judging, confidence: 0.99 });
    const narrow = bootstrap(half, { ...judging, confidence: 0.5 });
    expect(narrow.high - narrow.low).toBeLessThan(wide.high - wide.low);
  });
});

test('summarise averages over cases', () => {
  const row = summarise([
    [
      { ranks: [1], gold: 1 },
      { ranks: [4, 9], gold: 2 },
    ],
    [
      { ranks: [], gold: 3 },
      { ranks: [2], gold: 2 },
    ],
  ]);
  expect(row).toMatchObject({ cases: 4, hit1: 0.25, hit3: 0.5, hit10: 0.75, mrr: (1 + 0.25 + 0.5) / 4 });
  expect(row.hit5.mean).toBe(0.75);
  expect(row.recall5).toBe((1 + 0.5 + 0.5) / 4);
  expect(row.recall10).toBe((1 + 1 + 0.5) / 4);
});

describe('rankOfLabels', () => {
  const list = [
    { path: 'a.ts', start: 1, end: 9 },
    { path: 'b.ts', start: 1, end: 9 },
    { path: 'a.ts', start: 10, end: 20 },
  ];

  test('a label without lines is met by its file, one with lines where they overlap', () => {
    expect(rankOfLabels(list, [{ path: 'a.ts', lines: { start: 20, end: 30 } }])).toEqual({ ranks: [3], gold: 1 });
    expect(rankOfLabels(list, [{ path: 'b.ts' }, { path: 'a.ts', lines: { start: 21, end: 30 } }])).toEqual({
      ranks: [2],
      gold: 2,
    });
  });

  test('two labels that are met in one place count once', () => {
    const labels = [{ path: 'a.ts' }, { path: 'a.ts', lines: { start: 1, end: 1 } }];
    expect(rankOfLabels(list, labels)).toEqual({ ranks: [1], gold: 2 });
  });
});

describe('ndcgAt', () => {
  test('is 1 for a list that begins with all gold items, and falls with the logarithm of the rank', () => {
    expect(ndcgAt({ ranks: [1, 2], gold: 2 }, 10)).toBe(1);
    expect(ndcgAt({ ranks: [3], gold: 1 }, 10)).toBe(0.5);
    expect(ndcgAt({ ranks: [2], gold: 2 }, 10)).toBeCloseTo(1 / Math.log2(3) / (1 + 1 / Math.log2(3)), 12);
    expect(ndcgAt({ ranks: [11], gold: 1 }, 10)).toBe(0);
    expect(ndcgAt({ ranks: [], gold: 0 }, 10)).toBe(0);
  });

  test('more gold items than are looked at can still be met fully', () => {
    const ranks = Array.from({ length: 10 }, (_, at) => at + 1);
    expect(ndcgAt({ ranks, gold: 12 }, 10)).toBe(1);
  });
});

test('clusters that agree within themselves give a wider interval than the same cases alone', () => {
  const clusters = [Array<number>(20).fill(1), Array<number>(20).fill(0), Array<number>(20).fill(1)];
  const [together, apart] = [clusteredBootstrap(clusters), bootstrap(clusters.flat())];
  expect(together.mean).toBe(apart.mean);
  expect(together.high - together.low).toBeGreaterThan(2 * (apart.high - apart.low));
});
