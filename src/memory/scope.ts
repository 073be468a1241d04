import picomatch from 'picomatch';

/** A scope's text is not an expression; the message says what to write instead. */
export class ScopeError extends Error {
  override readonly name = 'ScopeError';
}

export interface ScopeTerm {
  readonly sign: 1 | -1;
  /** As it was written, without its sign. */
  readonly pattern: string;
  matches(path: string): boolean;
}

/** `+src -tests`: which files are meant. The last term that matches a path decides. */
export interface ScopeExpression {
  readonly terms: readonly ScopeTerm[];
  has(path: string): boolean;
}

/** A sign, then a pattern in quotes or up to the next space. U+2212 and U+2013 are what word processors make of a minus. */
const TERM = /([+\-\u2212\u2013]?)(?:"([^"]*)"|(?![+\-\u2212\u2013](?:\s|$))([^\s"]+))(?=\s|$)/y;
const SPACE = /\s*/y;
/** Longer than any that a person writes: a pattern is compiled to a regular expression. */
const LONGEST = 1000;

/**
 * Parses plus and minus terms, separated by spaces; quotes hold spaces together.
 *
 * - `src` or `+src` adds, `-tests` takes away. Where the first term takes away, the expression starts from everything;
 *   an empty text is everything.
 * - As in .gitignore, a pattern without a slash holds at any depth, one with a slash from the root (`/src` is the one at
 *   the root), and a folder stands for all below it. Globs: `*`, `**`, `?`, `[a-z]`, `{ts,tsx}`. Case counts; `\` is `/`.
 *
 * @throws ScopeError
 */
export function parseScope(text: string): ScopeExpression {
  const terms: ScopeTerm[] = [];
  if (text.length > LONGEST) throw new ScopeError(`A scope has at most ${LONGEST} characters.`);
  for (let at = endOf(SPACE, text, 0) ?? 0; at < text.length;) {
    TERM.lastIndex = at;
    const found = TERM.exec(text);
    if (found === null) throw new ScopeError(faultAt(text.slice(at)));
    const [whole, sign = '', quoted, bare = ''] = found;
    terms.push(termOf(sign, quoted ?? bare));
    at = endOf(SPACE, text, at + whole.length) ?? text.length;
  }
  const startsFull = terms[0]?.sign !== 1;
  const has = (path: string): boolean => {
    for (let i = terms.length - 1; i >= 0; i--) if (terms[i]?.matches(path) === true) return terms[i]?.sign === 1;
    return startsFull;
  };
  return { terms, has };
}

/** The paths that are meant, and the terms that no path matches: most often a slip of the pen. */
export function selectPaths(
  expression: ScopeExpression,
  paths: Iterable<string>,
): { readonly files: Set<string>; readonly idle: readonly string[] } {
  const files = new Set<string>();
  const idle = new Set(expression.terms);
  for (const path of paths) {
    for (const term of idle) if (term.matches(path)) idle.delete(term);
    if (expression.has(path)) files.add(path);
  }
  return { files, idle: [...idle].map(({ pattern }) => pattern) };
}

function termOf(sign: string, written: string): ScopeTerm {
  const pattern = written.replaceAll('\\', '/').replace(/^\.\//, '/').replace(/\/+$/, '');
  if (pattern === '') {
    throw new ScopeError('A term of the scope names nothing. Write a file, a folder or a pattern after the sign.');
  }
  if (pattern.split('/').includes('..')) {
    throw new ScopeError(`"${written}" leads out of the folder. A scope names files inside it.`);
  }
  const anchored = pattern.includes('/');
  const body = pattern.replace(/^\/+/, '');
  const glob = anchored ? body : `**/${body}`;
  // A file that matches, or all below a folder that does.
  const matches = compile([glob, `${glob}/**`], written);
  return { sign: sign === '' || sign === '+' ? 1 : -1, pattern: written, matches };
}

function compile(globs: string[], written: string): (path: string) => boolean {
  try {
    return picomatch(globs, { dot: true, nonegate: true, noextglob: true, strictBrackets: true });
  } catch {
    throw new ScopeError(`"${written}" is not a pattern: a bracket or brace is open or closed alone.`);
  }
}

function faultAt(rest: string): string {
  if (/^[+\-\u2212\u2013]?"[^"]*$/.test(rest)) return 'A quotation mark in the scope is not closed.';
  if (/^[+\-\u2212\u2013](?:\s|$)/.test(rest)) {
    return 'A sign in the scope stands alone. Write the pattern right after it, as in "+src -tests".';
  }
  return `The scope cannot be read at "${rest.slice(0, 20)}". Write terms such as "+src -tests".`;
}

function endOf(pattern: RegExp, text: string, from: number): number | undefined {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
