/**
 * ROUGE-1 and ROUGE-L of a summary against a text (Lin 2004), as F-measures of 0..1: words that both have, and the
 * longest sequence of words that both have in this order. Words are runs of letters, digits and `_`, in lower case.
 */
export function rouge(summary: string, reference: string): [one: number, longest: number] {
  const [a, b] = [words(summary), words(reference)];
  const left = new Map<string, number>();
  for (const word of b) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of a) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    shared += 1;
    left.set(word, count - 1);
  }
  return [measure(shared, a.length, b.length), measure(longestCommon(a, b), a.length, b.length)];
}

const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];

const measure = (shared: number, a: number, b: number): number => (a + b === 0 ? 0 : (2 * shared) / (a + b));

function longestCommon(a: readonly string[], b: readonly string[]): number {
  let before = new Array<number>(b.length + 1).fill(0);
  for (const word of a) {
    const row = [0];
    for (const [at, other] of b.entries()) {
      row.push(word === other ? (before[at] ?? 0) + 1 : Math.max(before[at + 1] ?? 0, row[at] ?? 0));
    }
    before = row;
  }
  return before[b.length] ?? 0;
}
