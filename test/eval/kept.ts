import { readFile, writeFile } from 'node:fs/promises';
import { judging, summarise } from './metrics.ts';
import type { Outcome } from './metrics.ts';
import { Problem } from './problem.ts';
import { viewOrder } from './run.ts';
import type { Result } from './run.ts';
import { groupsOf } from './table.ts';

/** How a file of results lies on disk: a row for each view, repository and system, with the outcome of every case. */
interface KeptRow {
  readonly view: string;
  readonly repository: string;
  readonly system: string;
  /** By case: the ranks of its gold items, and last how many there are. */
  readonly outcomes: Readonly<Record<string, readonly number[]>>;
}

/** The results of earlier runs; none where there is no such file yet. Throws a Problem where it holds something else. */
export async function readKept(file: string): Promise<Result[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return [];
  }
  const rows: unknown = Reflect.get(Object(JSON.parse(text)), 'rows');
  if (!Array.isArray(rows) || !rows.every(isKept)) throw new Problem(`${file} holds no results of an earlier run.`);
  return rows.flatMap(({ repository, system, ...row }) => {
    const view = viewOrder.find((known) => known === row.view);
    if (view === undefined) return [];
    return Object.entries(row.outcomes).map(([id, numbers]) => {
      const outcome: Outcome = { ranks: numbers.slice(0, -1), gold: numbers.at(-1) ?? 0 };
      return { view, repository, system, id, outcome };
    });
  });
}

/** Both, where what was run anew stands for the same view, repository and system of before. */
export function merged(before: readonly Result[], fresh: readonly Result[]): Result[] {
  const anew = new Set(fresh.map(keyOf));
  return [...before.filter((result) => !anew.has(keyOf(result))), ...fresh];
}

/** Writes the results with their summaries, a line each, so that a change shows as a diff. */
export async function writeKept(file: string, results: readonly Result[]): Promise<void> {
  const lines = groupsOf(results).map(({ results: own, ...names }) => {
    const outcomes = own.map(({ id, outcome: { ranks, gold } }) => [id, [...ranks, gold]] as const);
    const row = { ...names, ...summarise(own.map(({ outcome }) => outcome)), outcomes: Object.fromEntries(outcomes) };
    return JSON.stringify(row, (_, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(4)) : value));
  });
  const text = `{\n"judging": ${JSON.stringify(judging)},\n"rows": [\n${lines.toSorted().join(',\n')}\n]\n}\n`;
  await writeFile(file, text);
}

const keyOf = ({ view, repository, system }: Result): string => [view, repository, system].join('\0');

function isKept(row: unknown): row is KeptRow {
  if (typeof row !== 'object' || row === null) return false;
  const names = ['view', 'repository', 'system'].every((name) => typeof Reflect.get(row, name) === 'string');
  const outcomes: unknown = Reflect.get(row, 'outcomes');
  return names && typeof outcomes === 'object' && outcomes !== null && Object.values(outcomes).every(Array.isArray);
}
