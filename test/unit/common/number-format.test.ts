import { expect, it } from 'vitest';
import { amounts, exactPercent } from '../../../src/common/number-format.ts';

const english = amounts('en');

it.each([
  [0, '0%'],
  [0.004, '0.4%'],
  [0.31, '31%'],
  [1, '100%'],
])('writes the share %d as %s', (share, written) => {
  expect(english.share(share)).toBe(written);
});

it.each([
  [0, '0 byte'],
  [999, '999 byte'],
  [1_500, '1.5 kB'],
  [70_123, '70 kB'],
  [999_999, '1,000 kB'],
  [4_700_000, '4.7 MB'],
  [2e15, '2,000 TB'],
])('writes %d bytes as %s', (bytes, written) => {
  expect(english.bytes(bytes)).toBe(written);
});

it.each([
  [0.2, '1 sec'],
  [59, '59 sec'],
  [61, '2 min'],
  [3_599, '1 hr'],
  [3_600, '1 hr'],
  [5_430, '1 hr 31 min'],
])('writes %d seconds as %s', (seconds, written) => {
  expect(english.seconds(seconds)).toBe(written);
});

it('writes as the language does, and in English where it is none', () => {
  expect(amounts('de').count(1_234_567)).toBe('1.234.567');
  expect(amounts('de').share(0.31)).toBe('31\u00a0%');
  expect(amounts('qps-ploc!').count(1_234)).toBe('1,234');
});

it('writes a small share in English so that it still is something', () => {
  expect(exactPercent(0.387)).toBe('38.7%');
  expect(exactPercent(0.0004)).toBe('<0.1%');
  expect(exactPercent(0)).toBe('0.0%');
});
