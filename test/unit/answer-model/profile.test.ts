import { expect, it } from 'vitest';
import { excerptTokens, smallProfile } from '../../../src/answer-model/profile.ts';

it('a prompt holds what the model reads in some seconds, within bounds', () => {
  const { firstToken, excerpts } = smallProfile;
  expect(excerptTokens(smallProfile, 0)).toBe(excerpts.least);
  expect(excerptTokens(smallProfile, 1_000_000)).toBe(excerpts.most);
  expect(excerptTokens(smallProfile, 150)).toBe(firstToken * 150 - 120);
});
