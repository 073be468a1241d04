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

const evidence = (kind: 'list' | 'lines', count = 1) => ({
  ...{ kind, items: [], from: 0, count, files: count, names: 0, isComplete: kind === 'list' },
});

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
  expect(answerNotes({ sentences, leftOut: 2 }, undefined, strings)).toEqual([
    'Names that stand in no file: paintMoon',
    '2 sentences of the model had no source and were left out.',
  ]);
  expect(answerNotes({ sentences: [], leftOut: 1 }, undefined, strings)).toEqual([strings.leftOutOne]);
  expect(answerNotes({ sentences: [], leftOut: 0 }, evidence('list'), strings)).toEqual([strings.linesAlone]);
  expect(answerNotes({ sentences: [], leftOut: 0 }, evidence('lines'), strings)).toEqual([strings.linesChosen]);
  expect(answerNotes({ sentences: [], leftOut: 1 }, evidence('lines'), strings)).toEqual([
    strings.linesChosen,
    strings.leftOutOne,
  ]);
});

test('below a list that is empty nothing is said of lines', () => {
  expect(answerNotes({ sentences: [], leftOut: 0 }, evidence('list', 0), strings)).toEqual([]);
  expect(answerNotes({ sentences: [], leftOut: 1 }, evidence('list', 0), strings)).toEqual([strings.leftOutOne]);
});
