import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob, compileName, expandBraces, GLOB_LIMITS } from '../../../src/common/glob.ts';
import type { Work } from '../../../src/common/glob.ts';

describe('a pattern', () => {
  it.each([
    ['src/*.ts', ['src/a.ts', 'src/.ts'], ['src/a/b.ts', 'a.ts', 'src/a.tsx']],
    ['**/a', ['a', 'b/a', 'b/c/a'], ['ab', 'b/ab', 'a/b']],
    ['a/**', ['a/b', 'a/b/c'], ['a', 'ab/c']],
    ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['a', 'b', 'a/xb']],
    ['a**b', ['ab', 'axb'], ['a/b', 'ax/yb']],
    ['[a-c]?[!x]', ['a1y', 'czz'], ['d1y', 'a1x', 'a/y']],
    ['[]a]', [']', 'a'], ['b']],
    ['[[:digit:][:upper:]]', ['7', 'Q'], ['q', '-']],
    ['\\*\\[', ['*['], ['x[', '**[']],
    ['a\\', [], ['a', 'a\\']],
    ['[a', [], ['[a', 'a']],
    ['*a*b', ['ab', 'xaab', 'abab'], ['ba', 'a/b']],
    ['**/b/**/c', ['b/c', 'x/b/y/c', 'b/b/c'], ['b', 'c', 'x/c']],
  ])('%s', (pattern, yes, no) => {
    const matches = compileGlob(pattern);
    expect(yes.filter((path) => !matches(path))).toEqual([]);
    expect(no.filter((path) => matches(path))).toEqual([]);
  });

  it('tells cases apart unless told not to, and stands for a name', () => {
    expect(compileGlob('SRC/*.TS', { ignoreCase: true })('src/a.ts')).toBe(true);
    expect(compileGlob('SRC/*.TS')('src/a.ts')).toBe(false);
    expect(compileName('**.log')('a.log')).toBe(true);
  });

  it('expands braces inside braces, and refuses too many', () => {
    expect(expandBraces('a{b,c{d,e}}f').sort()).toEqual(['abf', 'acdf', 'acef']);
    expect(expandBraces('{a}\\{b,c}')).toEqual(['{a}\\{b,c}']);
    expect(() => expandBraces('{a,b}'.repeat(40))).toThrow(expect.objectContaining({ code: 'pattern/unreadable' }));
    expect(() => compileGlob('a{b,c', { braces: true, strict: true })).toThrow(
      expect.objectContaining({ code: 'pattern/unreadable' }),
    );
    expect(() => compileGlob('[a', { strict: true })).toThrow(expect.objectContaining({ code: 'pattern/unreadable' }));
    expect(() => compileGlob('a'.repeat(GLOB_LIMITS.characters + 1))).toThrow(
      expect.objectContaining({ code: 'pattern/unreadable' }),
    );
  });

  it('matches what a regular expression made of it matches', () => {
    const meaning: Readonly<Record<string, string>> = {
      ...{ a: 'a', b: 'b', '.': '\\.', '*': '[^/]*', '?': '[^/]', '[ab]': '[ab]', '[!a]': '[^a/]' },
    };
    const part = fc.array(fc.constantFrom(...Object.keys(meaning)), { minLength: 1, maxLength: 5 });
    const pattern = fc.array(fc.oneof(part, fc.constant(['**'])), { minLength: 1, maxLength: 5 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 5 });
    const path = fc.array(name, { minLength: 1, maxLength: 6 }).map((names) => names.join('/'));
    let matched = 0;
    fc.assert(
      fc.property(pattern, path, (parts, given) => {
        const isFolders = (each: readonly string[]) => each[0] === '**' || each.join('') === '**';
        const expression = parts.map((each, i) => {
          if (isFolders(each)) return i === parts.length - 1 ? '.+' : '(?:[^/]+/)*';
          return each.map((letter) => meaning[letter]).join('') + (i === parts.length - 1 ? '' : '/');
        });
        const expected = new RegExp(`^${expression.join('')}$`).test(given);
        expect(compileGlob(parts.map((each) => each.join('')).join('/'))(given)).toBe(expected);
        if (expected) matched += 1;
      }),
      { numRuns: 5_000 },
    );
    expect(matched).toBeGreaterThan(100);
  });
});

describe('a pattern that explodes as a regular expression', () => {
  it.each([
    ['**/a/'.repeat(10) + 'b', 'a/'.repeat(500) + 'c'],
    ['*a'.repeat(400), 'a'.repeat(4_000) + 'b'],
    [`${'**/*a*a*a*/'.repeat(60)}b`, `${'aaaaaaaaaa/'.repeat(360)}c`],
    ['[a-z]*'.repeat(160), `${'a'.repeat(4_000)}/`],
  ])('takes at most its length times the length of the path: %s', (pattern, path) => {
    const work: Work = { steps: 0 };
    expect(compileGlob(pattern)(path, work)).toBe(false);
    expect(work.steps).toBeLessThan(2 * (pattern.length + 1) * (path.length + 1));
  });
});
