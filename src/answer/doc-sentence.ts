import { questionTerms, terms } from '../memory/search/tokenize.ts';
import type { Excerpt } from './excerpt.ts';

const LIMITS = {
  /** Lines of an excerpt in which its comment stands, characters and words of the sentence. */
  lines: 40,
  longest: 300,
  words: 3,
  /** Part of a question's words that a sentence has, where the question does not name what is defined. */
  part: 0.5,
  /** Excerpts that are looked at, in the order in which they are read. */
  excerpts: 4,
} as const;

const DEFINED =
  /^\s*(?:(?:export|default|public|private|protected|static|async|abstract|final|pub(?:\([^)]*\))?|@\w+)\s+)*(?:def|class|func(?:\s*\([^)]*\))?|function\*?|fn|interface|struct|trait|type|const|let|var|enum|module)\s+([A-Za-z_$][\w$]*)/;
const SIGNS = /^\s*(?:\/\*\*?|\*\/|\*|\/\/[/!]?|#|--)\s?|\s*\*\/\s*$/g;
/** Decorators, attributes, and lines for a preprocessor or an interpreter; behind a blank the word is a comment's. */
const DIRECTIVE =
  /^\s*(?:@|#!|#\[|#(?:define|elif|else|endif|endregion|error|if|ifdef|ifndef|import|include|include_next|line|nullable|pragma|region|undef|using|warning)\b)/;
const DOCSTRING = /^\s*[rRuU]?("""|''')/;
/** What begins the part of a comment that is for tools. */
const TAG = /^\s*(?:@\w|:\w+|\.\. |(?:args|arguments|parameters|returns|raises|example|usage|note)s?:)|^\s*$/i;
/** Directives and licences say nothing of the code. */
const ASIDE = /eslint|prettier|noqa|nolint|pragma|copyright|licen[cs]e|todo|fixme|type: ignore/i;

/**
 * The first sentence of the comment of one of these excerpts, verbatim but for the comment's own signs, behind the name
 * of what it is about: the one that says most of the question. Undefined where none is about what is asked.
 */
export function docSentence(excerpts: readonly Excerpt[], question: string): string | undefined {
  const asked = new Set(questionTerms(question));
  let best: { readonly text: string; readonly said: number } | undefined;
  for (const { lines } of excerpts.slice(0, LIMITS.excerpts)) {
    const found = documented(lines.slice(0, LIMITS.lines).map((line) => line.replace(/[\r\n]+$/, '')));
    if (found === undefined) continue;
    const own = new Set(terms(`${found.name} ${found.sentence}`));
    const said = [...asked].filter((term) => own.has(term)).length;
    // A comment that has a word or two of a long question is of something else, however near its code stands.
    const isAbout = said >= LIMITS.part * asked.size || terms(found.name).every((term) => asked.has(term));
    // An earlier excerpt is nearer to the question.
    if (!isAbout || said <= (best?.said ?? 0)) continue;
    const isNamed = found.sentence.startsWith(found.name);
    best = { said, text: isNamed ? found.sentence : `\`${found.name}\`: ${found.sentence}` };
  }
  return best?.text;
}

/** What an excerpt defines and the first sentence of the comment above it or of its docstring. */
function documented(lines: readonly string[]): { readonly name: string; readonly sentence: string } | undefined {
  const at = lines.findIndex((line) => DEFINED.test(line));
  const [, name] = DEFINED.exec(lines[at] ?? '') ?? [];
  if (name === undefined) return undefined;
  const above = lines.slice(0, at).filter((line) => !DIRECTIVE.test(line));
  const opened = lines.findIndex((line, index) => index > at && DOCSTRING.test(line));
  const comment = opened > at && lines.slice(at + 1, opened).every(isHead) ? docstring(lines.slice(opened)) : above;
  const isComment = comment === above ? above.every((line) => /^\s*(?:\/|\*|#|--|$)/.test(line)) : true;
  if (!isComment) return undefined;
  const text: string[] = [];
  for (const line of comment.map((one) => one.replace(SIGNS, ''))) {
    if (TAG.test(line) && text.length > 0) break;
    if (!TAG.test(line)) text.push(line.trim());
  }
  const [sentence = ''] = /^.*?[.!?](?=\s|$)/.exec(text.join(' ')) ?? [text.join(' ')];
  const plain = sentence.trim();
  if (plain.length > LIMITS.longest || plain.split(/\s+/).length < LIMITS.words || ASIDE.test(plain)) return undefined;
  return { name, sentence: /[.!?]$/.test(plain) ? plain : `${plain}.` };
}

/** A line of parameters between a name and its docstring. */
const isHead = (line: string): boolean => /[,:)(]\s*$|^\s*\)/.test(line);

function docstring(lines: readonly string[]): string[] {
  const [, quote = '"""'] = DOCSTRING.exec(lines[0] ?? '') ?? [];
  const first = (lines[0] ?? '').replace(DOCSTRING, '');
  if (first.includes(quote)) return [first.slice(0, first.indexOf(quote))];
  const close = lines.findIndex((line, at) => at > 0 && line.includes(quote));
  return [first, ...lines.slice(1, close < 0 ? lines.length : close)];
}
