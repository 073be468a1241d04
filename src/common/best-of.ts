/** Candidates that are sorted at once, as a multiple of what is kept. */
const BATCH = 4;
const LEAST = 64;

/**
 * The first `limit` of many numbers in an order, sorted, without sorting all of them.
 *
 * @param compare as for sorting: below 0 where the first of two comes first
 */
export function bestOf(
  candidates: Iterable<number>,
  limit: number,
  compare: (a: number, b: number) => number,
): number[] {
  const kept: number[] = [];
  if (limit < 1) return kept;
  const most = Math.max(LEAST, BATCH * limit);
  let last: number | undefined;
  for (const one of candidates) {
    if (last !== undefined && compare(one, last) > 0) continue;
    if (kept.push(one) < most) continue;
    kept.sort(compare).length = limit;
    last = kept[limit - 1];
  }
  return kept.sort(compare).slice(0, limit);
}
