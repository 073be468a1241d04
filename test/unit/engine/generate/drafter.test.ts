import { expect, it } from 'vitest';
import { Drafter } from '../../../../src/engine/generate/drafter.ts';

/** A drafter that has seen the text, one token a letter. */
const after = (text: string) => new Drafter(Array.from(text, (letter) => letter.charCodeAt(0)));
const proposed = (drafter: Drafter, room = 99) => String.fromCharCode(...drafter.propose(room).tokens);

it('proposes what followed the longest earlier match, the latest of several', () => {
  // "xyz" once before "1", "yz" twice before others: the longer match counts, though it is older.
  expect(proposed(after('abcxyz12345--qyz78--ryz90--abcxyz'))).toMatch(/^1234?5?$/);
  expect(proposed(after('yz78901--yz23456--yz'))).toMatch(/^2/);
});

it('proposes nothing after a pair of tokens that is new, and no more than there is room for', () => {
  expect(proposed(after('abcdefg'))).toBe('');
  expect(proposed(after('a'))).toBe('');
  expect(proposed(after('the quick brown fox, the quick br'), 2)).toBe('ow');
  expect(proposed(after('the quick brown fox, the quick br'), 0)).toBe('');
});

it('proposes less, and at last nothing, where its matches came to nothing, and more where they came true', () => {
  const text = 'abcd1234567--abcd';
  const unlucky = after(text);
  const lengths: number[] = [];
  for (let run = 0; run < 30; run += 1) {
    const proposal = unlucky.propose(99);
    lengths.push(proposal.tokens.length);
    unlucky.learn(proposal, 0);
  }
  expect(lengths[0]).toBeGreaterThan(1);
  expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
  expect(lengths.at(-1)).toBe(0);
  const lucky = after(text);
  for (let run = 0; run < 30; run += 1) lucky.learn(lucky.propose(99), lucky.propose(99).tokens.length);
  expect(lucky.propose(99).tokens.length).toBeGreaterThan(lengths[0] ?? 0);
});

it('proposes nothing on a processor to which each token costs a whole run', () => {
  const drafter = after('abcd1234567--abcd');
  for (let run = 0; run < 200; run += 1) {
    drafter.took(0, 10);
    drafter.took(4, 50);
  }
  expect(proposed(drafter)).toBe('');
});

it('proposes one token of a match that is right one time in four, as a second costs more than the first', () => {
  const drafter = after('abcd1234567--abcd');
  for (let run = 0; run < 7; run += 1) drafter.learn(drafter.propose(99), 0);
  expect(proposed(drafter)).toBe('1');
});
