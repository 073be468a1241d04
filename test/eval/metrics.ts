import { mulberry32 } from '../../src/common/random.ts';

/** Numbers that decide how a list is judged and how sure a score is. */
export const judging = {
  /** Files (or segments) of a list that are looked at; what a system puts further down counts as not found. */
  depth: 50,
  /** Bootstrap resamples; 2000 puts the noise of an interval's end well under the interval's width. */
  resamples: 2000,
  /** Share of resampled means inside the interval. */
  confidence: 0.95,
  /** Any fixed number: two runs over the same lists must print the same interval. */
  seed: 20260401,
} as const;

/** What a list did for one case: the 1-based ranks of the gold items it holds, ascending, and how many there are. */
export interface Outcome {
  readonly ranks: readonly number[];
  readonly gold: number;
}

/** A run of lines of a file, both ends counted from 1 and included. */
export interface Lines {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** A mean over cases with its percentile bootstrap interval. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** The row of a table; all values are shares from 0 to 1. */
export interface Summary {
  readonly cases: number;
  readonly hit1: number;
  readonly hit3: number;
  readonly hit5: Interval;
  readonly hit10: number;
  readonly recall5: number;
  readonly recall10: number;
  readonly mrr: number;
  readonly ndcg10: Interval;
}

/** Lines that answer a question; the whole file where no lines are said. */
export interface Label {
  readonly path: string;
  readonly lines?: { readonly start: number; readonly end: number };
}

/** The ranks of the gold paths in a list of paths, best first; a path counts where it stands first. */
export function rankOf(list: readonly string[], gold: readonly string[]): Outcome {
  const wanted = new Set(gold);
  const places = new Map<string, number>();
  for (const [place, path] of [...new Set(list)].slice(0, judging.depth).entries()) {
    if (wanted.has(path)) places.set(path, place + 1);
  }
  return { ranks: [...places.values()], gold: wanted.size };
}

/**
 * The rank of the first run of lines that holds one of the lines meant, in one of the files meant. There is one thing
 * to find, so `gold` is 1 however many lines may define it.
 */
export function rankOfLines(list: readonly Lines[], files: readonly string[], lines: readonly number[]): Outcome {
  const meant = new Set(files);
  const place = list
    .slice(0, judging.depth)
    .findIndex(({ path, start, end }) => meant.has(path) && lines.some((line) => start <= line && line <= end));
  return { ranks: place < 0 ? [] : [place + 1], gold: 1 };
}

/** The ranks of the labels in a list of lines, best first: each label's is that of the first lines that overlap it. */
export function rankOfLabels(list: readonly Lines[], labels: readonly Label[]): Outcome {
  const looked = list.slice(0, judging.depth);
  const found = labels.map(({ path, lines = { start: 1, end: Infinity } }) =>
    looked.findIndex((one) => one.path === path && one.start <= lines.end && lines.start <= one.end),
  );
  const ranks = [...new Set(found)].filter((place) => place >= 0).map((place) => place + 1);
  return { ranks: ranks.sort((a, b) => a - b), gold: labels.length };
}

/**
 * Normalised discounted cumulative gain of the first k (Järvelin & Kekäläinen 2002) with gains of 0 and 1: the sum of
 * 1 / log2(rank + 1) over the gold items, over that of a list that begins with all of them.
 */
export function ndcgAt({ ranks, gold }: Outcome, k: number): number {
  const gain = (rank: number) => 1 / Math.log2(rank + 1);
  const best = Array.from({ length: Math.min(gold, k) }, (_, at) => gain(at + 1));
  const sum = (gains: readonly number[]) => gains.reduce((total, one) => total + one, 0);
  return gold === 0 ? 0 : sum(ranks.filter((rank) => rank <= k).map(gain)) / sum(best);
}

/** 1 where any gold item is among the first k, else 0. */
export function hitAt(outcome: Outcome, k: number): number {
  return outcome.ranks.some((rank) => rank <= k) ? 1 : 0;
}

/** The share of the gold items among the first k. */
export function recallAt(outcome: Outcome, k: number): number {
  return outcome.gold === 0 ? 0 : outcome.ranks.filter((rank) => rank <= k).length / outcome.gold;
}

/** 1 / the rank of the first gold item, 0 where none was found. */
export function reciprocalRank(outcome: Outcome): number {
  return outcome.ranks.length === 0 ? 0 : 1 / Math.min(...outcome.ranks);
}

/** The mean, NaN for an empty list. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean and its percentile bootstrap interval (Efron) over values that do not depend on each other. */
export function bootstrap(values: readonly number[], options: Resampling = judging): Interval {
  return clusteredBootstrap(
    values.map((value) => [value]),
    options,
  );
}

interface Resampling {
  readonly resamples: number;
  readonly confidence: number;
  readonly seed: number;
}

/**
 * The mean over all values and its percentile bootstrap interval: clusters are drawn again with replacement, then the
 * values of each, the mean is taken each time, and the middle `confidence` of those means is kept (the two-stage
 * bootstrap of Davison & Hinkley 1997, 3.8). Questions about one repository are alike, so one by one they would claim
 * too much; whole repositories alone would, where there are three. The same seed gives the same interval.
 */
export function clusteredBootstrap(
  clusters: readonly (readonly number[])[],
  { resamples, confidence, seed }: Resampling = judging,
): Interval {
  const random = mulberry32(seed);
  const draw = <Item>(items: readonly Item[]) => items[items.length > 1 ? Math.floor(random() * items.length) : 0];
  const means = Float64Array.from({ length: resamples }, () => {
    let [sum, count] = [0, 0];
    for (let drawn = 0; drawn < clusters.length; drawn++) {
      const values = draw(clusters) ?? [];
      for (let value = 0; value < values.length; value++) sum += draw(values) ?? 0;
      count += values.length;
    }
    return sum / count;
  }).sort();
  const at = (share: number) => means[Math.round(share * (resamples - 1))] ?? Number.NaN;
  return { mean: mean(clusters.flat()), low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) };
}

/** One row over the outcomes of some cases, in clusters that do not depend on each other. */
export function summarise(clusters: readonly (readonly Outcome[])[]): Summary {
  const outcomes = clusters.flat();
  const over = (score: (outcome: Outcome) => number) => mean(outcomes.map(score));
  const within = (score: (outcome: Outcome) => number) =>
    clusteredBootstrap(clusters.map((cluster) => cluster.map(score)));
  return {
    cases: outcomes.length,
    hit1: over((outcome) => hitAt(outcome, 1)),
    hit3: over((outcome) => hitAt(outcome, 3)),
    hit5: within((outcome) => hitAt(outcome, 5)),
    hit10: over((outcome) => hitAt(outcome, 10)),
    recall5: over((outcome) => recallAt(outcome, 5)),
    recall10: over((outcome) => recallAt(outcome, 10)),
    mrr: over(reciprocalRank),
    ndcg10: within((outcome) => ndcgAt(outcome, 10)),
  };
}
