import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseScope, ScopeError, selectPaths } from '../../../src/memory/scope.ts';
import { thrownBy } from './support.ts';

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
    expect(selectPaths(parseScope('+src -tests +lib -nothing/*.c'), PATHS).idle).toEqual(['lib', 'nothing/*.c']);
  });

  it.each([
    ['+src - tests', /sign in the scope stands alone.*"\+src -tests"/],
    ['+', /sign in the scope stands alone/],
    ['"', /quotation mark/],
    ['+"src', /quotation mark/],
    ['+""', /names nothing/],
    ['+/', /names nothing/],
    ['+../other', /leads out of the folder/],
    ['+src/[a', /bracket or brace/],
    ['a"b', /cannot be read at/],
    ['x'.repeat(1001), /at most 1000 characters/],
  ])('%j is refused with a sentence', (text, sentence) => {
    const error = thrownBy(() => parseScope(text));
    expect(error).toBeInstanceOf(ScopeError);
    expect((error as Error).message).toMatch(sentence);
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
          const { files } = selectPaths(scope, PATHS);
          for (const path of PATHS) expect(files.has(path)).toBe(scope.has(path));
        } catch (error) {
          expect(error).toBeInstanceOf(ScopeError);
        }
      }),
    );
  });
});
