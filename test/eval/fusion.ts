/** The constant of the paper, which ships unchanged in search engines; larger values flatten the lists' heads. */
const constant = 60;

/**
 * Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): an item's score is the sum of 1 / (60 + its rank) over
 * the lists that hold it; lists are best first.
 */
export function reciprocalRanks<Item>(lists: readonly (readonly Item[])[]): Map<Item, number> {
  const scores = new Map<Item, number>();
  for (const list of lists) {
    for (const [place, item] of list.entries()) {
      scores.set(item, (scores.get(item) ?? 0) + 1 / (constant + place + 1));
    }
  }
  return scores;
}

/** Two systems' scores of the same items, each in units of its own spread, averaged. */
export function standardMean(first: ArrayLike<number>, second: ArrayLike<number>): Float64Array {
  const [a, b] = [standardise(first), standardise(second)];
  return a.map((score, item) => (score + (b[item] ?? 0)) / 2);
}

/** Scores less their mean, over their standard deviation; zeros where they are all alike. */
function standardise(scores: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(scores);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return values.map((value) => (spread > 0 ? (value - mean) / spread : 0));
}
