import { definingLines } from '../workspace/segment/definition.ts';
import { roleOf } from '../workspace/files/role.ts';
import { wordCount } from '../memory/search/tokenize.ts';
import { namesIn } from '../retrieve/identifiers.ts';
import type { Corpus } from './corpus.ts';
import { definitionsOf, extentOf, rank } from './definition.ts';
import type { Definition } from './definition.ts';
import type { LineRange } from '../retrieve/named-lines.ts';

const LIMITS = {
  /** Names that are looked up, and definitions of one: one that has more is no name of its own. */
  names: 6,
  definitions: 3,
  /** Files that hold a name, where it is looked for in others than those that were recalled. */
  files: 80,
  /** Words of a question in which a plain word before "class" or "function" is no name any more. */
  short: 14,
  /** Lines of a body that only hands on, calls of it that are followed, and how far. */
  handing: 6,
  depth: 3,
  /** Functions that are given away. */
  given: 1,
  /** Lines of a body, for what it is asked. */
  body: 600,
  /** Places in which a failure is raised, and lines above one that tell when. */
  raises: 2,
  when: 4,
} as const;

/** A definition of a name that a question says, or that such a one hands on to. */
interface NamedDefinition extends Definition {
  readonly name: string;
}

/** A word that is written as only code is, or is quoted or called. */
const WRITTEN = /[a-z\d][A-Z]|[A-Za-z\d]_[A-Za-z\d]|^[_$]/;
/** Names of tests, in camel case or with underscores: neither `latest` nor `getLatest`. */
const OF_TESTS = /^[Tt]ests?(?![a-z])|(?:_t|T)ests?$/;
/** Names of failures in most languages, and in Go; one that is called otherwise is told by what it extends. */
const FAILURE = /^_*[A-Z]\w*(?:Error|Exception|Warning|Failure|Fault|Timeout)$|^Err[A-Z]\w*$/;
const EXTENDING = /\bclass\s.{0,200}(?:Error|Exception|Warning)\b/;
const CALL = /(?<![\w$.]|new )(?:self\.|this\.|cls\.|Self::)?([A-Za-z_$][\w$]*)\s*\(/g;
/** A name that stands as an argument. */
const GIVEN = /[(,]\s*([A-Za-z_$][\w$]*)\s*(?=[,)])/g;
const STATEMENT = new Set(
  'if for while switch return func function def fn catch match with print assert super'.split(' '),
);

/** The names that a question says for sure, in its order. */
export function sureNames(question: string): string[] {
  const isShort = wordCount(question) <= LIMITS.short;
  // Of `res.json`, what is defined is `json`; of `os.sep` among many words, nothing here.
  const members = [...question.matchAll(/\b[A-Za-z_$][\w$]*\.([A-Za-z_$][\w$]*)(\()?/g)].flatMap(
    ([, name = '', called]) => (isShort || called !== undefined || WRITTEN.test(name) ? [name] : []),
  );
  const quoted = new Set(
    [...question.matchAll(/[`'"]([\p{L}\p{M}\p{N}_$]+)[`'"]|([\p{L}\p{M}\p{N}_$]+)\(/gu)].flatMap(
      ([, a, b]) => a ?? b ?? [],
    ),
  );
  const named = namesIn(question).flatMap(({ name, kind }) => {
    if (kind === 'word') return [];
    return isShort || WRITTEN.test(name) || quoted.has(name) || /^\p{Lu}/u.test(name) ? [name] : [];
  });
  return [...new Set([...members, ...named])].slice(0, LIMITS.names);
}

/** Where names are defined: in the files that the ranking brought back, or else anywhere that few files hold them. */
export async function namedDefinitions(
  corpus: Corpus,
  names: readonly string[],
  recalled: ReadonlySet<string>,
): Promise<NamedDefinition[]> {
  const found: NamedDefinition[] = [];
  for (const name of names) {
    const holding = corpus.holding([name]).paths;
    const near = await definitionsIn(
      corpus,
      name,
      holding.filter((path) => recalled.has(path)),
    );
    const own = near.length > 0 || holding.length > LIMITS.files ? near : await definitionsIn(corpus, name, holding);
    if (own.length > LIMITS.definitions) continue;
    const best = Math.min(...own.map(({ path }) => rank(path)));
    found.push(...own.filter(({ path }) => rank(path) === best).map((one) => ({ ...one, name })));
  }
  // A test's own `reader` is not what is asked for beside a `lend` of the program, unless a test is asked for.
  const isProgram = ({ path }: Definition) => roleOf(path) === 'source';
  const isOfTests = names.some((name) => OF_TESTS.test(name));
  return isOfTests || !found.some(isProgram) ? found : found.filter(isProgram);
}

/** An example shows how a name is used; what it defines is its own. */
function definitionsIn(corpus: Corpus, name: string, paths: readonly string[]): Promise<Definition[]> {
  const own = paths.filter((path) => roleOf(path) !== 'example');
  return definitionsOf(corpus, name, own, LIMITS.body);
}

/**
 * What a definition hands on to, in its own file, where its body does little more than that: what it calls last, and
 * functions that it gives away.
 */
export async function handedOn(corpus: Corpus, definition: Definition): Promise<NamedDefinition[]> {
  const { path } = definition;
  const lines = await corpus.lines(path);
  const found: NamedDefinition[] = [];
  const given: NamedDefinition[] = [];
  let from = definition;
  while (found.length < LIMITS.depth && from.context.end - from.lines.end <= LIMITS.handing) {
    const body = lines.slice(from.lines.end, from.context.end).join('\n');
    const called = [...body.matchAll(CALL)].map(([, name = '']) => name).filter((name) => !STATEMENT.has(name));
    const known = [definition, ...found, ...given];
    const defined = (names: readonly string[]) =>
      names
        .flatMap((name) => definingLines(lines, name).map((at) => ({ name, at })))
        .filter(({ at }) => known.every(({ line }) => line !== at + 1))
        .map(({ name, at }) => ({ name, path, line: at + 1, ...extentOf(lines, at, LIMITS.body) }));
    const [next] = defined(called.toReversed());
    const others = [...body.matchAll(GIVEN)].map(([, name = '']) => name);
    given.push(...defined(others).filter(({ line }) => line !== next?.line && (lines[line - 1] ?? '').includes('(')));
    if (next === undefined) break;
    found.push(next);
    from = next;
  }
  return [...found, ...given.slice(0, LIMITS.given)];
}

/**
 * Where sources raise the failures among these names, with the lines above, which tell when.
 *
 * @param definitions of the names: a class that extends a failure is one
 */
export async function raisesOf(
  corpus: Corpus,
  names: readonly string[],
  definitions: readonly NamedDefinition[],
): Promise<{ readonly path: string; readonly range: LineRange }[]> {
  const extending = new Set<string>();
  for (const { path, line, name } of definitions) {
    if (EXTENDING.test((await corpus.lines(path))[line - 1] ?? '')) extending.add(name);
  }
  const found: { readonly path: string; readonly range: LineRange }[] = [];
  for (const name of names.filter((one) => FAILURE.test(one) || extending.has(one))) {
    const literal = name.replace(/\W/g, '\\$&');
    const raise = new RegExp(
      `\\b(?:raise|throw|panic|return|except|catch|Err)\\b.{0,40}(?<![\\w$])${literal}(?![\\w$])`,
    );
    const paths = corpus.holding([name]).paths.filter((path) => roleOf(path) === 'source');
    const matches = await corpus.scan(paths.slice(0, LIMITS.files), (line) => (raise.test(line) ? [name] : []));
    const ranges = matches.map(({ path, at }) => ({
      path,
      range: { start: Math.max(1, at + 1 - LIMITS.when), end: at + 1 },
    }));
    found.push(...ranges.slice(0, LIMITS.raises));
  }
  return found;
}
