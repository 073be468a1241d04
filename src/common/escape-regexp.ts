/** A text as a part of a pattern that fits it letter by letter, with the flag `u` too. */
export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
