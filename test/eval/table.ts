import { bootstrap, hitAt, mean, summarise, type Summary } from './metrics.ts';
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
 * One row per view, repository and system, and one over all repositories, which counts the cases that every system of the view was
 * asked: other rows could not be compared.
 */
export function rowsOf(results: readonly Result[]): Row[] {
  return viewsIn(results).flatMap((view) => {
    const own = results.filter((result) => result.view === view);
    const all = shared(own).map((result) => ({ ...result, repository: 'all' }));
    return [...groupsOf(own), ...groupsOf(all)].map(({ results: its, ...names }) => ({
      ...names,
      ...summarise(its.map(({ outcome }) => outcome)),
    }));
  });
}

/** Of one view, the results for the cases that each of its systems was asked. */
function shared(results: readonly Result[]): Result[] {
  const systems = new Set(results.map(({ system }) => system));
  const byCase = Map.groupBy(results, caseOf);
  return results.filter((result) => byCase.get(caseOf(result))?.length === systems.size);
}

const caseOf = ({ repository, id }: Result): string => `${repository} ${id}`;

/** For each view, how far `ours` is ahead of the best of the systems that are not the project's own, case by case. */
export function leads(results: readonly Result[], ours: string): string[] {
  return viewsIn(results).flatMap((view) => {
    // In one order, so that each case is compared with itself.
    const own = shared(results.filter((result) => result.view === view)).toSorted((a, b) =>
      caseOf(a) < caseOf(b) ? -1 : 1,
    );
    const hits = [...Map.groupBy(own, ({ system }) => system)].map(
      ([system, its]) => [system, its.map(({ outcome }) => hitAt(outcome, 5))] as const,
    );
    const mine = hits.find(([system]) => system === ours);
    const [peer] = hits
      .filter(([system]) => !system.startsWith('memory'))
      .toSorted(([, one], [, other]) => mean(other) - mean(one));
    if (mine === undefined || peer === undefined) return [];
    const { mean: ahead, low, high } = bootstrap(mine[1].map((hit, at) => hit - (peer[1][at] ?? 0)));
    return [
      `${view}: hit@5 of ${ours} less that of ${peer[0]}, the best of the others: ${percent(ahead)} points ` +
        `[${percent(low)}, ${percent(high)}] over ${mine[1].length} cases.`,
    ];
  });
}

/** Aligned Markdown, a heading and a table per view. Shares in per cent; recall only where a case has several files. */
export function render(rows: readonly Row[]): string {
  return viewsIn(rows)
    .map((view) => {
      const wide = view === 'qa' || view === 'issues';
      const head = ['repository', 'system', 'cases', 'hit@1', 'hit@3', 'hit@5 (95 %)', 'hit@10', 'MRR'];
      if (wide) head.push('recall@5', 'recall@10');
      const body = rows.filter((row) => row.view === view).map((row) => cells(row, wide));
      return `## ${views[view]}\n\n${align([head, ...body])}`;
    })
    .join('\n\n');
}

function cells(row: Row, wide: boolean): string[] {
  const interval = `${percent(row.hit5.mean)} [${percent(row.hit5.low)}, ${percent(row.hit5.high)}]`;
  const hits = [percent(row.hit1), percent(row.hit3), interval, percent(row.hit10)];
  const recall = wide ? [percent(row.recall5), percent(row.recall10)] : [];
  return [row.repository, row.system, String(row.cases), ...hits, row.mrr.toFixed(3), ...recall];
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

/** Rows of cells as a Markdown table: the first row is the head, the first two columns are names, the rest numbers. */
function align(table: readonly (readonly string[])[]): string {
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
