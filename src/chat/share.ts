/**
 * Shares as whole percents that add up to exactly what the shares add up to: each is rounded down, and the percents
 * that are left go to the largest remainders (Hamilton's method).
 */
export function percents(shares: readonly number[]): number[] {
  const exact = shares.map((share) => 100 * Math.max(0, share));
  const total = Math.round(exact.reduce((sum, value) => sum + value, 0));
  const whole = exact.map(Math.floor);
  let left = total - whole.reduce((sum, value) => sum + value, 0);
  const byRemainder = exact.map((value, at) => ({ at, rest: value - Math.floor(value) }));
  byRemainder.sort((a, b) => b.rest - a.rest || a.at - b.at);
  for (const { at } of byRemainder) {
    if (left <= 0) break;
    whole[at] = (whole[at] ?? 0) + 1;
    left -= 1;
  }
  return whole;
}

/** What all files have that are not among these, 0..1. */
export function othersShare(files: readonly { readonly share: number }[]): number {
  return Math.max(0, 1 - files.reduce((sum, { share }) => sum + share, 0));
}

/** `39%`, `<1%`. */
export function percentText(percent: number, share: number): string {
  return percent === 0 && share > 0 ? '<1%' : `${percent}%`;
}
