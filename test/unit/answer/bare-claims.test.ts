import { expect, test } from 'vitest';
import { saysBare } from '../../../src/answer/bare-claims.ts';

const LINES = `src/loans.ts
/** Lends a book for 28 days, because the shelf is full. */
export function lend(book: Book): Loan {
  if (book.isLent) throw new Error('not here');`;
const QUESTION = 'Why does `renew` refuse a reader?';

test.each([
  ['A name', 'It calls `paint` first.'],
  ['a number', 'A loan lasts 14 days.'],
  ['a quoted text', 'It throws "gone home".'],
  ['a purpose', 'It prevents two readers from one book.'],
])('%s that the lines do not have stands bare', (_, sentence) => {
  expect(saysBare(sentence, LINES, QUESTION)).toBe(true);
});

test('a reason or a denial stands bare where the lines give none', () => {
  const plain = 'src/a.ts\nexport const lend = 1;';
  expect(saysBare('The book is lent because the shelf is full.', plain, QUESTION)).toBe(true);
  expect(saysBare('The book is not lent.', plain, QUESTION)).toBe(true);
  expect(saysBare('The book is lent because the shelf is full.', LINES, QUESTION)).toBe(false);
  expect(saysBare('The book is not lent.', LINES, QUESTION)).toBe(false);
});

test('what the lines, their path or the question say does not', () => {
  expect(saysBare('`lend` of src/loans.ts lends a book for 28 days; `renew` does too.', LINES, QUESTION)).toBe(false);
  expect(saysBare('It throws "not here".', LINES, QUESTION)).toBe(false);
});
