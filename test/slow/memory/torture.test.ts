import { expect, it } from 'vitest';

import { flipBits } from '../../torture/flip.ts';
import { killSaves } from '../../torture/kill-saves.ts';
import { killIngests } from '../../torture/kill.ts';
import { writeTogether } from '../../torture/writers.ts';

// The full numbers: npm run torture.
it('an ingest that is killed at any moment loses nothing that it acknowledged, and goes on from there', async () => {
  const { killed, finished, acknowledged } = await killIngests(6, 60);
  expect(killed + finished).toBe(6);
  expect(acknowledged).toBeGreaterThan(0);
});

it('a save that is killed at any moment loses none that was acknowledged, and is made good by the next reading', async () => {
  const { killed, acknowledged } = await killSaves(6, 60);
  expect(killed).toBe(6);
  expect(acknowledged).toBeGreaterThan(5);
});

it('two processes that write at once lose nothing, and never disturb one that reads', async () => {
  const { saves, reads } = await writeTogether(3);
  expect(Math.min(...saves)).toBeGreaterThan(0);
  expect(reads).toBeGreaterThan(1);
});

it('a flipped bit is noticed or changes nothing, and never is a wrong sum called sound', async () => {
  const seen = await flipBits(25);
  expect(Object.values<number>({ ...seen }).reduce((sum, count) => sum + count, 0)).toBe(25);
});
