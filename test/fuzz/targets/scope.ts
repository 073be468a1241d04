import { isAppError } from '../../../src/common/app-error.ts';
import { parseScope, selectPaths } from '../../../src/memory/search/scope.ts';
import { textOf } from '../target.ts';
import type { Target } from '../target.ts';

/** Characters of a path: no system opens a longer one. */
const LONGEST = 4_096;

/** Terms such as `+src -tests` on the first line, and paths on the others. */
export const scope: Target = {
  name: 'scope',
  dictionary: [
    ...[
      '+',
      '-',
      ' ',
      '"',
      '**/',
      '/**',
      '*',
      '?',
      '[a-z]',
      '[!a]',
      '[',
      ']',
      '{a,b}',
      '{',
      '}',
      ',',
      '\\',
      '/',
      '../',
      './',
    ],
    ...['src', '\n', '**/*'.repeat(10), '{a,b}'.repeat(8), '\u2212', 'ſ', '\uFEFF', '\0'],
  ],
  run: (input) => {
    const [terms = '', ...below] = textOf(input).split('\n');
    const paths = [
      'src/a.ts',
      `${'a/'.repeat(60)}b`,
      'a'.repeat(200),
      ...below.slice(0, 20).map((path) => path.slice(0, LONGEST)),
    ];
    try {
      selectPaths(parseScope(terms), paths);
    } catch (error) {
      if (!isAppError(error, 'scope/unreadable')) throw error;
    }
  },
};
