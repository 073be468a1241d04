import { definesAt } from '../workspace/segment/definition.ts';
import { terms } from '../memory/search/tokenize.ts';
import { saysWord } from '../memory/search/word-forms.ts';
import { isProse, roleOf } from '../workspace/files/role.ts';
import type { Corpus } from './corpus.ts';
import { COMMENT, extentOf } from './definition.ts';
import type { Definition } from './definition.ts';
import { partsOf } from './spoken-names.ts';
import { termWeight } from './term-weights.ts';
import type { Weights } from './term-weights.ts';

const LIMITS = {
  /** Files that are looked through, and what a later one of them keeps of its definitions' weight. */
  files: 6,
  rank: 0.9,
  /** Characters of a line in which a name is defined, and lines of a body. */
  characters: 200,
  body: 600,
  /** Lines of an inner definition that its outer one does not count as its own. */
  inner: 4,
  /** How much the length of a definition takes from its words (b of BM25), and lines of an average one. */
  length: 0.4,
  average: 30,
} as const;

/** A definition of a ranked file, and what its name and its own lines say of the question. */
interface WeighedDefinition extends Definition {
  readonly name: string;
  readonly weight: number;
}

/** A name that a line defines, from the comment above to the end of its body. */
interface Named extends Definition {
  readonly name: string;
}

/**
 * All definitions of the best ranked files, by what their names and own lines say of the question, most first: as BM25
 * with k = 1 weighs texts (Robertson and Zaragoza 2009), so that a word that is said again adds less each time.
 *
 * The ranking compares segments, and a definition may be cut into several of them or share one with others.
 *
 * @param paths in the order of the ranking
 */
export async function bestDefinitions(
  corpus: Corpus,
  weights: Weights,
  paths: readonly string[],
): Promise<WeighedDefinition[]> {
  const found: WeighedDefinition[] = [];
  const nameWeight = nameWeights(corpus, [...weights.keys()]);
  for (const [at, path] of paths.slice(0, LIMITS.files).entries()) {
    if (isProse(path) || roleOf(path) === 'example') continue;
    corpus.signal?.throwIfAborted();
    const lines = await corpus.lines(path);
    const said = lines.map((line) => terms(line).filter((term) => weights.has(term)));
    const definitions = definitionsIn(path, lines);
    // The end of the longest inner definition, by its first line.
    const inner = new Map<number, number>();
    for (const { context } of definitions) {
      if (context.end - context.start < LIMITS.inner) continue;
      inner.set(context.start, Math.max(context.end, inner.get(context.start) ?? 0));
    }
    for (const definition of definitions) {
      const own = ownLines(definition, inner);
      const weight = nameWeight(definition.name) + bodyWeight(own, said, weights);
      if (weight > 0) found.push({ ...definition, weight: weight * LIMITS.rank ** at });
    }
  }
  return found.sort((a, b) => b.weight - a.weight);
}

function definitionsIn(path: string, lines: readonly string[]): Named[] {
  return lines.flatMap((text, at) => {
    if (text.length > LIMITS.characters || COMMENT.test(text)) return [];
    const name = [...new Set(text.match(/[A-Za-z_$][\w$]*/g))].find((one) => definesAt(lines, at, one));
    return name === undefined ? [] : [{ path, name, line: at + 1, ...extentOf(lines, at, LIMITS.body) }];
  });
}

/** The lines (from 1) of a definition, without those of the longer definitions inside of it. */
function ownLines({ context: { start, end } }: Definition, inner: ReadonlyMap<number, number>): number[] {
  const own: number[] = [];
  for (let line = start; line <= end; line += 1) {
    const last = line === start ? undefined : inner.get(line);
    if (last === undefined || last > end) own.push(line);
    else line = last;
  }
  return own;
}

function bodyWeight(own: readonly number[], said: readonly (readonly string[])[], weights: Weights): number {
  const counts = new Map<string, number>();
  for (const term of own.flatMap((line) => said[line - 1] ?? [])) counts.set(term, (counts.get(term) ?? 0) + 1);
  const length = 1 - LIMITS.length + (LIMITS.length * own.length) / LIMITS.average;
  return [...counts].reduce((sum, [term, count]) => sum + ((weights.get(term) ?? 0) * count) / (count + length), 0);
}

/** What the said parts of a name weigh, less the more it says besides. Each part is weighed once. */
function nameWeights(corpus: Corpus, asked: readonly string[]): (name: string) => number {
  const known = new Map<string, number>();
  const weightOf = termWeight(corpus);
  const weigh = (part: string): number => (asked.some((word) => saysWord(part, word)) ? weightOf(part) : 0);
  return (name) => {
    const parts = partsOf(name);
    for (const part of parts) if (!known.has(part)) known.set(part, weigh(part));
    const said = parts.flatMap((part) => known.get(part) || []);
    return (said.reduce((sum, weight) => sum + weight, 0) * said.length) / Math.max(1, parts.length);
  };
}
