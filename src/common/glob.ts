import { AppError } from './app-error.ts';
/**
 * Patterns over paths, matched in a time that is bounded by the length of the pattern times that of the path. Patterns
 * come from files of the repository and from questions, and a regular expression made from `**` ten times over takes
 * minutes.
 */

/** Counts the comparisons that matching took, so that a caller can stop and name the pattern's owner. */
export interface Work {
  steps: number;
}

export interface GlobOptions {
  /** Letters of either case are the same. */
  readonly ignoreCase?: boolean;
  /** `{a,b}` stands for a or b; git's ignore files know no braces. */
  readonly braces?: boolean;
  /** A bracket that is not closed is an error; git takes such a pattern as one that matches nothing. */
  readonly strict?: boolean;
}

export type PathMatcher = (path: string, work?: Work) => boolean;

/**
 * Characters of one pattern, and the patterns that its braces may stand for. More is no pattern that a person writes.
 */
export const GLOB_LIMITS = { characters: 1_000, alternatives: 256 } as const;

/**
 * Compiles a pattern: `*` and `?` stop at `/`, a part `**` stands for any number of folders, `[a-z]` and `[!a-z]` are
 * one character, `\` takes the next character as it is. The whole path must match.
 *
 * The meaning is that of gitignore(5) and of git's wildmatch with WM_PATHNAME.
 * @throws `pattern/unreadable` with `strict` where a bracket or brace is open; always where a limit is passed
 */
export function compileGlob(pattern: string, options: GlobOptions = {}): PathMatcher {
  if (pattern.length > GLOB_LIMITS.characters) {
    throw new AppError('pattern/unreadable', `A pattern has at most ${GLOB_LIMITS.characters} characters.`);
  }
  const { braces = false, strict = false, ignoreCase = false } = options;
  const spelt = ignoreCase ? (text: string) => text.toLowerCase() : (text: string) => text;
  const variants = braces ? expandBraces(pattern, strict) : [pattern];
  const compiled = variants.map((variant) => partsOf(spelt(variant), strict));
  return (path, work) => {
    const names = spelt(path).split('/');
    return compiled.some((parts) => parts !== undefined && matchesParts(parts, names, work));
  };
}

/** Compiles a pattern for one name, which holds no `/`; `**` is as `*`. As `compileGlob` otherwise. */
export function compileName(pattern: string, options: GlobOptions = {}): PathMatcher {
  if (pattern.length > GLOB_LIMITS.characters) {
    throw new AppError('pattern/unreadable', `A pattern has at most ${GLOB_LIMITS.characters} characters.`);
  }
  const { strict = false, ignoreCase = false } = options;
  const part = partOf(ignoreCase ? pattern.toLowerCase() : pattern, strict);
  if (part === undefined) return () => false;
  return (name, work) => part(ignoreCase ? name.toLowerCase() : name, work);
}

/**
 * The patterns that the braces of one stand for, `{a,b{c,d}}` inside each other too. A backslash keeps a brace as it
 * is.
 * @throws `pattern/unreadable` where there are too many, or with `strict` where a brace is open or closed alone
 */
export function expandBraces(pattern: string, strict = false): string[] {
  let waiting = [pattern];
  const done: string[] = [];
  while (waiting.length > 0) {
    const next: string[] = [];
    for (const text of waiting) {
      const group = firstBraces(text, strict);
      if (group === undefined) done.push(text);
      else for (const choice of group.choices) next.push(text.slice(0, group.from) + choice + text.slice(group.to));
    }
    if (done.length + next.length > GLOB_LIMITS.alternatives) {
      throw new AppError(
        'pattern/unreadable',
        `The braces of a pattern stand for at most ${GLOB_LIMITS.alternatives} patterns.`,
      );
    }
    waiting = next;
  }
  return done;
}

interface Braces {
  readonly from: number;
  readonly to: number;
  readonly choices: readonly string[];
}

/** The first pair of braces that holds a comma outside of inner ones. */
function firstBraces(text: string, strict: boolean): Braces | undefined {
  const open: { readonly at: number; readonly commas: number[] }[] = [];
  let found: Braces | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === '{') open.push({ at, commas: [] });
    else if (character === ',') open.at(-1)?.commas.push(at);
    else if (character === '}') {
      const group = open.pop();
      if (group === undefined) {
        if (strict) throw new AppError('pattern/unreadable', 'A brace is closed that was not opened.');
        continue;
      }
      const bounds = [group.at, ...group.commas, at];
      const choices = bounds.slice(1).map((end, i) => text.slice((bounds[i] ?? 0) + 1, end));
      if (choices.length > 1 && (found === undefined || group.at < found.from)) {
        found = { from: group.at, to: at + 1, choices };
      }
    }
  }
  if (strict && open.length > 0) throw new AppError('pattern/unreadable', 'A brace is not closed.');
  return found;
}

const GLOBSTAR = Symbol('**');
type Part = typeof GLOBSTAR | PathMatcher;

/** The parts between the slashes; undefined for a pattern that matches nothing. */
function partsOf(pattern: string, strict: boolean): readonly Part[] | undefined {
  const parts: Part[] = [];
  for (const text of splitParts(pattern)) {
    if (text === '**') {
      if (parts.at(-1) !== GLOBSTAR) parts.push(GLOBSTAR);
      continue;
    }
    const part = partOf(text, strict);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return parts;
}

/** A slash inside of brackets divides as well: no class matches it. */
function splitParts(pattern: string): string[] {
  const parts = [''];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? '';
    if (character === '/') parts.push('');
    else {
      const taken = character === '\\' ? character + (pattern[at + 1] ?? '') : character;
      parts.push((parts.pop() ?? '') + taken);
      at += taken.length - 1;
    }
  }
  return parts;
}

