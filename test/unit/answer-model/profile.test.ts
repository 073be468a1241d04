import { expect, it } from 'vitest';
import { excerptTokens, profileFor, smallProfile } from '../../../src/answer-model/profile.ts';

it('a prompt holds what the model reads in some seconds, within bounds', () => {
  const { firstToken, excerpts } = smallProfile;
  expect(excerptTokens(smallProfile, 0)).toBe(excerpts.least);
  expect(excerptTokens(smallProfile, 1_000_000)).toBe(excerpts.most);
  expect(excerptTokens(smallProfile, 150)).toBe(firstToken * 150 - 120);
});

it('models up to two thousand million numbers say what has a source, larger ones explain', () => {
  const saying = [354e6, 1_017e6, 2_000e6].map((bytes) => profileFor(bytes).sentences);
  expect(saying).toEqual([{ kind: 'sourced', most: 3 }, { kind: 'sourced', most: 4 }, { kind: 'all' }]);
});
