/** The constant of the paper, which ships unchanged in search engines; larger values flatten the lists' heads. */
const constant = 60;

/**
 * Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): an item's score is the sum of 1 / (60 + its rank) over
 * the lists that hold it; lists are best first.
 */
export function fuse<Item>(lists: readonly (readonly Item[])[]): Map<Item, number> {
  const scores = new Map<Item, number>();
  for (const list of lists) {
    for (const [place, item] of list.entries()) {
      scores.set(item, (scores.get(item) ?? 0) + 1 / (constant + place + 1));
    }
  }
  return scores;
}

/** The places of the scores above `floor`, best first, ties in their order. */
export function order(scores: ArrayLike<number>, floor: number): number[] {
  return Array.from(scores, (_, place) => place)
    .filter((place) => (scores[place] ?? floor) > floor)
    .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
}
