import { definesAt } from '../workspace/segment/definition.ts';
import { terms } from '../memory/search/tokenize.ts';
import { saysWord } from '../memory/search/word-forms.ts';
import { isProse, roleOf } from '../workspace/files/role.ts';
import type { Corpus } from './corpus.ts';
import { COMMENT, extentOf } from './definition.ts';
import type { Definition } from './definition.ts';
import { termWeight } from './term-weights.ts';

const LIMITS = {
  /** Files that are looked through, and definitions that are given back. */
  files: 8,
  most: 3,
  /** Parts of a name that a question has to say, and the part of its parts' weight that these have to be. */
  parts: 2,
  said: 0.6,
  /** Characters of a line in which a name is defined. */
  characters: 200,
  /** Lines of a body. */
  body: 600,
} as const;

const IDENTIFIER = /[A-Za-z_$][\w$]*/g;

/** A definition whose name is made of words of a question. */
interface SpokenDefinition extends Definition {
  readonly name: string;
  /** What the said parts of its name weigh. */
  readonly weight: number;
}

/**
 * What a question describes in place of naming it: "the method that dispatches warnings" for `dispatch_warning`, "the
 * pointer suffix identifier" for `get_ptr_suffix_id`. Of these files, the definitions whose names say most of it.
 *
 * @param asked terms of the question
 * @param paths in the order of the ranking
 */
export async function spokenDefinitions(
  corpus: Corpus,
  asked: readonly string[],
  paths: readonly string[],
): Promise<SpokenDefinition[]> {
  const weigh = nameWeights(corpus, asked);
  const found: SpokenDefinition[] = [];
  for (const path of paths.slice(0, LIMITS.files)) {
    if (isProse(path) || roleOf(path) === 'example') continue;
    corpus.signal?.throwIfAborted();
    const lines = await corpus.lines(path);
    for (const [at, text] of lines.entries()) {
      if (text.length > LIMITS.characters || COMMENT.test(text)) continue;
      for (const name of new Set(text.match(IDENTIFIER))) {
        const weight = weigh(name);
        if (weight === 0 || !definesAt(lines, at, name)) continue;
        found.push({ path, name, weight, line: at + 1, ...extentOf(lines, at, LIMITS.body) });
      }
    }
  }
  return found.sort((a, b) => b.weight - a.weight).slice(0, LIMITS.most);
}

/** What a name has of the question: 0 where that is little. Each name and each part of one is weighed once. */
function nameWeights(corpus: Corpus, asked: readonly string[]): (name: string) => number {
  const isSaid = (part: string): boolean => asked.some((word) => saysWord(part, word));
  const ofNames = new Map<string, number>();
  const weightOf = termWeight(corpus);
  const sumOf = (parts: readonly string[]): number => parts.reduce((sum, part) => sum + weightOf(part), 0);
  const weigh = (name: string): number => {
    const parts = partsOf(name);
    const own = parts.filter(isSaid);
    if (own.length < LIMITS.parts) return 0;
    const [all, weight] = [sumOf(parts), sumOf(own)];
    // A name that says more than the question does is of something else.
    return weight < LIMITS.said * all ? 0 : weight * (weight / all) ** 2;
  };
  return (name) => {
    const known = ofNames.get(name) ?? weigh(name);
    ofNames.set(name, known);
    return known;
  };
}

/** Terms of a name's parts, each once, without the name as a whole. */
export function partsOf(name: string): string[] {
  const all = terms(name);
  return [...new Set(all.length > 1 ? all.slice(1) : all)];
}
