import { rankOf, rankOfLabels, rankOfLines, type Lines, type Outcome } from './metrics.ts';
import { readCases, type Case, type Task } from './cases.ts';
import { Problem } from './problem.ts';
import { isWanted, nameOf, openRepository, packOf, type Pack, type Repository } from './repository.ts';
import { listOf, segmentsOf, type RankedFile, type System } from './system.ts';

/** The tables of a run: a task, or a part of one, or another way to judge it. */
export const views = {
  localisation: 'Localisation: the files that a commit with this message changed',
  'localisation-strict': 'Localisation, strict: fixes and features whose message does not name a gold file',
  'repoqa-files': 'RepoQA, files: the file that holds the function described',
  'repoqa-functions': 'RepoQA, functions: a segment that holds the line where the function begins',
  qa: 'Questions: the files that a reference answer names',
  issues: 'Issues: the files that the fix patched',
  'search-files': 'Code search, files: those that hold what the question looks for',
  'search-places': 'Code search, places: one list of lines, as an agent takes it',
} as const;

export type View = keyof typeof views;

const isView = (name: string): name is View => Object.hasOwn(views, name);
export const viewOrder: readonly View[] = Object.keys(views).filter(isView);

/** How one system did on one case in one view. */
export interface Result {
  readonly view: View;
  readonly repository: string;
  readonly system: string;
  /** The case's. */
  readonly id: string;
  readonly outcome: Outcome;
}

/** What a run is asked for; an empty list of repositories means all. */
export interface Order {
  readonly data: string;
  /** What findPacks gives for `data`. */
  readonly packs: readonly Pack[];
  readonly cache: string;
  readonly tasks: readonly Task[];
  readonly repositories: readonly string[];
  readonly systems: readonly System[];
  /** At most so many cases of a task per repository, the first of the file. */
  readonly limit: number;
}

/**
 * Ranks the files of every repository for all its cases by every system. `print` hears what was left out, and how far
 * it is. Throws a Problem for data that cannot be used.
 */
export async function evaluate(order: Order, signal: AbortSignal, print: (message: string) => void): Promise<Result[]> {
  const { packs } = order;
  const wanted = packs.filter((pack) => isWanted(pack, order.repositories));
  const absent = order.repositories.find((name) => !packs.some((pack) => isWanted(pack, [name])));
  if (absent !== undefined) {
    throw new Problem(`There is no repository ${absent}; there are ${packs.map(nameOf).join(', ')}.`);
  }
  const cases = order.tasks.flatMap((task) => choose(readCases(order.data, task), task, packs, wanted, order, print));
  const results: Result[] = [];
  for (const pack of wanted) {
    const own = cases.filter(({ repository, commit }) => packOf(packs, repository, commit) === pack);
    for (const [below, there] of Map.groupBy(own, rootOf)) {
      const repository = await openRepository(pack, order.cache, signal, below);
      results.push(...(await judge(repository, there, order.systems, signal, print)));
    }
  }
  return results;
}

/** The folder of a repository that a case is asked of; '' is the whole. */
export const rootOf = (one: Case): string => (one.task === 'semble' ? one.root : '');

function choose(
  cases: readonly Case[],
  task: Task,
  packs: readonly Pack[],
  wanted: readonly Pack[],
  { limit }: Order,
  print: (message: string) => void,
): Case[] {
  const packed = cases.filter(({ repository, commit }) => packOf(packs, repository, commit) !== undefined);
  const named = packed.filter(({ files }) => files.length > 0);
  if (packed.length < cases.length) {
    print(`${task}: ${cases.length - packed.length} of ${cases.length} cases are over commits that are not packed.`);
  }
  if (named.length < packed.length) {
    print(`${task}: ${packed.length - named.length} of ${packed.length} packed cases name no file.`);
  }
  const sure = named.filter((one) => one.task !== 'semble' || one.doubt === undefined);
  if (sure.length < named.length) {
    print(`${task}: ${named.length - sure.length} cases are left out, because their labels cannot be right.`);
  }
  return wanted.flatMap((pack) =>
    sure.filter(({ repository, commit }) => packOf(packs, repository, commit) === pack).slice(0, limit),
  );
}

async function judge(
  repository: Repository,
  cases: readonly Case[],
  systems: readonly System[],
  signal: AbortSignal,
  print: (message: string) => void,
): Promise<Result[]> {
  const known = new Set(repository.files.map(({ path }) => path));
  const lost = cases.filter(({ files }) => !files.some((path) => known.has(path)));
  // Semble's means leave them out; elsewhere a file that is not read counts as not found.
  const left = new Set(lost.filter(({ task }) => task === 'semble'));
  const counted = cases.filter((one) => !left.has(one));
  if (lost.length > 0) {
    const part = `${repository.name}: no gold file of ${lost.length} of ${cases.length} cases is a candidate`;
    print(`${part}; ${left.size > 0 ? `${left.size} of them are left out` : 'all count'}.`);
  }
  const questions = counted.map(({ id, question }) => ({ id, text: question }));
  const results: Result[] = [];
  for (const system of systems) {
    const begun = performance.now();
    const lists = await system.rank(repository, questions, signal);
    for (const one of counted) {
      for (const [view, outcome] of outcomes(one, lists.get(one.id) ?? [], system.list)) {
        results.push({ view, outcome, id: one.id, repository: repository.name, system: system.name });
      }
    }
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    print(`${repository.name}: ${system.name} ranked ${repository.files.length} files in ${seconds} s`);
  }
  return results;
}

/** The views that a case belongs to, each with how the list did in it. */
export function outcomes(
  one: Case,
  list: readonly RankedFile[],
  flat: (files: readonly RankedFile[]) => readonly Lines[] = listOf,
): [View, Outcome][] {
  const files = rankOf(
    list.map(({ path }) => path),
    one.files,
  );
  switch (one.task) {
    case 'localisation':
      return one.strict
        ? [
            ['localisation', files],
            ['localisation-strict', files],
          ]
        : [['localisation', files]];
    case 'repoqa':
      return [
        ['repoqa-files', files],
        ['repoqa-functions', rankOfLines(segmentsOf(list), one.files, one.lines)],
      ];
    case 'qa':
    case 'issues':
      return [[one.task, files]];
    case 'semble':
      return [
        ['search-files', files],
        ['search-places', rankOfLabels(flat(list), one.labels)],
      ];
  }
}
