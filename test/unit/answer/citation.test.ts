import { expect, test } from 'vitest';
import { Attribution, citationText } from '../../../src/answer/citation.ts';
import type { Excerpt } from '../../../src/answer/excerpt.ts';
import { sentences } from '../../../src/answer/sentence.ts';

const excerpt = (path: string, start: number, ...lines: readonly string[]): Excerpt => {
  const end = start + lines.length - 1;
  return { path, start, end, lines: lines.map((line) => `${line}\n`), segmentIds: [start], share: 0.1 };
};
const mail = excerpt('mail.ts', 11, 'function remind() {', '  const subject = `Overdue loan: ${title}`;', '}');
const shelf = excerpt('shelf.ts', 1, 'function shelf(book) {', '  return `${book.subject}-${book.title}`;', '}');

/** Where the one sentence is said to stand, or why it stands nowhere. */
function attributed(text: string, excerpts: readonly Excerpt[], shares: readonly (number | undefined)[]): string {
  const [sentence] = sentences(text);
  if (!sentence) throw new Error('There is no sentence.');
  const found = new Attribution(excerpts).attribute(sentence, shares);
  return found.kind === 'supported' ? citationText(found.citation) : found.reason;
}

test('a sentence rests on the lines that hold its telling words', () => {
  expect(attributed('The subject is "Overdue loan".', [mail, shelf], [0.5, 0.5])).toBe('mail.ts:12');
  expect(attributed('A `shelf` joins subject and title of a `book`.', [mail, shelf], [0.5, 0.5])).toMatch(
    /^shelf\.ts:/,
  );
});

test('where words say the same, the memory decides', () => {
  const twin = { ...mail, path: 'letter.ts' };
  expect(attributed('The subject is "Overdue loan".', [mail, twin], [0.2, 0.7])).toBe('letter.ts:12');
  expect(attributed('The subject is "Overdue loan".', [mail, twin], [0.7, 0.2])).toBe('mail.ts:12');
});

test('selected lines, of which the memory says nothing, are cited by their words', () => {
  expect(attributed('The subject of the reminder is "Overdue loan".', [mail, shelf], [undefined, 0.9])).toBe(
    'mail.ts:12',
  );
});

test('a sentence of words that stand nowhere rests on nothing', () => {
  expect(attributed('Photosynthesis needs chlorophyll.', [mail, shelf], [0.5, 0.5])).toContain('None of its words');
  expect(
    attributed(
      '`fetchInvoice` retries with `exponentialBackoff` for each subject and title.',
      [mail, shelf],
      [0.5, 0.5],
    ),
  ).toContain('Too few');
});
