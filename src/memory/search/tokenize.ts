import { cyrillicStem, isEmptyWord, languageOf, stemOf } from './language.ts';
import type { Language } from './language.ts';
import type { RunPart } from './script.ts';
import { askedParts, runTerms, UNSPACED, withoutMarks } from './script.ts';
import { translate } from './translation.ts';

/**
 * Text to search terms, the same way for indexing and for asking: identifiers whole and in parts, lower-case, lightly
 * stemmed. This is the only tokeniser: the full-text index splits at spaces and nothing else.
 */

const LENGTHS = {
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
/**
 * Cuts between fooBar, HTTPServer, utf8 and 2x, not inside URLs; a character without case stays with its neighbors.
 */
const PARTS = /\p{Lu}{2,}s(?![\p{Ll}\p{M}])|\p{Lu}+(?![\p{Ll}\p{M}])|\p{Lu}?[\p{Ll}\p{Lo}\p{Lm}\p{Lt}\p{M}]+|\p{N}+/gu;
const CYRILLIC = /^\p{Script=Cyrillic}+$/u;
/** A word of prose, as it may stand in a comment: no name in parts. */
const PROSE = /^\p{L}?\p{Ll}+$/u;
/** Different words that tell a text's language; a question is short, so one is enough. */
const SURE_AFTER = { text: 2, question: 1 } as const;

/** Different words of a language whose terms are remembered, and characters of one: a word that no term is cut from. */
const KNOWN = { words: 50_000, longest: 64 } as const;

/** Words of a question as people count them, between blanks: how long it is. */
export function wordCount(text: string): number {
  return text.trim().split(/\s+/).length;
}

/**
 * Terms of a text or a path, in order, repeats kept (their count is the term's weight).
 * `getUserName` gives getusernam, get, user, nam; `src/auth/session.ts` gives src, auth, session, ts.
 *
 * What these terms are is part of the index: whoever changes it raises READING_VERSION.
 */
export function terms(text: string): string[] {
  const words = wordsOf(text);
  const language = languageOf(words, SURE_AFTER.text);
  const found: string[] = [];
  for (const word of words) {
    for (const term of termsOfWord(word, language)) found.push(term);
  }
  return found;
}

/** The terms of words in texts of a language: a repository says the same words again and again. */
const known = new Map<Language | undefined, Map<string, readonly string[]>>();

function termsOfWord(word: string, language: Language | undefined): readonly string[] {
  const words = known.get(language);
  const before = words?.get(word);
  if (before) return before;
  const found: string[] = [];
  // A copy: what is cut out of a text keeps all of it in memory.
  const copy = Buffer.from(word).toString();
  addWord(copy, found, { language, ofRun: runTerms });
  if (word.length > KNOWN.longest) return found;
  const kept = words && words.size < KNOWN.words ? words : new Map<string, readonly string[]>();
  if (kept !== words) known.set(language, kept);
  kept.set(copy, found);
  return found;
}

/** Terms of a question: no repeats, without words that say nothing. Empty when only such words were asked. */
export function questionTerms(question: string): string[] {
  return [...new Set(askedTerms(question).flatMap(({ own }) => own))];
}

/** What a question asks for by one of its words. */
export interface AskedWord {
  /** The word's own terms. */
  readonly own: readonly string[];
  /**
   * Terms of the English words that it means, where it is a word of another language: code is most often written in
   * English.
   */
  readonly english: readonly string[];
}

/** The content words of a question, each with its terms. Empty when only words that say nothing were asked. */
export function askedTerms(question: string): AskedWord[] {
  const words = wordsOf(question);
  const language = isEnglish(words) ? undefined : languageOf(words, SURE_AFTER.question);
  const content = words.filter((word) => !isEmpty(word, language));
  const naming = content.filter((word) => !KEYWORDS.has(word.toLowerCase()));
  return (naming.length > 0 ? naming : content).flatMap((word) => askedWord(word, language));
}

function askedWord(word: string, language: Language | undefined): AskedWord[] {
  const spaced: string[] = [];
  addWord(word, spaced, { language, ofRun: () => [] });
  const english = translate(withoutMarks(word).toLowerCase(), language).flatMap(({ english: meant }) => meant);
  const isForeign = language !== undefined || english.length > 0;
  const asked = isForeign ? [meaning(spaced, english)] : spaced.map((term) => meaning([term], []));
  const runs = withoutMarks(word).match(UNSPACED) ?? [];
  return [...asked, ...runs.flatMap(askedParts).flatMap(askedPart)].filter(({ own }) => own.length > 0);
}

/** What is translated asks for itself; what is left over asks with it. */
function askedPart({ text, terms: all }: RunPart): AskedWord[] {
  const known = translate(text, undefined);
  const said = known.map(({ said: own, english }) => meaning(runTerms(own), english));
  const rest = known.reduce((left, { said: own }) => left.replace(own, ' '), text).trim();
  const taken = new Set(said.flatMap(({ own }) => own));
  const others = all.filter((term) => !taken.has(term));
  const [first, ...further] = said;
  if (first && rest === '') return [{ ...first, own: [...first.own, ...others] }, ...further];
  return [...said, meaning(others, [])];
}

function meaning(own: readonly string[], english: readonly string[]): AskedWord {
  return { own, english: [...new Set(english.flatMap(terms))].filter((term) => !own.includes(term)) };
}

const wordsOf = (text: string): string[] => text.normalize('NFKC').match(WORD) ?? [];

/** Whether most of what tells a language tells English. */
function isEnglish(words: readonly string[]): boolean {
  const english = words.filter((word) => ENGLISH.has(word.toLowerCase())).length;
  const others = words.filter((word) => languageOf([word], SURE_AFTER.question) !== undefined).length;
  return english > others;
}

function isEmpty(word: string, language: Language | undefined): boolean {
  return ENGLISH.has(word.toLowerCase()) || (language !== undefined && isEmptyWord(word, language));
}

interface How {
  readonly language: Language | undefined;
  readonly ofRun: (run: string) => readonly string[];
}

function addWord(word: string, found: string[], { language, ofRun }: How): void {
  const plain = withoutMarks(word);
  const bare = plain.replaceAll('_', '');
  if (CYRILLIC.test(bare)) {
    const stemmed = withoutMarks(cyrillicStem(bare));
    if (fits(stemmed)) found.push(stemmed);
    return;
  }
  const isPlain = /^\w*$/.test(bare);
  const parts: string[] = [];
  for (const [part] of (isPlain ? plain : plain.replaceAll(UNSPACED, ' ')).matchAll(PARTS))
    parts.push(part.toLowerCase());
  // One name however it is written: userName, user_name and username meet.
  const whole = stem(bare.toLowerCase());
  if (parts.length > 1 && fits(whole)) found.push(whole);
  for (const part of parts) {
    const stemmed = stem(part);
    if (fits(stemmed)) found.push(stemmed);
  }
  if (language !== undefined && parts.length === 1 && PROSE.test(word)) {
    const stemmed = withoutMarks(stemOf(word, language));
    if (fits(stemmed) && stemmed !== found.at(-1)) found.push(stemmed);
  }
  if (!isPlain)
    for (const [run] of bare.matchAll(UNSPACED))
      found.push(...ofRun(run).filter((term) => term.length <= LENGTHS.longestTerm));
}

function fits(term: string): boolean {
  return term.length > 1 && term.length <= LENGTHS.longestTerm;
}

/**
 * Strips plural s, -ing, -ed and a final e, so that caches, cached, caching and cache meet in "cach". Letters a-z only;
 * wrong now and then (as every short stemmer), but wrong in the same way on both sides.
 */
function stem(word: string): string {
  if (word.length <= LENGTHS.shortestStem || !/^[a-z]+$/.test(word)) return word;
  let base = word;
  if (base.endsWith('ies')) base = `${base.slice(0, -3)}y`;
  else if (base.endsWith('sses')) base = base.slice(0, -2);
  else if (base.endsWith('s') && !/(?:ss|us|is)$/.test(base)) base = base.slice(0, -1);
  for (const ending of ['ing', 'ed']) {
    const rest = base.slice(0, -ending.length);
    if (base.endsWith(ending) && rest.length >= LENGTHS.shortestStem && /[aeiouy]/.test(rest)) {
      return /([bdfgmnprt])\1$/.test(rest) ? rest.slice(0, -1) : rest;
    }
  }
  return base.endsWith('e') && base.length > LENGTHS.shortestStem ? base.slice(0, -1) : base;
}
