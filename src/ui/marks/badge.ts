/** The two characters that a file's badge may have: the whole percents of a share, 0..1; a dot where it is all. */
export function badge(share: number): string {
  const percents = Math.round(100 * share);
  if (percents < 1) return '<1';
  return percents > 99 ? '●' : String(percents);
}
