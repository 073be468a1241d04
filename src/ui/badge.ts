/** The two characters that a file's badge holds: the whole percents of a share, 0..1. What is above 99 shows as 99. */
export function badge(share: number): string {
  const percents = Math.round(100 * share);
  return percents < 1 ? '<1' : String(Math.min(99, percents));
}
