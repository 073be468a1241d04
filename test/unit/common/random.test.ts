import { expect, test } from 'vitest';
import { mulberry32 } from '../../../src/common/random.ts';

test('mulberry32 gives the published sequence', () => {
  // Seed 1; the first numbers of the public-domain reference implementation.
  const random = mulberry32(1);
  expect([random(), random(), random()].map((value) => value * 4294967296)).toEqual([2693262067, 11749833, 2265367787]);
});
