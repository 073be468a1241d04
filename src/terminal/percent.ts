/** `31.4%`, `<0.1%`. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return '<0.1%';
  return `${(100 * share).toFixed(1)}%`;
}
