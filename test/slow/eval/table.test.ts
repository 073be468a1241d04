import { expect, test } from 'vitest';
import { mulberry32 } from '../../../src/common/random.ts';
import type { Result } from '../../eval/run.ts';
import { leads, rowsOf } from '../../eval/table.ts';

/** Two systems over two commits of one repository and one of another, some found and some not. */
function sample(): Result[] {
  const random = mulberry32(7);
  return ['a/a@1', 'a/a@2', 'b/b@1'].flatMap((repository) =>
    Array.from({ length: 12 }, (_, at) => `case ${at}`).flatMap((id) =>
      ['bm25', 'memory+bm25'].map((system): Result => {
        const ranks = random() < 0.6 ? [1 + Math.floor(random() * 8)] : [];
        return { view: 'localisation', repository, system, id, outcome: { ranks, gold: 1 } };
      }),
    ),
  );
}

test('intervals do not depend on the order of the results', () => {
  const results = sample();
  const byName = (some: readonly Result[]) =>
    new Map(rowsOf(some).map((row) => [`${row.repository} ${row.system}`, [row.hit5, row.ndcg10]]));
  expect(byName(results.toReversed())).toEqual(byName(results));
  expect(leads(results.toReversed(), 'memory+bm25')).toEqual(leads(results, 'memory+bm25'));
});
