import { definitionsOf, rank } from './definition.ts';
import type { Corpus, LineMatch } from './corpus.ts';
import type { EvidenceItem, EvidenceLabel, Gathered } from './evidence.ts';

/** A line that brings names into a file, in any of the usual languages. */
export const IMPORT =
  /^\s*(?:import\b|from\s+\S+\s+import\b|export\s+(?:\*|\{[^}]*\}|type\s+\{[^}]*\})\s*from\b|use\s[^;=()]*;|#\s*include\b|require\b|using\s+[\w.]+;|(?:const|let|var)\s[^=]*=\s*require\()/;

/** Where a name stands alone and not as a part of a longer one. */
function wholeName(name: string): RegExp {
  return new RegExp(`(?<![\\w$])${name.replace(/[.*+?^${}()|[\]\\-]/g, '\\$&')}(?![\\w$])`, 'g');
}

/**
 * Every line in which a name stands, and where it is defined: by file, sources before tests, tests before texts; the
 * definition first. Names are compared to the letter. What a file calls the same is not told apart.
 */
export async function gatherReferences(corpus: Corpus, names: readonly string[]): Promise<Gathered> {
  for (const name of names) {
    const pattern = wholeName(name);
    const found = await corpus.scan(corpus.holding([name]), (line) => (line.match(pattern) ? [name] : []));
    if (found.length === 0) continue;
    const definitions = await definitionsOf(corpus, name);
    const isDefining = (match: LineMatch) =>
      definitions.some(({ path, lines }) => path === match.path && lines.start <= match.at + 1 && match.at < lines.end);
    const own = definitions.map(({ path, lines, context }) => corpus.item('definition', path, lines, name, context));
    const others = found
      .filter((match) => !isDefining(match))
      .sort((a, b) => rank(a.path) - rank(b.path))
      .map((match) => useOf(corpus, match));
    return { items: await Promise.all([...own, ...others]), isComplete: true };
  }
  return { items: [], isComplete: true };
}

async function useOf(corpus: Corpus, { path, at, found }: LineMatch): Promise<EvidenceItem> {
  const line = (await corpus.lines(path))[at] ?? '';
  const label: EvidenceLabel = IMPORT.test(line) ? 'import' : 'use';
  return corpus.item(label, path, { start: at + 1, end: at + 1 }, found);
}
