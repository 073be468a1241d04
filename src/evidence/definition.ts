import { namesIn } from '../retrieve/identifiers.ts';
import { definingLines } from '../workspace/segment/definition.ts';
import { memberLines } from '../workspace/segment/member.ts';
import { isProse, isWrittenText, roleOf } from '../workspace/files/role.ts';
import type { LineRange } from '../retrieve/named-lines.ts';
import type { Corpus } from './corpus.ts';
import type { EvidenceItem, Gathered } from './evidence.ts';

const LIMITS = {
  /** Lines of a comment above a definition, of its head, and of its body that a model is shown. */
  comment: 40,
  head: 30,
  body: 40,
  /** Of a text above a definition that documents it. */
  text: 120,
} as const;

/** A comment of one line, an attribute or a decorator; no directive of the C preprocessor. */
const ABOVE =
  /^\s*(?:\/\/|#(?!\s*(?:include|define|if|ifdef|ifndef|else|elif|endif|pragma|undef)\b)|--|;;|%%|@\w|\[[A-Z])/;
/** Comments show code and define nothing. */
export const COMMENT = /^\s*(?:\*|\/\/|\/\*|#(?!\s*define\b)|--)/;
const DOCSTRING = /^\s*[rRuU]?("""|''')/;

/** A definition of a name, its lines from 1. */
export interface Definition {
  readonly path: string;
  /** The line that has the name. */
  readonly line: number;
  /** From the comment above to the end of the head. */
  readonly lines: LineRange;
  /** From the comment above through the body. */
  readonly context: LineRange;
}

/**
 * Where a name is defined: sources first, then tests, then everything else. Texts show code and define nothing.
 *
 * @param paths the files that may hold the name
 * @param most lines of a body
 */
export function definitionsOf(
  corpus: Corpus,
  name: string,
  paths: readonly string[] = corpus.holding([name]).paths,
  most: number = LIMITS.body,
): Promise<Definition[]> {
  return placesOf(corpus, paths, most, (lines) => definingLines(lines, name));
}

/**
 * The same; where no source defines the name by itself, what has it as a member: a property, a constant, a method of an
 * interface.
 */
export async function declarationsOf(
  corpus: Corpus,
  name: string,
  paths: readonly string[] = corpus.holding([name]).paths,
): Promise<Definition[]> {
  const defined = await definitionsOf(corpus, name, paths);
  if (defined.some(({ path }) => roleOf(path) === 'source')) return defined;
  const known = new Set(defined.map(({ path, line }) => `${line} ${path}`));
  const members = await placesOf(corpus, paths, LIMITS.body, (lines, path) => memberLines(lines, name, path));
  const others = members.filter(({ path, line }) => !known.has(`${line} ${path}`));
  return [...defined, ...others].sort((a, b) => rank(a.path) - rank(b.path));
}

async function placesOf(
  corpus: Corpus,
  paths: readonly string[],
  most: number,
  linesOf: (lines: readonly string[], path: string) => readonly number[],
): Promise<Definition[]> {
  const found: Definition[] = [];
  for (const path of paths) {
    if (isProse(path) || isWrittenText(path)) continue;
    corpus.signal?.throwIfAborted();
    const lines = await corpus.lines(path);
    const places = linesOf(lines, path);
    const shown = places.length > 0 ? shownInText(lines) : undefined;
    for (const at of places) {
      if (!shown?.has(at) && !COMMENT.test(lines[at] ?? ''))
        found.push({ path, line: at + 1, ...extentOf(lines, at, most) });
    }
  }
  return found.sort((a, b) => rank(a.path) - rank(b.path));
}

/** What a text of several lines begins and ends with in Python, Elixir, Swift and their like. */
const QUOTES = /"""|'''/g;
/** Lines of such a text; where one seems longer, its marks were none. */
const LONGEST_TEXT = 600;

/** Lines (from 0) inside of texts in the code: what they show is an example, and no definition. */
function shownInText(lines: readonly string[]): Set<number> {
  const shown = new Set<number>();
  let open: { readonly quote: string; readonly at: number } | undefined;
  for (const [at, line] of lines.entries()) {
    for (const [quote] of line.matchAll(QUOTES)) {
      if (open === undefined) open = { quote, at };
      else if (open.quote === quote) {
        if (at - open.at > LONGEST_TEXT) return new Set();
        for (let inside = open.at + 1; inside < at; inside += 1) shown.add(inside);
        open = undefined;
      }
    }
  }
  // A text that never ends was none: then no mark of the file can be trusted.
  return open === undefined ? shown : new Set();
}

/** The definitions of the first of these names that has any, with their comments and heads. */
export async function gatherDefinitions(corpus: Corpus, names: readonly string[], question: string): Promise<Gathered> {
  const words = new Set(namesIn(question).flatMap(({ name, kind }) => (kind === 'word' ? [name] : [])));
  const items: EvidenceItem[] = [];
  for (const one of names) {
    const { name, definitions } = await definitionsCalled(corpus, one, words.has(one));
    for (const { path, lines, context } of definitions) {
      items.push(await corpus.item('definition', path, lines, name, context));
    }
    if (items.length > 0) break;
  }
  return { items, isComplete: true };
}

/**
 * Where what a question names is defined, and by which name. A plain word calls the types of its name first, and no
 * member: too many have one.
 */
export async function definitionsCalled(
  corpus: Corpus,
  called: string,
  isWord: boolean,
): Promise<{ readonly name: string; readonly definitions: readonly Definition[] }> {
  if (!isWord) return { name: called, definitions: await declarationsOf(corpus, called) };
  for (const name of new Set(typesCalled(called))) {
    const definitions = await definitionsOf(corpus, name);
    if (definitions.length > 0) return { name, definitions };
  }
  return { name: called, definitions: [] };
}

/** A plain word, and before it the types that it may call: of `capsules`, `Capsules` and `Capsule`. */
function typesCalled(name: string): string[] {
  if (!/^[a-z]{3,}$/.test(name)) return [name];
  const type = name.charAt(0).toUpperCase() + name.slice(1);
  return [
    type,
    ...(type.endsWith('ies') ? [`${type.slice(0, -3)}y`] : []),
    type.replace(/e?s$/, ''),
    type.replace(/s$/, ''),
    name,
  ];
}

const ORDER = ['source', 'configuration', 'test', 'example', 'documentation', 'changelog'];

/** Sources first. */
export function rank(path: string): number {
  return ORDER.indexOf(roleOf(path));
}

/** The comment, head and body of what is defined in a line (from 0), a body no longer than `most` lines. */
export function extentOf(
  lines: readonly string[],
  at: number,
  most: number = LIMITS.body,
): Pick<Definition, 'lines' | 'context'> {
  const start = commentStart(lines, at) + 1;
  const head = headEnd(lines, at);
  const end = docstringEnd(lines, head) + 1;
  return { lines: { start, end }, context: { start, end: Math.max(end, bodyEnd(lines, at, head, most) + 1) } };
}

/** The first line (from 0) of the comment and the marks above a line. */
export function commentStart(lines: readonly string[], at: number): number {
  let start = at;
  // Some leave a line blank between a comment and what it is about.
  if (/^\s*$/.test(lines[at - 1] ?? 'x') && /^\s*\*\/\s*$/.test(lines[at - 2] ?? '')) start -= 1;
  while (start > 0 && at - start < LIMITS.comment) {
    const above = lines[start - 1] ?? '';
    if (/\*\/\s*$/.test(above) && !/^\s*[^\s/*]/.test(above)) {
      let open = start - 1;
      while (open > 0 && at - open < LIMITS.comment && !/\/\*/.test(lines[open] ?? '')) open -= 1;
      if (!/^\s*\/\*/.test(lines[open] ?? '')) return start;
      start = open;
    } else if (/^\s*"""\s*$/.test(above)) {
      // Elixir's `@doc """`.
      let open = start - 2;
      while (open > 0 && at - open < LIMITS.text && !(lines[open] ?? '').includes('"""')) open -= 1;
      if (!/^\s*@\w*doc\s/.test(lines[open] ?? '')) return start;
      start = open;
    } else if (ABOVE.test(above)) start -= 1;
    else return start;
  }
  return start;
}

/** The line (from 0) in which the brackets of a head are closed. */
function headEnd(lines: readonly string[], at: number): number {
  let depth = 0;
  for (let line = at; line < Math.min(lines.length, at + LIMITS.head); line += 1) {
    for (const sign of lines[line] ?? '') {
      if (sign === '(' || sign === '[') depth += 1;
      if (sign === ')' || sign === ']') depth -= 1;
    }
    if (depth <= 0) return line;
  }
  return at;
}

function docstringEnd(lines: readonly string[], head: number): number {
  const [, quote] = DOCSTRING.exec(lines[head + 1] ?? '') ?? [];
  if (quote === undefined) return head;
  const opened = (lines[head + 1] ?? '').replace(DOCSTRING, '');
  if (opened.includes(quote)) return head + 1;
  const close = lines.findIndex((line, at) => at > head + 1 && at < head + LIMITS.comment && line.includes(quote));
  return close < 0 ? head + 1 : close;
}

/** The last line (from 0) that is indented deeper than the definition, with what closes it. */
function bodyEnd(lines: readonly string[], at: number, head: number, most: number): number {
  const own = indentOf(lines[at] ?? '');
  let end = head;
  for (let line = head + 1; line < Math.min(lines.length, at + most); line += 1) {
    const text = lines[line] ?? '';
    if (text.trim() === '') continue;
    const isClosing = /^\s*(?:[\])}]|end\b)/.test(text);
    if (indentOf(text) < own || (indentOf(text) === own && !isClosing && !/^\s*\{\s*$/.test(text))) break;
    end = line;
    if (isClosing && indentOf(text) === own) break;
  }
  return end;
}

const indentOf = (line: string): number => line.length - line.trimStart().length;
