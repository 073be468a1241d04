import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { rouge } from '../../eval/rouge.ts';

describe('rouge', () => {
  test('counts shared words once each, and the longest of them in order', () => {
    // Shared: the, cat, sat, mat (4 of 5 words and of 6); in order at most 3: the, sat, mat.
    const [one, longest] = rouge('The cat sat: mat red', 'the sat cat on a mat');
    expect(one).toBeCloseTo((2 * 4) / 11);
    expect(longest).toBeCloseTo((2 * 3) / 11);
  });

  test('a word that is said three times counts as often as the other text has it', () => {
    expect(rouge('log log log', 'log it')[0]).toBeCloseTo(2 / 5);
  });

  test('signs and case are no words', () => {
    expect(rouge('`Open` (a File)!', 'open a file')).toEqual([1, 1]);
    expect(rouge('', '...')).toEqual([0, 0]);
  });

  test('is the same both ways, at most 1, and never larger in order than without', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(text, text, (left, right) => {
        const [one, longest] = rouge(left, right);
        expect(rouge(right, left)).toEqual([one, longest]);
        expect(longest).toBeLessThanOrEqual(one);
        expect(one).toBeLessThanOrEqual(1);
      }),
    );
  });
});
