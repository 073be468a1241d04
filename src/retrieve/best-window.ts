/** Lines of a text, from 0 and inclusive, and what they hold of the words that were looked for. */
interface BestWindow {
  readonly start: number;
  readonly end: number;
  /** Sum of the weights of the words. */
  readonly weight: number;
  /** Different words. */
  readonly words: number;
}

/**
 * The short run of lines that holds most of the weight of these words; undefined where no line holds one.
 *
 * @param lines the terms of each line
 * @param weights of each term that is looked for
 * @param longest lines of a run at most
 * @param perLine what each further line must add, so that a run is as short as it can be
 */
export function bestWindow(
  lines: readonly ReadonlySet<string>[],
  weights: ReadonlyMap<string, number>,
  { longest, perLine }: { readonly longest: number; readonly perLine: number },
): BestWindow | undefined {
  let best: BestWindow | undefined;
  let most = 0;
  for (const start of lines.keys()) {
    const found = new Set<string>();
    let weight = 0;
    for (let end = start; end < Math.min(lines.length, start + longest); end += 1) {
      for (const [term, own] of weights) {
        if (found.has(term) || lines[end]?.has(term) !== true) continue;
        found.add(term);
        weight += own;
      }
      // A later line begins a shorter run of the same words.
      if (found.size === 0) break;
      const score = weight - perLine * (end - start);
      if (score <= most) continue;
      most = score;
      best = { start, end, weight, words: found.size };
    }
  }
  return best;
}
