import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { merged, readKept, writeKept } from '../../eval/kept.ts';
import { Problem } from '../../eval/problem.ts';
import type { Result } from '../../eval/run.ts';
import { leads, rowsOf } from '../../eval/table.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eval-kept-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What a system did in one repository, case by case: the rank of the one gold file, nought where it was not found. */
const results = (repository: string, system: string, ranks: Readonly<Record<string, number>>): Result[] =>
  Object.entries(ranks).map(([id, rank]) => {
    return { view: 'localisation', repository, system, id, outcome: { ranks: rank === 0 ? [] : [rank], gold: 1 } };
  });

test('what is kept is read as it was, and a later run takes the place of its own rows alone', async () => {
  const file = join(folder, 'kept.json');
  expect(await readKept(file)).toEqual([]);
  const first = [...results('gin', 'bm25', { a: 3, b: 0 }), ...results('gin', 'memory', { a: 1, b: 2 })];
  await writeKept(file, first);
  expect(await readKept(file)).toEqual(first);
  const second = results('gin', 'bm25', { a: 1, b: 1 });
  await writeKept(file, merged(await readKept(file), second));
  expect(new Set(await readKept(file))).toEqual(new Set([...first.slice(2), ...second]));
  // A line a row, whatever order the runs came in.
  const text = readFileSync(file, 'utf8');
  await writeKept(file, merged(second, first.slice(2)));
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('a file that holds something else is refused with a sentence', async () => {
  const file = join(folder, 'other.json');
  writeFileSync(file, '{"rows": [{"view": "localisation"}]}');
  await expect(readKept(file)).rejects.toThrow(Problem);
});

test('the row over all counts what every system was asked', () => {
  const rows = rowsOf([
    ...results('gin', 'bm25', { a: 1, b: 9 }),
    ...results('gin', 'memory', { a: 1, b: 1 }),
    ...results('hono', 'memory', { c: 0 }),
  ]);
  const all = rows.filter(({ repository }) => repository === 'all');
  expect(all.map(({ system, cases, hit1 }) => [system, cases, hit1])).toEqual([
    ['bm25', 2, 0.5],
    ['memory', 2, 1],
  ]);
});

test('a lead is over the best of the others, each case beside itself', () => {
  const cases = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`case-${at}`, at < 10 ? 1 : 9]));
  const reversed = Object.fromEntries(Object.entries(cases).toReversed());
  const [sentence] = leads(
    [
      ...results('gin', 'bm25', Object.fromEntries(Object.keys(cases).map((id) => [id, 9]))),
      ...results('gin', 'minilm', reversed),
      ...results('gin', 'memory+bm25', cases),
    ],
    'memory+bm25',
  );
  // Equal in every case: were the cases mixed up, the interval would be wide.
  expect(sentence).toContain('that of minilm, the best of the others: 0.0 points [0.0, 0.0] over 20 cases.');
});
