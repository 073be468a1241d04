import { isAppError } from '../../../src/common/app-error.ts';
import { compileGlob } from '../../../src/common/glob.ts';
import { IgnoreFile, MatchCost } from '../../../src/workspace/walk/ignore-rules.ts';
import { includes } from '../../../src/workspace/walk/rules.ts';
import { textOf } from '../target.ts';
import type { Target } from '../target.ts';

/** Ignore files and `include` patterns: the first lines are patterns, those behind an empty line are paths. */
export const patterns: Target = {
  name: 'patterns',
  dictionary: [
    ...['**/', '/**', '*', '?', '[a-z]', '[!a]', '[[:alpha:]]', '[', ']', '\\', '!', '#', '{a,b}', '{', '}', ',', '\n'],
    ...['\r\n', '\n\n', 'src/', '../', '/', ' ', '-', '+', '"', 'ſ', 'İ', '\uFEFF', '\0', '**/*'.repeat(10)],
  ],
  run: (input) => {
    const [rules = '', below = ''] = textOf(input).split('\n\n', 2);
    const paths = [
      'src/a.ts',
      'a/b/c/d/e/f/g/h.ts',
      `${'a/'.repeat(60)}b`,
      'a'.repeat(200),
      ...below.split('\n').slice(0, 20),
    ];
    const file = IgnoreFile.parse('', '.gitignore', rules, new MatchCost());
    const nested = IgnoreFile.parse('src', 'src/.gitignore', rules, new MatchCost());
    const lines = rules.split('\n').slice(0, 20);
    for (const path of paths) {
      file.verdict(path, false);
      nested.verdict(`src/${path}`, true);
    }
    declared(() => {
      const include = includes(lines);
      for (const path of paths) if (include.matches(path)) include.reaches(path);
    });
    for (const line of lines) {
      declared(() => {
        const matches = compileGlob(line, { braces: true, strict: true });
        for (const path of paths) matches(path);
      });
    }
  },
};

function declared(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!isAppError(error, 'pattern/unreadable')) throw error;
  }
}
