import { expect, test } from 'vitest';
import { bestWindow } from '../../../src/retrieve/best-window.ts';

const lines = (...texts: readonly string[]) => texts.map((text) => new Set(text.split(' ')));
const weights = new Map([
  ['book', 2],
  ['fee', 1],
  ['day', 0.1],
]);
const how = { longest: 3, perLine: 0.2 };

test('the run begins and ends with a line that adds something', () => {
  expect(bestWindow(lines('x', 'book', 'x', 'fee', 'x'), weights, how)).toEqual({
    ...{ start: 1, end: 3, words: 2 },
    weight: 3,
  });
});

test('a line that adds less than it costs is left out, and a word counts once', () => {
  expect(bestWindow(lines('book', 'day', 'book'), weights, how)).toEqual({ start: 0, end: 0, words: 1, weight: 2 });
});

test('a run is no longer than it may be', () => {
  expect(bestWindow(lines('book', 'x', 'x', 'fee'), weights, how)).toMatchObject({ start: 0, end: 0 });
});

test('of two runs alike the first counts; nothing where no line has a word', () => {
  expect(bestWindow(lines('fee', 'x', 'fee'), weights, how)).toMatchObject({ start: 0, end: 0 });
  expect(bestWindow(lines('x', 'y'), weights, how)).toBeUndefined();
});
