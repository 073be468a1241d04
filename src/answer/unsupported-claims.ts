import { writtenNames } from './known-names.ts';

/**
 * What a small model adds of its own accord: measured by eye, most of its reasons, denials and numbers for questions
 * how and why were made up. So each has to stand in the lines that a sentence rests on.
 */
const CLAIMS: readonly (readonly [said: RegExp, shown: RegExp])[] = [
  [
    /\b(?:because|since it|so that|in order to|therefore|thus|hence|which means|this means|allow(?:s|ing)|ensur\w+|guarantee\w*)\b/i,
    /\b(?:because|since|so that|in order to|therefore|thus|hence|means?|allow\w*|ensur\w+|guarantee\w*|must|otherwise)\b/i,
  ],
  [/\b(?:prevent|avoid)\w*\b/i, /\b(?:prevent|avoid|protect|disallow|forbid|refuse|reject)\w*\b/i],
  [
    /\b(?:not|never|cannot|without)\b|n['’]t\b/i,
    /\b(?:not|no|non|never|none|cannot|without|null|nil|unless|except)\b|n['’]t\b|!|\bun\w+/i,
  ],
];
const NUMBER = /(?<![\w.])\d+(?:\.\d+)*(?![\w.]*\w)/g;
const QUOTED = /["“]([^"“”\n]{2,})["”]/g;

/**
 * Whether a sentence says a name, a number, a quoted text, a reason or a denial that neither the lines that it rests on
 * nor the question have.
 *
 * @param shown the lines, with their path
 */
export function hasUnsupportedClaim(sentence: string, shown: string, question: string): boolean {
  const known = `${shown}\n${question}`;
  const words = new Set(known.match(/[\w$]+/g));
  if (writtenNames(sentence).some((name) => !words.has(name))) return true;
  if ((sentence.match(NUMBER) ?? []).some((number) => !hasNumber(known, number))) return true;
  if ([...sentence.matchAll(QUOTED)].some(([, text = '']) => !known.includes(text.replace(/[.,]$/, '')))) return true;
  return CLAIMS.some(([said, own]) => said.test(sentence) && !own.test(shown));
}

/** Whether a number stands in a text, and not only as a part of a longer one; `3` stands in `3.15`. */
function hasNumber(text: string, number: string): boolean {
  return new RegExp(`(?<!\\d|\\d_)${number.replaceAll('.', '\\.')}(?!_?\\d)`).test(text);
}
