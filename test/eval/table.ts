import { summarise, type Summary } from './metrics.ts';
import { viewOrder, views, type Result, type View } from './run.ts';

/** A row of the tables; `repository` is 'all' for the row over every case of the view. */
export interface Row extends Summary {
  readonly view: View;
  readonly repository: string;
  readonly system: string;
}

/** One row per view, repository and system, and one over all repositories, in the order of the run. */
export function rowsOf(results: readonly Result[]): Row[] {
  const groups = new Map<string, { view: View; repository: string; system: string; results: Result[] }>();
  for (const view of viewsIn(results)) {
    const own = results.filter((result) => result.view === view);
    const repositories = new Set(own.map((result) => result.repository));
    for (const repository of [...repositories, 'all']) {
      for (const result of own) {
        if (repository !== 'all' && repository !== result.repository) continue;
        const key = [view, repository, result.system].join('\0');
        const group = groups.get(key) ?? { view, repository, system: result.system, results: [] };
        group.results.push(result);
        groups.set(key, group);
      }
    }
  }
  return [...groups.values()].map(({ results: own, ...names }) => ({
    ...names,
    ...summarise(own.map(({ outcome }) => outcome)),
  }));
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
