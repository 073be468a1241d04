/** What counts as a loop: a cycle of at most so many tokens, met so often, and at least so many tokens of it. */
const LOOP = { period: 12, times: 4, tokens: 24 } as const;

/**
 * Whether the tokens end in a cycle that repeats itself: a small model that has begun one never leaves it, and a
 * repetition penalty gentle enough for code does not break it. Gives the length of what is worth keeping (everything
 * but the repetitions), or undefined.
 */
export function findCycle(tokens: readonly number[]): number | undefined {
  for (let period = 1; period <= LOOP.period; period += 1) {
    const needed = Math.max(LOOP.tokens, period * LOOP.times);
    if (tokens.length < needed) continue;
    let same = 0;
    while (
      same < tokens.length - period &&
      tokens[tokens.length - 1 - same] === tokens[tokens.length - 1 - same - period]
    ) {
      same += 1;
    }
    if (same + period >= needed) return tokens.length - same;
  }
  return undefined;
}
