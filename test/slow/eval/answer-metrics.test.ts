import { expect, test } from 'vitest';
import { answerRow, countsOf, factsOf } from '../../eval/answer-metrics.ts';
import type { GivenAnswer } from '../../eval/answer-metrics.ts';

const given = (text: string, shown = ''): GivenAnswer => ({
  ...{ id: '1', question: 'What does `lend` do?', kind: 'lines', shown, text },
  ...{ sourced: 1, leftOut: 0, ending: 'stop', shownSeconds: 1, seconds: 2 },
});

test('facts are names, paths and numbers, without the lines that they stand in', () => {
  expect(factsOf('1. `lend` in src/desk.ts (lines 10-12) waits 28 days, see `Loan.due_date:14`.')).toEqual([
    'lend',
    'Loan',
    'due_date',
    'src/desk.ts',
    '28',
  ]);
});

test('facts are counted as said or as shown, whole and not as a part', () => {
  const counts = countsOf(
    given('It sets `due_date`.', 'src/desk.ts\nlendAgain'),
    { answer: '`lend` sets `due_date` in src/desk.ts' },
    new Set(),
  );
  expect(counts).toMatchObject({ wanted: 3, said: 1, shown: 2 });
});

test('invented are names that no file has; those of the question are not counted', () => {
  const counts = countsOf(given('`lend` calls `renew` and `paintMoon`.'), {}, new Set(['renew']));
  expect(counts).toMatchObject({ names: 2, invented: ['paintMoon'], isEnded: true });
  expect(countsOf(given('It was cut in the'), {}, new Set()).isEnded).toBe(false);
});

test('lines that decide are counted in the places that are shown, each once', () => {
  const shown = '2\nsrc/desk.ts:3-5 \nlend\n\nsrc/desk.ts:5-6 lend\n  see src/desk.ts:8-9 and others';
  const counts = countsOf(given('', shown), { lines: ['src/desk.ts:5-10', 'src/mail.ts:1-2'] }, new Set());
  expect(counts.deciding).toEqual({ lines: 8, shown: 2 });
  expect(answerRow('all', [counts])).toContain('| - | - | 25.0 % |');
});

test('a row has sums over answers, and a median', () => {
  const counts = countsOf(given('`lend` lends.'), { answer: '`lend` and `renew`' }, new Set(['lend']));
  expect(answerRow('all', [counts, counts])).toBe(
    '| all | 2 | 50.0 % | 50.0 % | - | - | 100.0 % | 1.0 | 0.0 | 100.0 % | 0 | 2.0 |',
  );
});
