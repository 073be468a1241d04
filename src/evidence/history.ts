import { blame, commitsOf, committedRange, firstWith, hasHistory } from '../workspace/git/history.ts';
import type { Commit } from '../workspace/git/history.ts';
import type { LineRange } from '../retrieve/named-lines.ts';
import type { Corpus } from './corpus.ts';
import { definitionsCalled } from './definition.ts';
import type { EvidenceItem, Gathered } from './evidence.ts';

const LIMITS = {
  /** Places whose lines are asked about, and commits that are shown; of a reason, the few that wrote most of them. */
  places: 3,
  commits: 12,
  reasons: 3,
} as const;

/** Lines of a file inside the folder. */
export interface LinesOf {
  readonly path: string;
  readonly lines: LineRange;
}

/**
 * The commits that wrote the lines in question, and the first ones of their files: what is defined by the first of the
 * names that is, else the given lines. Where a date is asked for, the commit that brought the name comes first. Nothing
 * where git may not be asked.
 */
export async function gatherHistory(
  corpus: Corpus,
  { names, asks }: { readonly names: readonly string[]; readonly asks: 'why' | 'when' },
  recalled: readonly LinesOf[],
): Promise<Gathered> {
  const { root, revision, isExempt } = corpus.index;
  if (!(await hasHistory(root, corpus.signal))) return { items: [], isComplete: false };
  const places = (await placesOf(corpus, names, recalled)).slice(0, LIMITS.places);
  const items: EvidenceItem[] = [];
  const seen = new Set<string>();
  for (const { path, lines, name } of places) {
    const file = { folder: root, revision, path, isExempt };
    const first = name === undefined || asks === 'why' ? undefined : await firstWith(file, name, corpus.signal);
    if (first && !seen.has(first.hash)) {
      seen.add(first.hash);
      items.push(corpus.said('added', path, lines, first.message, noteOf(first)));
    }
    items.push(await corpus.item('definition', path, lines));
    const range = await committedRange(file, await corpus.lines(path), lines, corpus.signal);
    const written = range ? await blame(file, range, { signal: corpus.signal }) : [];
    const commits = written.length > 0 ? written.map(({ commit }) => commit) : await commitsOf(file, corpus.signal);
    for (const commit of commits.slice(0, LIMITS.commits)) {
      if (seen.has(commit.hash)) continue;
      seen.add(commit.hash);
      items.push(corpus.said('commit', path, lines, commit.message, noteOf(commit)));
    }
  }
  return { items, isComplete: false };
}

/**
 * What was said for a question after a reason: the lines that it points to, since most reasons stand in comments, then
 * the commits that wrote them.
 */
export async function gatherReasons(corpus: Corpus, pointed: Gathered): Promise<Gathered> {
  const { root, revision, isExempt } = corpus.index;
  if (!(await hasHistory(root, corpus.signal))) return pointed;
  const commits: EvidenceItem[] = [];
  const seen = new Set<string>();
  for (const { path: shown, lines } of pointed.items.slice(0, LIMITS.places)) {
    const path = corpus.own(shown);
    if (path === undefined) continue;
    const file = { folder: root, revision, path, isExempt };
    const range = await committedRange(file, await corpus.lines(path), lines, corpus.signal);
    if (range === undefined) continue;
    const written = await blame(file, range, { signal: corpus.signal });
    for (const { commit } of written.slice(0, LIMITS.reasons)) {
      if (seen.has(commit.hash)) continue;
      seen.add(commit.hash);
      commits.push(corpus.said('commit', path, lines, commit.message, noteOf(commit)));
    }
  }
  return { items: [...pointed.items, ...commits], isComplete: false };
}

async function placesOf(
  corpus: Corpus,
  names: readonly string[],
  recalled: readonly LinesOf[],
): Promise<readonly (LinesOf & { readonly name?: string })[]> {
  for (const called of names) {
    const { name, definitions } = await definitionsCalled(corpus, called, /^[a-z]+$/.test(called));
    if (definitions.length > 0) return definitions.map(({ path, context }) => ({ path, lines: context, name }));
  }
  return recalled;
}

const noteOf = ({ hash, date, author }: Commit): string => `${hash.slice(0, 10)} ${date} ${author}`;
