import { AppError, isAppError } from '../../common/app-error.ts';
import { compileGlob, expandBraces } from '../../common/glob.ts';
import { pathDepth } from '../../common/path-depth.ts';
import type { Work } from '../../common/glob.ts';

interface ScopeTerm {
  readonly sign: 1 | -1;
  /** As it was written, without its sign. */
  readonly pattern: string;
  /** As it was written, with its sign: SvelteKit has files that begin with one. */
  readonly written: string;
}

/** `+src -tests`: which files are meant. The last term that matches a path decides. */
export interface ScopeExpression {
  readonly text: string;
  readonly terms: readonly ScopeTerm[];
}

/** A term that no path matches: most often a slip of the pen. */
export interface IdleTerm {
  readonly pattern: string;
  /** Files and folders that are called nearly so, the nearest first. */
  readonly near: readonly string[];
}

/**
 * A sign, then a pattern in quotes or up to the next space. U+2212 and U+2013 are what word processors make of a minus.
 */
const TERM = /([+\-\u2212\u2013]?)(?:"([^"]*)"|(?![+\-\u2212\u2013](?:\s|$))([^\s"]+))(?=\s|$)/y;
const SPACE = /\s*/y;
/** Longer than any that a person writes. */
const LONGEST = 1000;
/** Comparisons of one selection: half a second. */
const MOST_WORK = 30_000_000;
const NEAR = {
  /** Names that are proposed for one term. */
  most: 3,
  /** Part of a name's letters that may differ. */
  distance: 0.34,
  /** Names that are measured: the others are too many to look at before an answer. */
  measured: 20_000,
} as const;

/**
 * Parses plus and minus terms, separated by spaces; quotes hold spaces together.
 *
 * - `src` or `+src` adds, `-tests` takes away. Where the first term takes away, the expression starts from everything;
 *   an empty text is everything.
 * - As in .gitignore, a pattern without a slash holds at any depth, one with a slash from the root (`/src` is the one
 *   at
 *   the root), and a folder stands for all below it. Case counts; `\` is `/`.
 * - A name is first of all itself: `app/[slug]` is the folder of that name where there is one. Else globs: `*`, `**`,
 *   `?`, `[a-z]`,
 *   `{ts,tsx}`.
 *
 * @throws `scope/unreadable`
 */
export function parseScope(text: string): ScopeExpression {
  const terms: ScopeTerm[] = [];
  if (text.length > LONGEST) throw new AppError('scope/unreadable', `A scope has at most ${LONGEST} characters.`);
  for (let at = endOf(SPACE, text, 0) ?? 0; at < text.length;) {
    TERM.lastIndex = at;
    const found = TERM.exec(text);
    if (found === null) throw new AppError('scope/unreadable', faultAt(text.slice(at)));
    const [whole, sign = '', quoted, bare = ''] = found;
    terms.push(termOf(sign, quoted ?? bare));
    at = endOf(SPACE, text, at + whole.length) ?? text.length;
  }
  return { text, terms };
}

/**
 * What files, folders or patterns add, one in each text, blanks and quotation marks included. The root is everything.
 *
 * @throws `scope/unreadable`
 */
export function namedPaths(paths: readonly string[]): ScopeExpression {
  const terms = paths.some(isRoot) ? [] : paths.map((path) => termOf('+', path));
  return { text: terms.map(({ written }) => `"${written}"`).join(' '), terms };
}

/**
 * The paths that are meant, and the terms that no path matches.
 *
 * @throws `scope/unreadable` where a term is no name among the paths, and no pattern either
 */
export function selectPaths(
  expression: ScopeExpression,
  paths: Iterable<string>,
): { readonly files: Set<string>; readonly idle: readonly IdleTerm[] } {
  const places = [...paths].map((path) => ({ path, parts: path.normalize('NFC').split('/') }));
  const work: Work = { steps: 0 };
  const chosen = termsOver(expression, places).map((term) => ({ term, matched: matching(term, places, work) }));
  const startsFull = chosen[0]?.term.sign !== 1;
  const files = new Set<string>();
  for (const { path } of places) {
    const last = chosen.findLast(({ matched }) => matched.has(path));
    if (last ? last.term.sign === 1 : startsFull) files.add(path);
  }
  const idle = chosen
    .filter(({ matched }) => matched.size === 0)
    .map(({ term: { pattern } }) => ({ pattern, near: nearTo(pattern, places) }));
  return { files, idle };
}

interface Place {
  readonly path: string;
  /** Names of its folders and its own, in composed letters. */
  readonly parts: readonly string[];
}

/** The terms; one alone where the whole text, blanks and all, is the name of a file or a folder. */
function termsOver({ text, terms }: ScopeExpression, places: readonly Place[]): readonly ScopeTerm[] {
  const [first] = terms;
  if (terms.length < 2 || !first || text.includes('"')) return terms;
  const pattern = text.trim().replace(/^[+\-\u2212\u2013]/, '');
  const whole: ScopeTerm = { sign: first.sign, pattern, written: text.trim() };
  return places.some(literal(whole.pattern)) ? [whole] : terms;
}

