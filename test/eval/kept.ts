import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { isRecord, list, text } from './cases.ts';
import { judging, summarise } from './metrics.ts';
import { Problem } from './problem.ts';
import { viewOrder } from './run.ts';
import type { Result } from './run.ts';
import { groupsOf } from './table.ts';

/**
 * The results of earlier runs; none where there is no such file yet. Throws a Problem where it holds something else.
 */
export async function readKept(file: string): Promise<Result[]> {
  if (!existsSync(file)) return [];
  try {
    const kept: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (!isRecord(kept)) throw new Problem('it is not a JSON object.');
    return list(kept, 'rows').flatMap(resultsOf);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Problem(`${file} holds no results of an earlier run: ${reason}`);
  }
}

/** A row: a view, a repository and a system, and by case the ranks of its gold items, and last how many there are. */
function resultsOf(row: unknown): Result[] {
  if (!isRecord(row)) throw new Problem('a row is not a JSON object.');
  const { outcomes } = row;
  if (!isRecord(outcomes)) throw new Problem('`outcomes` must be an object.');
  const names = { repository: text(row, 'repository'), system: text(row, 'system') };
  const named = text(row, 'view');
  const view = viewOrder.find((known) => known === named);
  if (view === undefined) return [];
  return Object.keys(outcomes).map((id) => {
    const values = list(outcomes, id);
    const numbers = values.filter((value) => typeof value === 'number');
    if (numbers.length !== values.length) throw new Problem(`\`${id}\` must be a list of numbers.`);
    return { ...names, view, id, outcome: { ranks: numbers.slice(0, -1), gold: numbers.at(-1) ?? 0 } };
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
    const row = { ...names, ...summarise(own.map(({ outcome }) => [outcome])), outcomes: Object.fromEntries(outcomes) };
    return JSON.stringify(row, (_, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(4)) : value));
  });
  const whole = `{\n"judging": ${JSON.stringify(judging)},\n"rows": [\n${lines.toSorted().join(',\n')}\n]\n}\n`;
  await writeFile(file, whole);
}

const keyOf = ({ view, repository, system }: Result): string => [view, repository, system].join('\0');
