import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseScope, selectPaths } from '../../../src/memory/search/scope.ts';
import { askedTerms, questionTerms, terms } from '../../../src/memory/search/tokenize.ts';
import { madeUpFile, put, withLedger } from '../../unit/memory/support.ts';

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

describe('a ledger', () => {
  it('survives any string as a term and as text', async () => {
    await withLedger(async (ledger) => {
      put(ledger, madeUpFile('a.ts', 1));
      const odd = [
        '"',
        '""',
        "'",
        '*',
        'NEAR(',
        'a AND',
        'path:x',
        '-',
        '^',
        '\0',
        'a\0b',
        '\ud800',
        '(',
        '{a b}:',
        '',
      ];
      for (const term of odd) expect(Array.isArray(ledger.lexicalSearch([term, 'zzz'], 10))).toBe(true);
      expect(ledger.lexicalSearch(['"export" OR'], 10).length).toBe(3);
      expect(
        ledger.lexicalSearch(
          Array.from({ length: 5000 }, (_, n) => `t${n}`),
          10,
        ),
      ).toEqual([]);
      fc.assert(
        fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 10 }), (strings) => {
          expect(Array.isArray(ledger.lexicalSearch(strings, 10))).toBe(true);
          expect(Array.isArray(ledger.lexicalSearch(questionTerms(strings.join(' ')), 10))).toBe(true);
          const file = madeUpFile('odd.ts', 1, 1);
          put(ledger, { ...file, segments: file.segments.map((segment) => ({ ...segment, terms: strings })) });
        }),
        { numRuns: 15 },
      );
      expect(await ledger.verify()).toMatchObject({ kind: 'sound' });
    });
  });
});
