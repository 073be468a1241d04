import { expect, test } from 'vitest';
import { hasUnsupportedClaim } from '../../../src/answer/unsupported-claims.ts';

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
])('%s that the lines do not have is an unsupported claim', (_, sentence) => {
  expect(hasUnsupportedClaim(sentence, LINES, QUESTION)).toBe(true);
});

test('a number that is only a part of one of the lines is an unsupported claim', () => {
  const lines = 'src/a.ts\nconst loan = 28 * 86_400_000 + 3.15;';
  for (const number of ['2', '8', '400', '5']) {
    expect(hasUnsupportedClaim(`A loan lasts ${number} days.`, lines, QUESTION)).toBe(true);
  }
  for (const number of ['28', '3.15', '3', '15']) {
    expect(hasUnsupportedClaim(`A loan lasts ${number} days.`, lines, QUESTION)).toBe(false);
  }
});

test('a reason or a denial is an unsupported claim where the lines give none', () => {
  const plain = 'src/a.ts\nexport const lend = 1;';
  expect(hasUnsupportedClaim('The book is lent because the shelf is full.', plain, QUESTION)).toBe(true);
  expect(hasUnsupportedClaim('The book is not lent.', plain, QUESTION)).toBe(true);
  expect(hasUnsupportedClaim('The book is lent because the shelf is full.', LINES, QUESTION)).toBe(false);
  expect(hasUnsupportedClaim('The book is not lent.', LINES, QUESTION)).toBe(false);
});

test('what the lines, their path or the question say is none', () => {
  expect(
    hasUnsupportedClaim('`lend` of src/loans.ts lends a book for 28 days; `renew` does too.', LINES, QUESTION),
  ).toBe(false);
  expect(hasUnsupportedClaim('It throws "not here".', LINES, QUESTION)).toBe(false);
});
