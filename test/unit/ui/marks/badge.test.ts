import { expect, it } from 'vitest';
import { badge } from '../../../../src/ui/marks/badge.ts';

it.each([
  [0, '<1'],
  [0.0049, '<1'],
  [0.006, '1'],
  [0.314, '31'],
  [0.994, '99'],
  [0.995, '●'],
  [1, '●'],
])('a badge of %d has at most two characters: %s', (share, written) => {
  expect(badge(share)).toBe(written);
});
