import {
  clusteredBootstrap,
  hitAt,
  mean,
  ndcgAt,
  summarise,
  type Interval,
  type Outcome,
  type Summary,
} from './metrics.ts';
import { viewOrder, views, type Result, type View } from './run.ts';

/** A row of the tables; `repository` is 'all' for the row over every case of the view. */
export interface Row extends Summary {
  readonly view: View;
  readonly repository: string;
  readonly system: string;
}

/** The results of one view, repository and system. */
interface Group {
  readonly view: View;
  readonly repository: string;
  readonly system: string;
  readonly results: readonly Result[];
}

/** The results by view, repository and system, views in their order. */
export function groupsOf(results: readonly Result[]): Group[] {
  return viewsIn(results).flatMap((view) => {
    const own = results.filter((result) => result.view === view);
    return [...Map.groupBy(own, ({ repository }) => repository)].flatMap(([repository, there]) =>
      [...Map.groupBy(there, ({ system }) => system)].map(([system, its]) => ({
        view,
        repository,
        system,
        results: its,
      })),
    );
  });
}

/**
 * One row per view, repository and system, and one over all repositories, which counts the cases that every system of
 * the view was asked: other rows could not be compared. Its interval draws repositories first, where there are several.
 */
export function rowsOf(results: readonly Result[]): Row[] {
  return viewsIn(results).flatMap((view) => {
    const own = results.filter((result) => result.view === view);
    const rows = groupsOf(own).map(({ results: its, ...names }) => ({ ...names, ...summaryOf(its) }));
    const all = [...Map.groupBy(shared(own), ({ system }) => system)].map(([system, its]) => ({
      ...{ view, repository: 'all', system },
      ...summaryOf(its),
    }));
    return [...rows, ...all];
  });
}

const summaryOf = (results: readonly Result[]): Summary =>
  summarise(clustersOf(results).map((cluster) => cluster.map(({ outcome }) => outcome)));

/**
 * Results by repository, its commits together; of one repository, each by itself. They are sorted by case: the
 * bootstrap draws by place, so the same results in another order would have another interval.
 */
function clustersOf(results: readonly Result[]): Result[][] {
  const sorted = results.toSorted((a, b) => (caseOf(a) < caseOf(b) ? -1 : 1));
  const clusters = [...Map.groupBy(sorted, ({ repository }) => repository.split('@', 1)[0] ?? '').values()];
  return clusters.length > 1 ? clusters : sorted.map((result) => [result]);
}

/** Of one view, the results for the cases that each of its systems was asked. */
function shared(results: readonly Result[]): Result[] {
  const systems = new Set(results.map(({ system }) => system));
  const byCase = Map.groupBy(results, caseOf);
  return results.filter((result) => byCase.get(caseOf(result))?.length === systems.size);
}

const caseOf = ({ repository, id }: Result): string => `${repository} ${id}`;

/** How a view's lists are compared. */
const isSearch = (view: View): boolean => view === 'search-files' || view === 'search-places';
const scoreOf = (view: View, outcome: Outcome): number => (isSearch(view) ? ndcgAt(outcome, 10) : hitAt(outcome, 5));

/** For each view, how far `ours` is ahead of the best of the systems that are not the project's own, case by case. */
export function leads(results: readonly Result[], ours: string): string[] {
  return viewsIn(results).flatMap((view) => {
    const own = shared(results.filter((result) => result.view === view));
    const scores = new Map(
      [...Map.groupBy(own, ({ system }) => system)].map(([system, its]) => [
        system,
        new Map(its.map((result) => [caseOf(result), scoreOf(view, result.outcome)])),
      ]),
    );
    const [peer] = [...scores]
      .filter(([system]) => !system.startsWith('memory'))
      .toSorted(([, one], [, other]) => mean([...other.values()]) - mean([...one.values()]));
    const mine = own.filter(({ system }) => system === ours);
    if (mine.length === 0 || peer === undefined) return [];
    const [name, theirs] = peer;
    const clusters = clustersOf(mine).map((cluster) =>
      cluster.map((result) => scoreOf(view, result.outcome) - (theirs.get(caseOf(result)) ?? 0)),
    );
    const { mean: ahead, low, high } = clusteredBootstrap(clusters);
    return [
      `${view}: ${isSearch(view) ? 'NDCG@10' : 'hit@5'} of ${ours} less that of ${name}, the best of the others: ` +
        `${percent(ahead)} points [${percent(low)}, ${percent(high)}] over ${mine.length} cases.`,
    ];
  });
}

/** Aligned Markdown, a heading and a table per view. Shares in per cent; recall only where a case has several files. */
export function render(rows: readonly Row[]): string {
  return viewsIn(rows)
    .map((view) => {
      const own = rows.filter((row) => row.view === view);
      const columns = columnsOf(view);
      const body = own.map((row) => [
        ...[row.repository, row.system, String(row.cases)],
        ...columns.map(([, cell]) => cell(row)),
      ]);
      const head = ['repository', 'system', 'cases', ...columns.map(([name]) => name)];
      return `## ${views[view]}\n\n${align([head, ...body])}`;
    })
    .join('\n\n');
}

type Column = readonly [name: string, cell: (row: Summary) => string];

function columnsOf(view: View): readonly Column[] {
  if (isSearch(view)) {
    return [
      ['NDCG@10 (95 %)', ({ ndcg10 }) => interval(ndcg10)],
      ['hit@1', ({ hit1 }) => percent(hit1)],
      ['hit@5', ({ hit5 }) => percent(hit5.mean)],
      ['MRR', ({ mrr }) => mrr.toFixed(3)],
    ];
  }
  const recall: readonly Column[] = [
    ['recall@5', ({ recall5 }) => percent(recall5)],
    ['recall@10', ({ recall10 }) => percent(recall10)],
  ];
  return [
    ['hit@1', ({ hit1 }) => percent(hit1)],
    ['hit@3', ({ hit3 }) => percent(hit3)],
    ['hit@5 (95 %)', ({ hit5 }) => interval(hit5)],
    ['hit@10', ({ hit10 }) => percent(hit10)],
    ['MRR', ({ mrr }) => mrr.toFixed(3)],
    ...(view === 'qa' || view === 'issues' ? recall : []),
  ];
}

function interval({ mean: middle, low, high }: Interval): string {
  return `${percent(middle)} [${percent(low)}, ${percent(high)}]`;
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

/** Rows of cells as a Markdown table: the first row is the head, the first two columns are names, the rest numbers. */
export function align(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number) =>
    column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  const rule = widths.map((width, column) => (column < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const [head = [], ...body] = table;
  return [head, rule, ...body].map((row) => `| ${row.map(pad).join(' | ')} |`).join('\n');
}

function viewsIn(results: readonly { readonly view: View }[]): View[] {
  const present = new Set<string>(results.map(({ view }) => view));
  return viewOrder.filter((view) => present.has(view));
}
