import { expect, test } from 'vitest';
import { breakdown } from '../../eval/breakdown.ts';
import type { SearchCase } from '../../eval/cases.ts';
import type { Result } from '../../eval/run.ts';

const searchCase = (id: string, repository: string, language: string, isTrained = false): SearchCase => ({
  ...{ task: 'semble', id, repository, language, isTrained, root: '', commit: 'abcdef0' },
  ...{ category: 'semantic', question: 'where', files: ['a'], labels: [{ path: 'a' }] },
});

const result = (id: string, system: string, rank: number): Result => ({
  ...{ view: 'search-files', repository: 'any', id, system },
  outcome: { ranks: [rank], gold: 1 },
});

test('each language, kind and the mean of the repositories have a row, over what every system was asked', () => {
  const cases = [searchCase('1', 'a/a', 'go', true), searchCase('2', 'a/a', 'go'), searchCase('3', 'b/b', 'rust')];
  const alone = searchCase('4', 'c/c', 'c');
  const results = [
    ...[result('1', 'memory', 1), result('2', 'memory', 3), result('3', 'memory', 1), result('4', 'memory', 1)],
    ...[result('1', 'peer', 3), result('2', 'peer', 3), result('3', 'peer', 3)],
  ];
  const [table = ''] = breakdown(results, [...cases, alone]);
  const rows = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const row = (name: string) => rows.find((cells) => cells[1] === name)?.slice(2, -1);
  expect(row('go')).toEqual(['2', '0.750', '0.500']);
  expect(row('c')).toBeUndefined();
  expect(row('seen in training')).toEqual(['1', '1.000', '0.500']);
  expect(row('all')).toEqual(['3', '0.833', '0.500']);
  expect(row('mean of the repositories')).toEqual(['2', '0.875', '0.500']);
});

test('nothing is shown where no question of code search was asked', () => {
  expect(breakdown([], [searchCase('1', 'a/a', 'go')])).toEqual([]);
});
