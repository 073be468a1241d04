import type { FoundSecret } from './secret.ts';

/** Places that are named in a sentence. */
const NAMED = 5;

/** `12 (GitHub token), 30 (password)`, with ` …` where there are more. */
export function maskedLines(masked: readonly FoundSecret[]): string {
  const named = masked.slice(0, NAMED).map(({ line, rule }) => `${line} (${rule})`);
  return named.join(', ') + (masked.length > NAMED ? ' …' : '');
}

export function maskedSentence(masked: readonly FoundSecret[]): string {
  return `Read, with secrets masked in line ${maskedLines(masked)}.`;
}
