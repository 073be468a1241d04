import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { idleSentence, parseScope, selectPaths } from '../../../../src/memory/search/scope.ts';
import { thrownBy } from '../support.ts';

const PATHS = [
  'README.md',
  'src/a.ts',
  'src/deep/b.ts',
  'src/deep/b.test.ts',
  'src/vendor/c.js',
  'src/vendor/own/d.js',
  'packages/x/src/e.ts',
  'tests/f.ts',
  '.github/ci.yml',
  'docs/my notes/g.md',
];
const ODD = [
  'app/(shop)/page.tsx',
  'app/[slug]/page.tsx',
  'app/[...all]/page.tsx',
  'app/[[...slug]]/page.tsx',
  'Program Files (x86)/a.c',
  'src/+page.svelte',
  'src/*.c',
  'src/a.c',
  'src/[a',
  '@scope/core/i.ts',
  'notes/{type} a.md',
  'caf\u00e9/b.c',
  'docs/設定/概要.md',
];
const select = (text: string) => [...selectPaths(parseScope(text), PATHS).files];

describe('a scope', () => {
  it.each([
    ['', PATHS],
    ['  ', PATHS],
    ['README.md', ['README.md']],
    ['+/src', PATHS.filter((path) => path.startsWith('src/'))],
    ['+src -vendor', ['src/a.ts', 'src/deep/b.ts', 'src/deep/b.test.ts', 'packages/x/src/e.ts']],
    ['+/src −vendor +src/vendor/own', ['src/a.ts', 'src/deep/b.ts', 'src/deep/b.test.ts', 'src/vendor/own/d.js']],
    ['-src -tests -docs', ['README.md', '.github/ci.yml']],
    ['+*.{ts,js} -*.test.ts -/src', ['packages/x/src/e.ts', 'tests/f.ts']],
    ['+"docs/my notes"', ['docs/my notes/g.md']],
    ['+src\\deep\\', ['src/deep/b.ts', 'src/deep/b.test.ts']],
    ['+./src/?.ts', ['src/a.ts']],
    ['+.github', ['.github/ci.yml']],
    ['+src -src', []],
  ])('%j selects files', (text, expected) => {
    expect(select(text)).toEqual(expected);
  });

  it('names terms that nothing matches', () => {
    const { idle } = selectPaths(parseScope('+src -tests +lib -nothing/*.c'), PATHS);
    expect(idle).toEqual([
      { pattern: 'lib', near: [] },
      { pattern: 'nothing/*.c', near: [] },
    ]);
  });

  it.each([
    ['+src - tests', /sign in the scope stands alone.*"\+src -tests"/],
    ['+', /sign in the scope stands alone/],
    ['"', /quotation mark/],
    ['+"src', /quotation mark/],
    ['+""', /names nothing/],
    ['+/', /names nothing/],
    ['+../other', /leads out of the folder/],
    ['a"b', /cannot be read at/],
    ['x'.repeat(1001), /at most 1000 characters/],
  ])('%j is refused with a sentence', (text, sentence) => {
    const error = thrownBy(() => parseScope(text));
    expect(error).toMatchObject({ code: 'scope/unreadable' });
    expect((error as Error).message).toMatch(sentence);
  });

  it.each([
    ['+app/(shop)', ['app/(shop)/page.tsx']],
    ['+app/(shop)/', ['app/(shop)/page.tsx']],
    ['+app\\(shop)', ['app/(shop)/page.tsx']],
    ['+app/[slug]', ['app/[slug]/page.tsx']],
    ['+[slug]', ['app/[slug]/page.tsx']],
    ['+app/[slug]/*.tsx', ['app/[slug]/page.tsx']],
    ['+app/[...all]/page.tsx', ['app/[...all]/page.tsx']],
    ['+[[...slug]]', ['app/[[...slug]]/page.tsx']],
    ['+"Program Files (x86)"', ['Program Files (x86)/a.c']],
    ['+Program Files (x86)', ['Program Files (x86)/a.c']],
    ['-Program Files (x86)', ODD.filter((path) => !path.startsWith('Program'))],
    ['+page.svelte', ['src/+page.svelte']],
    ['+src/+page.svelte', ['src/+page.svelte']],
    ['+@scope/core', ['@scope/core/i.ts']],
    ['+{type} a.md', ['notes/{type} a.md']],
    ['+"notes/{type} a.md"', ['notes/{type} a.md']],
    ['+cafe\u0301', ['caf\u00e9/b.c']],
    ['+src/*.c', ['src/*.c']],
    ['+src/[ab].c', ['src/a.c']],
    ['+src/[a', ['src/[a']],
    ['+docs/設定', ['docs/設定/概要.md']],
  ])('%j is first of all the name itself', (text, expected) => {
    expect([...selectPaths(parseScope(text), ODD).files]).toEqual(expected);
  });

  it.each([
    ['+src/hots.ts', ['src/engine/host.ts']],
    ['+engin', ['src/engine']],
    ['+Src/Engine', ['src/engine']],
    ['+HOST.TS', ['src/engine/host.ts']],
    ['+host', ['src/engine/host.ts']],
    ['+zebra', []],
    ['+**', []],
  ])('%j matches nothing, and says what comes near', (text, near) => {
    const [idle] = selectPaths(parseScope(text), text === '+**' ? [] : ['src/engine/host.ts', 'lib/other.md']).idle;
    expect(idle?.near).toEqual(near);
    expect(idleSentence(idle!)).toMatch(near.length > 0 ? /Did you mean "/ : /^No indexed file matches "[^"]+"\.$/);
  });

  it('refuses a pattern that is none, once no file is called so', () => {
    for (const text of ['+src/[a', '+{a,b']) {
      const error = thrownBy(() => selectPaths(parseScope(text), PATHS));
      expect(error).toMatchObject({ code: 'scope/unreadable' });
      expect((error as Error).message).toMatch(/is no file, no folder and no pattern/);
    }
  });

  it('is read or refused, never anything else, and agrees with itself', () => {
    const piece = fc.constantFrom(
      '+',
      '-',
      ' ',
      '"',
      'src',
      '/',
      '**',
      '*',
      '[',
      ']',
      '{',
      '}',
      '!',
      '(',
      '|',
      '.ts',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          const scope = parseScope(pieces.join(''));
          const { files, idle } = selectPaths(scope, PATHS);
          for (const path of files) expect(PATHS).toContain(path);
          for (const { near } of idle) expect(near.length).toBeLessThanOrEqual(3);
        } catch (error) {
          expect(error).toMatchObject({ code: 'scope/unreadable' });
        }
      }),
    );
  });
});
