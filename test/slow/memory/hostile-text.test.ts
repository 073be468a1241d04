import { describe, expect, it } from 'vitest';
import { parseScope, selectPaths } from '../../../src/memory/search/scope.ts';
import { askedTerms, terms } from '../../../src/memory/search/tokenize.ts';

describe('a scope', () => {
  it('takes no longer for a hostile pattern than a person waits', () => {
    const paths = Array.from({ length: 20_000 }, (_, at) => `${'a/'.repeat(40)}${'a'.repeat(50)}${at}.ts`);
    for (const text of [
      `+${'**/a/'.repeat(150)}b`,
      `+${'*a'.repeat(400)}b`,
      `+${'{a,aa}'.repeat(8)}*b`,
      `+${'?*'.repeat(300)}[b-c]`,
    ]) {
      try {
        expect(selectPaths(parseScope(text), paths).files.size).toBe(0);
      } catch (error) {
        expect((error as Error).message).toMatch(/takes too long/);
      }
    }
  }, 30_000);
});

describe('words', () => {
  it('of no text take longer than it is long', () => {
    for (const text of [
      '的',
      'ก้',
      '가',
      'ー',
      'é',
      'e\u0301',
      '\u0301',
      '\u202e',
      '\ud800',
      'Ä_',
      'ß ',
      'die der und ',
    ]) {
      askedTerms(text.repeat(60_000));
      terms(text.repeat(60_000));
    }
  }, 30_000);
});
