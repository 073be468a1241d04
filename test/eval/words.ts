/** Words of a question that say nothing about code. */
const empty = new Set(
  (
    'a an and are as at be but by can for from has have if in into is it its no not of on or should such that the ' +
    'their then there these they this to was were when which will with'
  ).split(' '),
);

/**
 * The words of a text: every identifier whole and in lower case, and, where it has more than one part, its parts too
 * (camelCase, PascalCase, snake_case, digits). `parseHTTPHeader` gives parsehttpheader, parse, http, header.
 */
export function words(text: string): string[] {
  const found: string[] = [];
  for (const [identifier] of text.matchAll(/[\p{L}\p{N}_$]+/gu)) {
    const whole = identifier.replace(/^[_$]+|[_$]+$/g, '').toLowerCase();
    if (whole === '') continue;
    found.push(whole);
    const parts = identifier.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+|[\p{Lo}\p{Lm}\p{Lt}]+/gu) ?? [];
    if (parts.length > 1) found.push(...parts.map((part) => part.toLowerCase()));
  }
  return found;
}

/** The words that are searched for: empty words are dropped and a plural's s is cut (`headers` finds `header`). */
export function terms(text: string): string[] {
  return words(text)
    .filter((word) => !empty.has(word))
    .map((word) => (word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word));
}
