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

/**
 * The mean and its percentile bootstrap interval (Efron): cases are drawn again with replacement, the mean is taken
 * each time, and the middle `confidence` of those means is kept. The same seed gives the same interval.
 */
export function bootstrap(
  values: readonly number[],
  { resamples, confidence, seed }: { resamples: number; confidence: number; seed: number } = judging,
): Interval {
  const random = mulberry32(seed);
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw++) sum += values[Math.floor(random() * values.length)] ?? 0;
    return sum / values.length;
  }).sort();
  const at = (share: number) => means[Math.round(share * (resamples - 1))] ?? Number.NaN;
  return { mean: mean(values), low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) };
}

/** One row over the outcomes of some cases. */
export function summarise(outcomes: readonly Outcome[]): Summary {
  const over = (score: (outcome: Outcome) => number) => mean(outcomes.map(score));
  return {
    cases: outcomes.length,
    hit1: over((outcome) => hitAt(outcome, 1)),
    hit3: over((outcome) => hitAt(outcome, 3)),
    hit5: bootstrap(outcomes.map((outcome) => hitAt(outcome, 5))),
    hit10: over((outcome) => hitAt(outcome, 10)),
    recall5: over((outcome) => recallAt(outcome, 5)),
    recall10: over((outcome) => recallAt(outcome, 10)),
    mrr: over(reciprocalRank),
  };
}

/** Uniform numbers in [0, 1) from a 32-bit state (Ettinger's mulberry32): small, seeded, the same on every platform. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
}
