import { escapeRegExp } from '../common/escape-regexp.ts';
import { declarationsOf, rank } from './definition.ts';
import type { Definition } from './definition.ts';
import { LONGEST_LINE } from './corpus.ts';
import type { Corpus, LineMatch } from './corpus.ts';
import type { EvidenceItem, EvidenceLabel, Gathered } from './evidence.ts';

/** A line that brings names into a file, in any of the usual languages. */
export const IMPORT =
  /^\s*(?:import\b|from\s+\S+\s+import\b|export\s+(?:\*|\{[^}]*\}|type\s+\{[^}]*\})\s*from\b|use\s[^;=()]*;|#\s*include\b|require\b|using\s+[\w.]+;|alias\s+[A-Z]|(?:const|let|var)\s[^=]*=\s*require\()/;

/** Segments that are looked through for a name: some 40 MB of text. */
export const MOST_SEGMENTS = 20_000;

interface References {
  /** Every line in which the name stands alone, and not as a part of a longer one: sources first, then by path. */
  readonly lines: readonly LineMatch[];
  readonly definitions: readonly Definition[];
  /** False where more segments hold the name than were looked through. */
  readonly isComplete: boolean;
}

/**
 * Where a name is used and defined. Names are compared to the letter; two things of one name are not told apart, unless
 * the name says what it belongs to (`Oban.Repo`): then its last part alone counts only where a file says the other too.
 */
export async function referencesOf(corpus: Corpus, name: string, most = MOST_SEGMENTS): Promise<References> {
  const parts = name.split(/\.|::/);
  const [owner, own = name] = parts.length > 1 ? parts.slice(-2) : [undefined, name];
  const { paths, isComplete } = corpus.holding([own], most);
  const [before, after] = ['(?<![\\p{L}\\p{N}_$])', '(?![\\p{L}\\p{N}_$])'];
  const alone = new RegExp(
    owner === undefined
      ? `${before}${escapeRegExp(own)}${after}`
      : `${before}${escapeRegExp(name)}${after}|(?<![\\p{L}\\p{N}_$.:])${escapeRegExp(own)}${after}`,
    'u',
  );
  const owning = owner === undefined ? undefined : corpus.holding([owner], most);
  const said = owning && new Set(owning.paths);
  const wanted = said ? paths.filter((path) => said.has(path)) : paths;
  const lines = await corpus.scan(wanted, (line) => (alone.test(line) ? [name] : []));
  const whole = lines.length > 0 ? await declarationsOf(corpus, name, wanted) : [];
  // In most languages a definition says its own part alone.
  const definitions = whole.length > 0 || lines.length === 0 ? whole : await declarationsOf(corpus, own, wanted);
  return {
    lines: lines.sort((a, b) => rank(a.path) - rank(b.path)),
    definitions,
    isComplete: isComplete && owning?.isComplete !== false,
  };
}

const HEAD =
  /^\s*(?:[\w@]+(?:\([^)]*\)|<[^>]*>)?\s+)*?(?:class|struct|interface|record|enum|object|trait|protocol|impl|extension|actor|defimpl)\b/;

/** Tells the lines that say that something extends or implements a name: heads, and lines below such a head. */
function subtypesOf(name: string): (line: string) => boolean {
  const own = escapeRegExp(name.replace(/^.*[.:]/, ''));
  const below = new RegExp(
    `^\\s*(?:extends|implements|with|include|extend|prepend|use|@behaviour|@impl)\\b.*\\b${own}(?![\\w$])`,
  );
  const inHead = new RegExp(
    `(?:\\b(?:extends|implements|with|is)\\b|[:<(]|\\bon\\b).*(?<![\\w$<])${own}(?![\\w$])|\\bimpl\\b.*(?<![\\w$])${own}\\b.*\\sfor\\s|defimpl\\s.*\\b${own},`,
  );
  return (line) => {
    if (line.length > LONGEST_LINE) return false;
    return below.test(line) ? !IMPORT.test(line) : HEAD.test(line) && inHead.test(line);
  };
}

/**
 * What defines the first of these names that stands somewhere, then every other line with it.
 *
 * @param asks where only what extends or implements the name is asked for; all lines where no line says that
 */
export async function gatherReferences(corpus: Corpus, names: readonly string[], asks?: 'subtypes'): Promise<Gathered> {
  for (const name of names) {
    const { lines: found, definitions, isComplete } = await referencesOf(corpus, name);
    if (found.length === 0) continue;
    const isDefining = (match: LineMatch) =>
      definitions.some(({ path, lines }) => path === match.path && lines.start <= match.at + 1 && match.at < lines.end);
    const own = definitions.map(({ path, lines, context }) => corpus.item('definition', path, lines, name, context));
    const beside = found.filter((match) => !isDefining(match));
    const isSubtype = subtypesOf(name);
    const subtypes: LineMatch[] = [];
    for (const match of asks === 'subtypes' ? beside : []) {
      if (isSubtype((await corpus.lines(match.path))[match.at] ?? '')) subtypes.push(match);
    }
    const others = (subtypes.length > 0 ? subtypes : beside).map((match) => useOf(corpus, match));
    return { items: await Promise.all([...own, ...others]), isComplete };
  }
  return { items: [], isComplete: true };
}

async function useOf(corpus: Corpus, { path, at, found }: LineMatch): Promise<EvidenceItem> {
  const line = (await corpus.lines(path))[at] ?? '';
  const label: EvidenceLabel = IMPORT.test(line) ? 'import' : 'use';
  return corpus.item(label, path, { start: at + 1, end: at + 1 }, found);
}