/** The paths that a term means: literally; else where only the names of folders are literal; else as a pattern. */
function matching(term: ScopeTerm, places: readonly Place[], work: Work): Set<string> {
  const readings = [
    () => literal(term.pattern),
    // The sign of `+page.svelte` belongs to the name.
    ...(term.written.startsWith('+') ? [() => literal(term.written)] : []),
    () => asGlob(term.pattern, new Set(places.flatMap(({ parts }) => parts)), work),
    () => asGlob(term.pattern, new Set(), work),
  ];
  for (const reading of readings) {
    const found = places.filter(reading());
    if (found.length > 0) return new Set(found.map(({ path }) => path));
  }
  return new Set();
}

type Test = (place: Place) => boolean;

function partsOf(written: string): { readonly parts: readonly string[]; readonly isAnchored: boolean } {
  const pattern = written.normalize('NFC').replaceAll('\\', '/').replace(/^\.\//, '/').replace(/\/+$/, '');
  const parts = pattern.split('/').filter((part) => part !== '' && part !== '.');
  return { parts, isAnchored: pattern.includes('/') };
}

/** A file, or all below a folder, that is called so. */
function literal(written: string): Test {
  const { parts: wanted, isAnchored } = partsOf(written);
  if (!isAnchored) return ({ parts }) => parts.includes(wanted[0] ?? '');
  return ({ parts }) => wanted.length <= parts.length && wanted.every((part, at) => part === parts[at]);
}

/** @param names that stand for themselves where they are a part of the pattern, whatever brackets they have */
function asGlob(written: string, names: ReadonlySet<string>, work: Work): Test {
  const { parts, isAnchored } = partsOf(written);
  const glob = parts.map((part) => (names.has(part) ? part.replace(/[\\*?[\]{},!]/g, '\\$&') : part)).join('/');
  const below = isAnchored ? glob : `**/${glob}`;
  try {
    const tests = expandBraces(below, true).flatMap((one) =>
      [one, `${one}/**`].map((text) => compileGlob(text, { strict: true })),
    );
    return ({ parts: own }) => {
      const path = own.join('/');
      if (work.steps > MOST_WORK)
        throw new AppError('scope/unreadable', `The pattern "${written}" takes too long. Write a simpler one.`);
      return tests.some((test) => test(path, work));
    };
  } catch (error) {
    if (!isAppError(error, 'pattern/unreadable')) throw error;
    throw new AppError(
      'scope/unreadable',
      `"${written}" is no file, no folder and no pattern: ${lowerFirst(error.message)}`,
    );
  }
}

/** What to say of a term that no file matches. */
export function idleSentence({ pattern, near }: IdleTerm): string {
  const asked = near.map((name) => `"${name}"`);
  const last = asked.pop();
  const meant = asked.length > 0 ? `${asked.join(', ')} or ${last}` : last;
  return `No indexed file matches "${pattern}".${meant === undefined ? '' : ` Did you mean ${meant}?`}`;
}

/**
 * Files and folders whose names are nearly the pattern's last part: another case, a letter too many, another ending.
 */
function nearTo(pattern: string, places: readonly Place[]): string[] {
  const wanted = partsOf(pattern).parts.join('/').toLowerCase();
  const last = wanted.slice(wanted.lastIndexOf('/') + 1);
  if (last === '' || /^[*?.]+$/.test(last)) return [];
  const found = new Map<string, number>();
  const seen = new Set<string>();
  for (const { parts } of places) {
    for (let end = parts.length; end > 0 && seen.size < NEAR.measured; end -= 1) {
      const path = parts.slice(0, end).join('/');
      if (seen.has(path)) break;
      seen.add(path);
      const name = (parts[end - 1] ?? '').toLowerCase();
      const stem = name.replace(/\.[^.]+$/, '');
      const longest = Math.max(last.length, 1);
      const distance = Math.min(editDistance(last, name), editDistance(last, stem) + 0.5) / longest;
      if (distance > NEAR.distance) continue;
      // Of names alike, the one in the spoken place is nearer.
      found.set(path, distance + (path.toLowerCase().endsWith(wanted) ? -1 : pathDepth(path) / 1000));
    }
  }
  return [...found]
    .sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, NEAR.most)
    .map(([path]) => path);
}

/** How many letters are added, left out or others (Levenshtein 1966). */
function editDistance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > NEAR.distance * Math.max(one.length, 1) + 1) return Infinity;
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 0; i < one.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j += 1) {
      const change = (row[j] ?? 0) + (one[i] === other[j] ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}

function termOf(sign: string, written: string): ScopeTerm {
  const { parts } = partsOf(written);
  if (parts.length === 0) {
    throw new AppError(
      'scope/unreadable',
      'A term of the scope names nothing. Write a file, a folder or a pattern after the sign.',
    );
  }
  if (parts.includes('..')) {
    throw new AppError('scope/unreadable', `"${written}" leads out of the folder. A scope names files inside it.`);
  }
  return { sign: sign === '' || sign === '+' ? 1 : -1, pattern: written, written: sign + written };
}

function faultAt(rest: string): string {
  if (/^[+\-\u2212\u2013]?"[^"]*$/.test(rest)) return 'A quotation mark in the scope is not closed.';
  if (/^[+\-\u2212\u2013](?:\s|$)/.test(rest)) {
    return 'A sign in the scope stands alone. Write the pattern right after it, as in "+src -tests".';
  }
  return `The scope cannot be read at "${rest.slice(0, 20)}". Write terms such as "+src -tests".`;
}

/** `.`, `./`, `/` */
const isRoot = (path: string): boolean => path !== '' && partsOf(path).parts.length === 0;

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);

function endOf(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
