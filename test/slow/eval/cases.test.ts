import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCases, readCases, taskFiles } from '../../eval/cases.ts';
import { Problem } from '../../eval/problem.ts';

const commit = {
  id: 'c1',
  repo: 'owner/name',
  pin: 'abcdef0123',
  query: 'Do not lose the cursor',
  kind: 'fix',
  stem_in_query: false,
  files: ['src/cursor.ts'],
};
const described = {
  id: 'f1',
  repo: 'owner/name',
  commit: 'abcdef0123',
  question: 'It moves the cursor.',
  files: ['src/cursor.ts'],
  def_lines: [12, 40],
};

const lines = (...values: unknown[]) => values.map((value) => JSON.stringify(value)).join('\n');

describe('parseCases', () => {
  test('reads a commit, its pin and its message', () => {
    expect(parseCases(lines(commit), 'localisation')).toEqual([
      {
        task: 'localisation',
        id: 'c1',
        repository: 'owner/name',
        commit: 'abcdef0123',
        question: 'Do not lose the cursor',
        files: ['src/cursor.ts'],
        strict: true,
      },
    ]);
  });

  test.each([
    ['fix', false, true],
    ['feature', false, true],
    ['feature', true, false],
    ['refactor', false, false],
    ['other', false, false],
  ])('a %s whose message names its file (%s) is strict: %s', (kind, leak, strict) => {
    const cases = parseCases(lines({ ...commit, kind, stem_in_query: leak }), 'localisation');
    expect(cases).toMatchObject([{ strict }]);
  });

  test('reads where a function may begin', () => {
    expect(parseCases(lines(described), 'repoqa')).toMatchObject([{ task: 'repoqa', lines: [12, 40] }]);
  });

  test('a question may name no file; empty lines are passed over', () => {
    const text = `\n${lines({ ...described, files: [] })}\n\n`;
    expect(parseCases(text, 'qa')).toMatchObject([{ task: 'qa', files: [] }]);
  });

  test('names every bad line and what it lacks', () => {
    const text = [lines({ ...described, question: '' }), '{', lines(described), lines({ ...described, id: 7 }), '[]'];
    expect(() => parseCases(text.join('\n'), 'qa')).toThrow(Problem);
    let message = '';
    try {
      parseCases(text.join('\n'), 'qa');
    } catch (error) {
      message = error instanceof Problem ? error.message : '';
    }
    expect(message.split('\n')).toEqual([
      'qa.jsonl line 1: `question` must be a text.',
      expect.stringMatching(/^qa\.jsonl line 2: .*JSON/),
      'qa.jsonl line 4: `id` must be a text.',
      'qa.jsonl line 5: the line is not a JSON object.',
    ]);
  });

  test.each([
    ['localisation', { ...commit, stem_in_query: 'no' }, '`stem_in_query` must be true or false.'],
    ['localisation', { ...commit, files: 'src/cursor.ts' }, '`files` must be a list.'],
    ['localisation', { ...commit, files: ['/etc/passwd'] }, '`files` must be a list of relative paths.'],
    ['repoqa', { ...described, def_lines: [0] }, '`def_lines` must be a list of line numbers, counted from 1.'],
    ['repoqa', { ...described, def_lines: [] }, '`def_lines` must be a list of line numbers, counted from 1.'],
    ['repoqa', { ...described, def_lines: ['3'] }, '`def_lines` must be a list of line numbers, counted from 1.'],
  ] as const)('%s: %#', (task, value, sentence) => {
    expect(() => parseCases(lines(value), task)).toThrow(`${taskFiles[task]} line 1: ${sentence}`);
  });

  test('a question of code search has its paths below the folder that is searched', () => {
    const search = {
      ...{ id: 's1', repo: 'owner/name', commit: 'abcdef0123', root: 'lib', language: 'go', category: 'symbol' },
      ...{ query: 'Caret', relevant: [{ path: 'lib/a.go', lines: [3, 9] }], secondary: [{ path: 'lib/b.go' }] },
    };
    const marked = { ...search, id: 's2', root: '', trained: true, doubtful: 'a shim' };
    expect(parseCases(lines(search, marked), 'semble')).toMatchObject([
      {
        files: ['a.go', 'b.go'],
        labels: [{ path: 'a.go', lines: { start: 3, end: 9 } }, { path: 'b.go' }],
        isTrained: false,
      },
      { files: ['lib/a.go', 'lib/b.go'], isTrained: true, doubt: 'a shim' },
    ]);
    const outside = { ...search, secondary: [{ path: 'liberty.go' }] };
    expect(() => parseCases(lines(outside), 'semble')).toThrow('liberty.go does not lie in lib.');
  });

  test('two cases with one id are a fault', () => {
    expect(() => parseCases(lines(described, described), 'qa')).toThrow('the id f1 stands twice');
  });
});

test('readCases reads the task’s own file, and says where data come from if there is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'eval-'));
  try {
    expect(() => readCases(folder, 'issues')).toThrow('test/eval/README.md says how to make a data folder');
    writeFileSync(join(folder, 'issue_localisation.jsonl'), lines(described));
    expect(readCases(folder, 'issues')).toMatchObject([{ task: 'issues', id: 'f1' }]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
