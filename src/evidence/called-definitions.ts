import { terms } from '../memory/search/tokenize.ts';
import { isProse, roleOf } from '../workspace/files/role.ts';
import { isKeyword } from '../workspace/segment/definition.ts';
import { CAPITALS } from './constant-definition.ts';
import type { Corpus } from './corpus.ts';
import { definitionsOf } from './definition.ts';
import type { Definition } from './definition.ts';
import type { ShownLines } from './evidence.ts';
import { saidIn } from './term-weights.ts';
import type { Weights } from './term-weights.ts';

const LIMITS = {
  /** Lines of a body, and those of its first ones that are weighed. */
  body: 600,
  weighed: 60,
  /** Files that hold a name, where it is looked for in others than those that were recalled. */
  files: 30,
  /** Definitions of a name: one that has more is no name of its own. */
  definitions: 2,
  /** Letters of a name. */
  letters: 3,
} as const;

/** A definition that shown lines call. */
interface CalledDefinition extends Definition {
  readonly name: string;
  /** What its name and its first lines weigh of the question. */
  readonly weight: number;
}

/** What is called, with what it is a member of and what stands behind it, and what is written as a type is. */
const USED = /(\.|::|->)?(?<![\w$])([A-Za-z_$][\w$]*)(\s*)(?=\()|(?<![\w$])([A-Z][\w$]*)/g;

/**
 * What shown lines call, or have as a type, and do not show: of all those the one that says most of the question.
 * What decides often stands one call away from what a question describes.
 *
 * @param recalled paths that the ranking brought back
 * @param least what it has to weigh
 */
export async function calledDefinition(
  corpus: Corpus,
  shown: readonly ShownLines[],
  recalled: readonly string[],
  weights: Weights,
  least: number,
): Promise<CalledDefinition | undefined> {
  const isShown = ({ path, line }: Definition) =>
    shown.some((one) => one.path === path && one.range.start <= line && line <= one.range.end);
  const near = new Set(recalled);
  let best: CalledDefinition | undefined;
  for (const [name, users] of await usersOf(corpus, shown)) {
    corpus.signal?.throwIfAborted();
    const ofName = saidIn(new Set(terms(name)), weights);
    for (const definition of await nearestOf(corpus, name, users, near)) {
      if (isShown(definition)) continue;
      const weight = ofName + (await weightOfBody(corpus, definition, weights));
      if (weight >= least && weight > (best?.weight ?? 0)) best = { ...definition, name, weight };
    }
  }
  return best;
}

/** The names that shown lines call or have as types, each with the files that do. */
async function usersOf(corpus: Corpus, shown: readonly ShownLines[]): Promise<Map<string, Set<string>>> {
  const users = new Map<string, Set<string>>();
  for (const { path, range } of shown) {
    if (isProse(path)) continue;
    const text = (await corpus.lines(path)).slice(range.start - 1, range.end).join('\n');
    for (const [, owner, call, blank, type] of text.matchAll(USED)) {
      const name = call ?? type ?? '';
      // A member may have a keyword's name.
      if (call !== undefined && owner === undefined && isKeyword(call, blank !== '')) continue;
      // What is written as a constant has rules of its own.
      if (call === undefined && CAPITALS.test(name)) continue;
      if (name.length >= LIMITS.letters) users.set(name, (users.get(name) ?? new Set()).add(path));
    }
  }
  return users;
}

/** Where a name is defined: in a file that uses it, else in one that was recalled, else where few files hold it. */
async function nearestOf(
  corpus: Corpus,
  name: string,
  users: ReadonlySet<string>,
  recalled: ReadonlySet<string>,
): Promise<readonly Definition[]> {
  const own = await definitionsOf(corpus, name, [...users].sort(), LIMITS.body);
  if (own.length > 0) return own.length <= LIMITS.definitions ? own : [];
  const others = corpus.holding([name]).paths.filter((path) => roleOf(path) === 'source' && !users.has(path));
  const groups = [
    others.filter((path) => recalled.has(path)),
    others.length + users.size <= LIMITS.files ? others : [],
  ];
  for (const paths of groups) {
    const found = await definitionsOf(corpus, name, paths, LIMITS.body);
    if (found.length > 0) return found.length <= LIMITS.definitions ? found : [];
  }
  return [];
}

async function weightOfBody(corpus: Corpus, { path, context }: Definition, weights: Weights): Promise<number> {
  const body = (await corpus.lines(path)).slice(context.start - 1, context.end).slice(0, LIMITS.weighed);
  return saidIn(new Set(body.flatMap((line) => terms(line))), weights);
}