/**
 * Matches parts from the left. After a `**` the parts up to the next one are looked for at each place in turn, and the
 * first place is as good as any later one, so that no choice is ever taken back.
 */
function matchesParts(parts: readonly Part[], names: readonly string[], work: Work | undefined): boolean {
  let [part, name] = [0, 0];
  let retry: { readonly part: number; name: number } | undefined;
  for (;;) {
    const wanted = parts[part];
    if (wanted === GLOBSTAR) {
      part += 1;
      // At the end `**` needs something below; before other parts it may stand for nothing.
      if (part === parts.length) return name < names.length;
      retry = { part, name };
      continue;
    }
    const given = names[name];
    if (wanted === undefined && given === undefined) return true;
    if (work) work.steps += 1;
    if (wanted !== undefined && given !== undefined && wanted(given, work)) {
      [part, name] = [part + 1, name + 1];
      continue;
    }
    if (retry === undefined || retry.name >= names.length) return false;
    retry.name += 1;
    [part, name] = [retry.part, retry.name];
  }
}

/** What one character of a name may be: a letter, `?`, or a class of letters. */
type One = string | ((character: string) => boolean);
const STAR = Symbol('*');

function partOf(text: string, strict: boolean): PathMatcher | undefined {
  const tokens = tokensOf(text, strict);
  if (tokens === undefined) return undefined;
  const stars = tokens.filter((token) => token === STAR).length;
  const letters = tokens.filter((token) => typeof token === 'string').join('');
  const isPlain = tokens.every((token) => token === STAR || typeof token === 'string');
  if (isPlain && stars === 0) return (name) => name === letters;
  if (isPlain && stars === 1 && tokens[0] === STAR) return (name) => name.endsWith(letters);
  if (isPlain && stars === 1 && tokens.at(-1) === STAR) return (name) => name.startsWith(letters);
  return (name, work) => matchesTokens(tokens, name, work);
}

type Token = One | typeof STAR;

/** Undefined for a text that git takes as matching nothing. */
function tokensOf(text: string, strict: boolean): readonly Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '*') {
      if (tokens.at(-1) !== STAR) tokens.push(STAR);
    } else if (character === '?') tokens.push(() => true);
    else if (character === '[') {
      const found = classOf(text, at);
      if (found === undefined) {
        if (strict) throw new AppError('pattern/unreadable', 'A bracket is not closed.');
        return undefined;
      }
      tokens.push(found.one);
      at = found.end;
    } else if (character === '\\') {
      at += 1;
      const next = text[at];
      if (next === undefined) return undefined;
      tokens.push(next);
    } else tokens.push(character);
  }
  return tokens;
}

/** The last star alone is ever tried again, one character further on: at most name times pattern comparisons. */
function matchesTokens(tokens: readonly Token[], name: string, work: Work | undefined): boolean {
  let [token, at, steps] = [0, 0, 0];
  let star = -1;
  let from = 0;
  let isMatch: boolean | undefined;
  while (isMatch === undefined) {
    steps += 1;
    const wanted = tokens[token];
    if (wanted === STAR) {
      [star, from] = [token, at];
      token += 1;
      if (token === tokens.length) isMatch = true;
    } else if (at === name.length && wanted === undefined) isMatch = true;
    else if (at < name.length && wanted !== undefined && isOne(wanted, name[at] ?? '')) {
      [token, at] = [token + 1, at + 1];
    } else if (star < 0 || from >= name.length) isMatch = false;
    else {
      from += 1;
      [token, at] = [star + 1, from];
    }
  }
  if (work) work.steps += steps;
  return isMatch;
}

function isOne(wanted: One, character: string): boolean {
  return typeof wanted === 'string' ? wanted === character : wanted(character);
}

const NAMED_CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[A-Za-z0-9]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  // eslint-disable-next-line no-control-regex -- the class of control characters
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t-\r]/,
  upper: /[A-Z]/,
  xdigit: /[A-Fa-f0-9]/,
};

/** A class from its `[` on; `end` is the place of its `]`. */
function classOf(text: string, start: number): { readonly one: One; readonly end: number } | undefined {
  let at = start + 1;
  const isNegative = text[at] === '!' || text[at] === '^';
  if (isNegative) at += 1;
  const tests: ((character: string) => boolean)[] = [];
  const read = (): string | undefined => {
    if (text[at] === '\\') at += 1;
    const character = text[at];
    at += 1;
    return character;
  };
  for (let isFirst = true; ; isFirst = false) {
    if (at >= text.length) return undefined;
    if (text[at] === ']' && !isFirst) break;
    const named = /^\[:(\w*):\]/.exec(text.slice(at, at + 16));
    if (named) {
      const known = NAMED_CLASSES[named[1] ?? ''];
      if (known === undefined) return undefined;
      tests.push((character) => known.test(character));
      at += named[0].length;
      continue;
    }
    const low = read();
    if (low === undefined) return undefined;
    if (text[at] === '-' && at + 1 < text.length && text[at + 1] !== ']') {
      at += 1;
      const high = read();
      if (high === undefined) return undefined;
      tests.push((character) => character >= low && character <= high);
    } else tests.push((character) => character === low);
  }
  return { one: (character) => tests.some((test) => test(character)) !== isNegative, end: at };
}
