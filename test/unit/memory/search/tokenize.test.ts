import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import { askedTerms, questionTerms, terms } from '../../../../src/memory/search/tokenize.ts';

// A second or two alone; a shared machine has taken twenty times as long.
vi.setConfig({ testTimeout: 120_000 });

it('a word has the terms of its text, whatever text it was read in before', () => {
  const german = 'Die Bestellungen werden nicht oft und auch nur von uns';
  const english = 'The Bestellungen of a reader';
  expect(terms(english)).toEqual(['the', 'bestellungen', 'of', 'reader']);
  expect(terms(german)).toContain('bestell');
  expect(terms(english)).not.toContain('bestell');
  expect(terms(german)).toContain('bestell');
});

describe('terms', () => {
  it.each([
    ['getUserName', ['getusernam', 'get', 'user', 'nam']],
    ['HTTPServer', ['httpserver', 'http', 'server']],
    ['XMLHttpRequest2', ['xmlhttprequest2', 'xml', 'http', 'request']],
    ['parse_http2_response', ['parsehttp2response', 'pars', 'http', 'respons']],
    ['__init__', ['init']],
    ['URLs', ['url']],
    ['MAX_VALUE', ['maxvalu', 'max', 'valu']],
    ['$foo @bar --flag-type', ['foo', 'bar', 'flag', 'typ']],
    ['src/auth/session.ts', ['src', 'auth', 'session', 'ts']],
    ['x1 + y', ['x1']],
    ['größenÄnderung', ['grossenanderung', 'grossen', 'anderung']],
    ['解析配置', ['解析', '析配', '配置', '解', '析', '配', '置']],
    ['データ', ['デー', 'ータ']],
    ['ﾃﾞｰﾀ', ['デー', 'ータ']],
    ['사용자는', ['사용', '용자']],
    ['файлов', ['файл']],
    ['ﬁle', ['fil']],
    ['', []],
  ])('of %s', (text, expected) => {
    expect(terms(text)).toEqual(expected);
  });

  it('meet in one stem whatever the ending', () => {
    for (const family of [
      'cache caches cached caching',
      'stop stops stopped stopping',
      'query queries',
      'class classes',
    ]) {
      expect(new Set(terms(family)).size).toBe(1);
    }
    expect(terms('process status this bus string')).toEqual(['process', 'status', 'this', 'bus', 'string']);
  });

  it('are short, longer than a letter, in lower case and without spaces, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (text) => {
        const bad = terms(text).filter(
          (term) => !/^[\p{L}\p{M}\p{N}_]{1,64}$/u.test(term) || term !== term.toLowerCase(),
        );
        expect(bad).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('leave out what is too long to be a name, in time that grows with the text', () => {
    const before = performance.now();
    expect(terms('a'.repeat(200_000))).toEqual([]);
    expect(terms(`${'_'.repeat(200_000)}x`)).toEqual([]);
    expect(terms('A'.repeat(200_000) + 'a')).toEqual(['aa']);
    expect(performance.now() - before).toBeLessThan(5000);
  });
});

describe('questionTerms', () => {
  it('drop words that say nothing and repeats', () => {
    expect(questionTerms('How is it decided whether to send the session cookie? The session!')).toEqual(
      terms('decided whether send session cookie'),
    );
  });

  it('keep keywords when there is nothing else, and nothing when there is nothing', () => {
    expect(questionTerms('what does the function return')).toEqual(['function', 'return']);
    expect(questionTerms('which function parses')).toEqual(['pars']);
    expect(questionTerms('what is this?')).toEqual([]);
  });

  it('find what was indexed: each is among the terms of its own text', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 12 }), (text) => {
        const indexed = new Set(terms(text));
        expect(askedTerms(text).every(({ own }) => own.some((term) => indexed.has(term)))).toBe(true);
      }),
    );
  });
});
