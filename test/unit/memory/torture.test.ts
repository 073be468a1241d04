import { expect, it } from 'vitest';

import { flipBits } from '../../torture/flip.ts';
import { killIngests } from '../../torture/kill.ts';

// The full numbers: npm run torture.
it('an ingest that is killed at any moment loses nothing that it acknowledged, and goes on from there', async () => {
  const { killed, finished, acknowledged } = await killIngests(6, 60);
  expect(killed + finished).toBe(6);
  expect(acknowledged).toBeGreaterThan(0);
});

it('a flipped bit is noticed or changes nothing, and never is a wrong sum called sound', async () => {
  const seen = await flipBits(25);
  expect(Object.values<number>({ ...seen }).reduce((sum, count) => sum + count, 0)).toBe(25);
});
