/**
 * Text to search terms, the same way for indexing and for asking: identifiers whole and in parts, lower-case, lightly
 * stemmed. This is the only tokeniser: the full-text index splits at spaces and nothing else.
 */

const LEXICON = {
  /** Longer runs are hashes, base64 or minified code: nobody asks for them and each would be a row of its own. */
  longestTerm: 64,
  /** A stem shorter than this says too little: "sing" would become "s". */
  shortestStem: 3,
} as const;

/** Words of a question that say nothing about where to look. */
const ENGLISH = new Set(
  (
    'a an and any are as at be been by can could did do does for from had has have how i if in into is it its me my of ' +
    'on or our out should so some such tell than that the their them then there these they this those to up us was we ' +
    'were what when where which while who whose why will with would you your about show find explain please'
  ).split(' '),
);

/** Keywords found in nearly every segment: they would match everything. Kept when a question has nothing else. */
const KEYWORDS = new Set(
  (
    'function func fn def class method code file files return returns import export const let var public private static ' +
    'void int string bool true false null none undefined new self else elif end type use used uses using'
  ).split(' '),
);

const WORD = /[\p{L}\p{M}\p{N}_]+/gu;
/** Cuts between fooBar, HTTPServer, utf8 and 2x, not inside URLs; a character without case stays with its neighbours. */
const PARTS = /\p{Lu}{2,}s(?![\p{Ll}\p{M}])|\p{Lu}+(?![\p{Ll}\p{M}])|\p{Lu}?[\p{Ll}\p{Lo}\p{Lm}\p{Lt}\p{M}]+|\p{N}+/gu;
/** Scripts written without spaces: every two neighbouring characters are a term. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+/gu;

/**
 * Terms of a text or a path, in order, repeats kept (their count is the term's weight).
 * `getUserName` gives getusername, get, user, name; `src/auth/session.ts` gives src, auth, session, ts.
 */
export function terms(text: string): string[] {
  const found: string[] = [];
  for (const [word] of text.normalize('NFKC').matchAll(WORD)) addWord(word, found);
  return found;
}

/** Terms of a question: no repeats, without words that say nothing. Empty when only such words were asked. */
export function questionTerms(question: string): string[] {
  const words = [...question.normalize('NFKC').matchAll(WORD)].map(([word]) => word);
  const telling = words.filter((word) => !ENGLISH.has(word.toLowerCase()));
  const naming = telling.filter((word) => !KEYWORDS.has(word.toLowerCase()));
  return [...new Set((naming.length > 0 ? naming : telling).flatMap(terms))];
}

function addWord(word: string, found: string[]): void {
  const bare = trimUnderscores(word);
  const parts: string[] = [];
  for (const [part] of bare.replaceAll(UNSPACED, ' ').matchAll(PARTS)) parts.push(part.toLowerCase());
  const whole = bare.toLowerCase();
  if (parts.length > 1 && fits(whole)) found.push(whole);
  for (const part of parts) {
    const stemmed = stem(part);
    if (fits(stemmed)) found.push(stemmed);
  }
  for (const [run] of bare.matchAll(UNSPACED)) {
    const characters = Array.from(run);
    if (characters.length === 1) found.push(run);
    for (let i = 0; i + 1 < characters.length; i++) found.push(characters.slice(i, i + 2).join(''));
  }
}

/** By hand: a pattern for the end of the word takes quadratic time on a long run of underscores. */
function trimUnderscores(word: string): string {
  let start = 0;
  let end = word.length;
  while (start < end && word[start] === '_') start++;
  while (end > start && word[end - 1] === '_') end--;
  return word.slice(start, end);
}

function fits(term: string): boolean {
  return term.length > 1 && term.length <= LEXICON.longestTerm;
}

/**
 * Strips plural s, -ing, -ed and a final e, so that caches, cached, caching and cache meet in "cach". Letters a-z only;
 * wrong now and then (as every short stemmer), but wrong in the same way on both sides.
 */
function stem(word: string): string {
  if (word.length <= LEXICON.shortestStem || !/^[a-z]+$/.test(word)) return word;
  let base = word;
  if (base.endsWith('ies')) base = `${base.slice(0, -3)}y`;
  else if (base.endsWith('sses')) base = base.slice(0, -2);
  else if (base.endsWith('s') && !/(?:ss|us|is)$/.test(base)) base = base.slice(0, -1);
  for (const ending of ['ing', 'ed']) {
    const rest = base.slice(0, -ending.length);
    if (base.endsWith(ending) && rest.length >= LEXICON.shortestStem && /[aeiouy]/.test(rest)) {
      return /([bdfgmnprt])\1$/.test(rest) ? rest.slice(0, -1) : rest;
    }
  }
  return base.endsWith('e') && base.length > LEXICON.shortestStem ? base.slice(0, -1) : base;
}
