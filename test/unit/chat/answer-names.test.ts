// @vitest-environment jsdom
import { expect, test } from 'vitest';
import { shownAnswer } from '../../../media/chat/answer.ts';
import { answerNotes } from '../../../src/chat/exchange.ts';
import { chatStrings } from '../../../src/chat/strings.ts';

const strings = chatStrings({ t: (message) => message });
const text = 'The `etag` is made by `paintMoon`.';
const sentences = [
  { kind: 'unsupported', sentence: { text, kind: 'prose' }, reason: 'No words.', unknown: ['paintMoon'] },
] as const;

test('a name that stands in no file is marked in the answer, and the names around it are not', () => {
  const context = { strings, post: () => undefined, announce: () => undefined };
  const { nodes } = shownAnswer(text, sentences, new Set(), context, () => undefined);
  const root = document.createElement('div');
  root.append(...nodes);
  const marked = [...root.querySelectorAll('.unknown-name')];
  expect(marked.map((one) => [one.textContent, one.getAttribute('title')])).toEqual([
    ['paintMoon', strings.unknownName],
  ]);
});

test('names that stand nowhere and sentences that are not shown are said in words', () => {
  expect(answerNotes({ sentences, leftOut: 2 }, strings)).toEqual([
    'Names that stand in no file: paintMoon',
    '2 sentences of the model had no source and were left out.',
  ]);
  expect(answerNotes({ sentences: [], leftOut: 1 }, strings)).toEqual([strings.leftOutOne]);
  expect(answerNotes({ sentences: [], leftOut: 0 }, strings)).toEqual([strings.linesAlone]);
});
