import { expect, test } from 'vitest';
import { Attribution, citationText, stillMatchesDisk } from '../../../src/answer/citation.ts';
import type { Excerpt } from '../../../src/answer/excerpt.ts';
import { sentences } from '../../../src/answer/sentence.ts';
import { withFolder } from '../memory/support.ts';
import { indexed } from './support.ts';

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

test('a sentence rests on the lines that hold its content words', () => {
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

test('a citation is as short as it can be, and never longer than one look', () => {
  const filler = Array.from({ length: 12 }, (_, at) => `  step${at}();`);
  const far = excerpt('far.ts', 1, 'const harbour = open();', ...filler, 'const lantern = light();');
  expect(attributed('The harbour lantern is lit at night.', [far], [1])).toContain('Too few');
  const near = excerpt('near.ts', 1, 'const harbour = open();', 'const lantern = light();', ...filler);
  expect(attributed('The harbour lantern is lit at night.', [near], [1])).toBe('near.ts:1-2');
});

test('a word that stands in every line tells less than one that stands in one', () => {
  const lines = ['book shelf one', 'book fee two', 'book three', 'book four'];
  expect(attributed('A book has a fee.', [excerpt('a.ts', 1, ...lines)], [1])).toBe('a.ts:2');
});

test('a citation holds while its lines stand where they stood, whatever changes elsewhere', () =>
  withFolder(async (folder) => {
    const { index, search, write } = await indexed(folder, { 'a.ts': 'one\ntwo\nthree\n' });
    const citation = { path: 'a.ts', start: 2, end: 2, overlap: 1 };
    const read = [{ ...excerpt('a.ts', 1, 'one', 'two', 'three'), path: 'a.ts' }];
    const stands = () => stillMatchesDisk(search, citation, read);
    expect(await stands()).toBe(true);
    write('a.ts', 'ONE\ntwo\nTHREE\n');
    expect(await stands()).toBe(true);
    write('a.ts', 'zero\none\ntwo\n');
    expect(await stands()).toBe(false);
    write('a.ts', 'one\n');
    expect(await stands()).toBe(false);
    expect(await stillMatchesDisk(search, { ...citation, path: 'b.ts' }, read)).toBe(false);
    index.close();
  }));

test('a citation is written as a line, as lines, or as a place in the cells of a notebook', () => {
  expect(citationText({ path: 'a.ts', start: 3, end: 3 })).toBe('a.ts:3');
  expect(citationText({ path: 'a.ts', start: 3, end: 5 })).toBe('a.ts:3-5');
  expect(citationText({ path: 'a.ipynb', start: 3, end: 5, cells: 'cell 2:1-2' })).toBe('a.ipynb:cell 2:1-2');
});
