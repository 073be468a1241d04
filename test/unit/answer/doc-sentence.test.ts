import { expect, test } from 'vitest';
import { docSentence } from '../../../src/answer/doc-sentence.ts';
import type { Excerpt } from '../../../src/answer/excerpt.ts';

const excerpt = (text: string): Excerpt => ({
  ...{ path: 'a', start: 1, end: 9, segmentIds: [], share: 0 },
  lines: text.split(/(?<=\n)/),
});

test.each([
  [
    'a block',
    '/**\n * Lends a book\n * to a reader. It is free.\n *\n * @param book any\n */\nexport function lend() {\n',
  ],
  ['lines', '// Lends a book\n// to a reader.\nfunc lend() {\n'],
  [
    'a docstring',
    '@cached\ndef lend(\n    book,\n):\n    """Lends a book\n    to a reader.\n\n    :param book: any\n    """\n',
  ],
])('%s gives its first sentence, behind the name', (_, text) => {
  expect(docSentence([excerpt(text)], 'How is a book lent to a reader?')).toBe('`lend`: Lends a book to a reader.');
});

test.each([
  ['includes', '#include <book.h>\n#ifndef READER_H\n#define READER_H lent\nstruct lend {\n'],
  ['attributes', '#![allow(book)]\n#[derive(Debug, reader, lent)]\npub struct Lend {\n'],
  ['the name of an interpreter', '#!/usr/bin/env book reader lent\ndef lend():\n'],
])('%s are no sentence', (_, text) => {
  expect(docSentence([excerpt(text)], 'How is a book lent to a reader?')).toBe(undefined);
});

test.each([
  ['an include', '#include <uv.h>\n// Lends a book\n// to a reader.\n#if HAVE_BOOKS\nstruct lend {\n'],
  ['an attribute', '/// Lends a book\n/// to a reader.\n#[derive(Debug)]\npub struct lend {\n'],
])('a comment beside %s is one', (_, text) => {
  expect(docSentence([excerpt(text)], 'How is a book lent to a reader?')).toBe('`lend`: Lends a book to a reader.');
});

test('a comment may begin with a word of the preprocessor', () => {
  const text = '# if a book is lent to a reader it is gone.\n# define nothing here.\ndef lend(book):\n';
  expect(docSentence([excerpt(text)], 'How is a book lent to a reader?')).toBe(
    '`lend`: if a book is lent to a reader it is gone.',
  );
});

test('the sentence that says most of the question is taken, the earlier of two alike', () => {
  const both = [
    excerpt('// Lend takes a book.\nfunc Lend() {\n'),
    excerpt('// Renew extends a loan by two weeks.\nfunc Renew() {\n'),
    excerpt('// Late extends nothing of a loan.\nfunc Late() {\n'),
  ];
  expect(docSentence(both, 'When does a loan get extended?')).toBe('Renew extends a loan by two weeks.');
});

test('a comment that has a word of the question is about something else, unless it is of what is named', () => {
  const [lend] = [excerpt('// Lends a book to whoever asks.\nfunc Lend() {\n')];
  expect(docSentence([lend], 'How are the fees of a late book added up at night?')).toBe(undefined);
  expect(docSentence([lend], 'What has Lend to do with the fees that are added up at night?')).toBe(
    'Lends a book to whoever asks.',
  );
});

test('directives, code without a comment and sentences about something else are none', () => {
  expect(
    docSentence([excerpt('// eslint-disable-next-line no-book of a reader\nfunction lend() {\n')], 'book reader'),
  ).toBe(undefined);
  expect(docSentence([excerpt('const book = 1;\nfunction lend() {\n')], 'How is a book lent?')).toBe(undefined);
  expect(docSentence([excerpt('// Opens the door wide.\nfunction open() {\n')], 'How is a book lent?')).toBe(undefined);
});
