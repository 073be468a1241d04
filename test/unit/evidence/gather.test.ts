import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { evidenceFor } from '../../../src/evidence/gather.ts';
import { FolderIndex } from '../../../src/index/folder-index.ts';
import { MultiFolderSearch } from '../../../src/retrieve/multi-folder-search.ts';
import { withFolder } from '../memory/support.ts';
import { folderIndexOf } from '../retrieve/support.ts';
import { evidenceOver, shown } from './support.ts';
import type { Files } from './support.ts';

const LIBRARY: Files = {
  'README.md':
    '[![build](x.svg)](x)\n\n# Library\n\nA small library that lends books.\n\n## Testing\n\nRun `npm test`.\n',
  'package.json': `{
  "name": "library",
  "version": "1.2.0",
  "description": "Lends books.",
  "main": "src/main.ts",
  "engines": {
    "node": ">=20"
  },
  "scripts": {
    "build": "tsc",
    "test": "vitest run"
  },
  "dependencies": {
    "valibot": "^1.5.0",
    "@types/node": "^24.0.0"
  }
}
`,
  '.github/workflows/ci.yml':
    'jobs:\n  all:\n    steps:\n      - name: Unit tests\n        run: npm test\n      - run: npm pack\n',
  'src/main.ts': "import { lend } from './loans.ts';\n\nlend(process.env.BOOK ?? '', process.env['READER']);\n",
  'src/desk.ts': "import { lend } from './loans.ts';\n\nexport const desk = () => lend('Moby-Dick');\n",
  'src/web.ts': "import { lend } from './loans.ts';\n\napp.get('/loans', () => lend('Ulysses'));\n// TODO: renew\n",
  'src/loans.ts': `import { Book } from './book.ts';

/**
 * Lends a book.
 */
export function lend(
  book: string,
  reader?: string,
): Loan {
  if (reader === '') throw new LoanError('The reader owes fees.');
  return { book, reader };
}

/** Names what lends. */
export const lending = 'lend';
export class LoanError extends Error {}
`,
  'test/loans.test.ts':
    "import { lend } from '../src/loans.ts';\n\ntest('lends', () => lend('Emma'));\ntest('lends twice', () => {});\n",
  'docs/guide.md': '# Guide\n\nCall `lend` with a book.\n\nA test of readers is not meant.\n',
};

test('what a project is about: README without its badges, manifest, tree, entry, what most files import', async () => {
  const evidence = await evidenceOver(LIBRARY, 'What is this project about?');
  expect(shown(evidence)).toEqual([
    'readme README.md:5-9',
    'manifest package.json:2-5',
    'tree :1-6 9',
    'entry src/main.ts:1-3',
    'imported src/loans.ts:1-6 3',
  ]);
  expect(evidence?.items.find(({ label }) => label === 'tree')?.text).toContain('src/ (4)');
  expect(evidence?.isComplete).toBe(true);
});

test('how tests are run: scripts, sections of documents, steps of the CI', async () => {
  expect(shown(await evidenceOver(LIBRARY, 'How do I run the tests?'))).toEqual([
    'script package.json:11 test',
    'section README.md:7-9 Testing',
    'ci .github/workflows/ci.yml:5 Unit tests',
  ]);
  const make = { Makefile: 'all: lib\n\ntest: lib\n\tpytest -q\n\tflake8\n\nlib:\n\tcc\n', 'a.py': 'x = 1\n' };
  expect(shown(await evidenceOver(make, 'Wie führe ich die Tests aus?'))).toEqual(['script Makefile:3-5 test']);
});

test('where a name is defined: its comment and head, and the body for the model', async () => {
  const evidence = await evidenceOver(LIBRARY, 'Where is `lend` defined?');
  expect(shown(evidence)).toEqual(['definition src/loans.ts:3-9 lend']);
  expect(evidence?.items[0]?.context).toEqual({ start: 3, end: 12 });
  const python = {
    'a.py':
      '@cached\ndef lend(\n    book,\n):\n    """Lends\n    a book."""\n    return 1\n\n\ndef other():\n    lend()\n',
  };
  const own = await evidenceOver(python, 'Where is `lend` defined?');
  expect(shown(own)).toEqual(['definition a.py:1-6 lend']);
  expect(own?.items[0]?.context).toEqual({ start: 1, end: 7 });
  const go = { 'a.go': 'package a\n\n// Lend lends.\nfunc Lend(b Book) error {\n\treturn nil\n}\n' };
  expect(shown(await evidenceOver(go, 'Wo ist `Lend` definiert?'))).toEqual(['definition a.go:3-4 Lend']);
});

test('who uses a name: every line once, sources before tests before texts, longer names left out', async () => {
  const evidence = await evidenceOver(LIBRARY, 'Who uses `lend`?');
  expect(shown(evidence).map((item) => item.replace(/ lend$/, ''))).toEqual([
    'definition src/loans.ts:3-9',
    'import src/desk.ts:1',
    'use src/desk.ts:3',
    'use src/loans.ts:15',
    'import src/main.ts:1',
    'use src/main.ts:3',
    'import src/web.ts:1',
    'use src/web.ts:3',
    'import test/loans.test.ts:1',
    'use test/loans.test.ts:3',
    'use docs/guide.md:3',
  ]);
  expect(evidence).toMatchObject({ kind: 'references', count: 11, files: 6, isComplete: true });
});

test('a list has an exact count on every page', async () => {
  const files: Record<string, string> = {};
  for (let n = 0; n < 30; n += 1) files[`src/f${n}.py`] = `class A${n}:\n    pass\n\n\nclass B${n}(A${n}):\n    pass\n`;
  const first = await evidenceOver(files, 'How many classes are there?', { most: 7 });
  expect(first).toMatchObject({ count: 60, files: 30, names: 60, isComplete: true });
  expect(first?.items).toHaveLength(7);
  const last = await evidenceOver(files, 'How many classes are there?', { from: 56, most: 7 });
  expect(last?.items).toHaveLength(4);
  expect(last?.count).toBe(60);
});

test.each([
  ['List all TODOs', ['match src/web.ts:4 TODO']],
  ['Which routes are there?', ['match src/web.ts:3 /loans']],
  ['List all error classes', ['match src/loans.ts:16 LoanError']],
  ['How many test cases are there?', ['match test/loans.test.ts:3 lends', 'match test/loans.test.ts:4 lends twice']],
  ['Which environment variables are read?', ['variable src/main.ts:3 BOOK', 'variable src/main.ts:3 READER']],
  ['Which version of valibot do we use?', ['version package.json:14']],
  ['Which Node version is required?', ['version package.json:7']],
])('%s', async (question, items) => {
  expect(shown(await evidenceOver(LIBRARY, question))).toEqual(items);
});

test('variables of the environment are found in every language', async () => {
  const files = {
    'a.py': 'import os\na = os.environ.get("A_PY")\nb = os.getenv("B_PY", "x")\nc = os.environ["C_PY"]\n',
    'b.go': 'package b\n\nvar a = os.Getenv("A_GO")\n',
    'c.rs': 'fn main() { std::env::var("A_RS").ok(); }\n',
    'd.rb': "x = ENV['A_RB'] || ENV.fetch('B_RB')\n",
    'e.java': 'class E { String a = System.getenv("A_JAVA"); }\n',
    'f.c': 'char *a(void) { return getenv("A_C"); }\n',
    '.env.example': '# for development\nA_FILE=1\n',
  };
  const evidence = await evidenceOver(files, 'Welche Umgebungsvariablen werden gelesen?');
  expect(evidence?.items.map(({ note }) => note).sort()).toEqual(
    ['A_PY', 'B_PY', 'C_PY', 'A_GO', 'A_RS', 'A_RB', 'B_RB', 'A_JAVA', 'A_C', 'A_FILE'].sort(),
  );
  expect(evidence?.names).toBe(10);
});

test('an error class is told by what it extends, whatever it is called', async () => {
  const files = {
    'a.py': 'class Timeout(RequestException):\n    pass\n\n\nclass Session(Base):\n    pass\n',
    'b.rb': 'class Gone < StandardError\nend\n',
    'c.java': 'public class Lost extends RuntimeException {}\nclass Kept extends Object {}\n',
    'd.c': 'struct loan {\n  int days;\n};\n\nstruct loan *next(struct loan *one);\n',
  };
  expect((await evidenceOver(files, 'List all error classes'))?.items.map(({ note }) => note)).toEqual([
    'Timeout',
    'Gone',
    'Lost',
  ]);
  expect(await evidenceOver(files, 'How many structs are there?')).toMatchObject({
    count: 1,
    items: [{ note: 'loan' }],
  });
});

test('a setting: sections of the documents, then the lines that declare it', async () => {
  const files = {
    'docs/settings.md': '# Settings\n\nAll of them.\n\n## Loan period\n\nSet `loanPeriod`.\n',
    'config.json': '{\n  "loanPeriod": 28,\n  "fees": 1\n}\n',
    'src/a.ts': 'export const a = 1;\n',
  };
  expect(shown(await evidenceOver(files, 'Which setting changes the loan period?'))).toEqual([
    'section docs/settings.md:5-7 Loan period',
    'setting config.json:2',
  ]);
});

test('a trace: the place of the error first, then the line that says the message', async () => {
  const trace = [
    'LoanError: The reader owes fees.',
    '    at lend (/home/me/library/src/loans.ts:10:29)',
    '    at Object.<anonymous> (/home/me/library/src/main.ts:3:1)',
  ].join('\n');
  expect(shown(await evidenceOver(LIBRARY, trace))).toEqual([
    'frame src/loans.ts:4-16 10',
    'frame src/main.ts:1-3 3',
    'message src/loans.ts:10',
  ]);
});

test('a commit shows no secret of its message', async () => {
  const token = ['ghp', 'q7Zr2VtX9bLm4KcW8sNd1FhJ5gPy3TuA6eRo'].join('_');
  const files = { 'src/wait.ts': 'export function wait() {\n  sleep(5);\n}\n' };
  const evidence = await evidenceOver(files, 'Why does `wait` sleep?', {}, (root) => {
    const git = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { stdio: 'pipe' });
    git('init', '-q');
    git('add', '-A');
    git(
      '-c',
      'user.name=Ada',
      '-c',
      'user.email=a@b.c',
      'commit',
      '-qm',
      `Wait for slow disks\n\nThe token of the time before was ${token}.`,
    );
  });
  expect(evidence?.items[1]).toMatchObject({
    label: 'commit',
    text: 'Wait for slow disks\n\nThe token of the time before was [secret].',
  });
  expect(JSON.stringify(evidence)).not.toContain(token);
});

test('why and since when: the commits that wrote the lines, with their messages', async () => {
  const evidence = await evidenceOver({ 'src/a.ts': 'export const a = 1;\n' }, 'Why does `wait` sleep?', {}, (root) => {
    const git = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { stdio: 'pipe' });
    const commit = (text: string, message: string) => {
      writeFileSync(join(root, 'src/wait.ts'), text);
      git('add', '-A');
      git('-c', 'user.name=Ada', '-c', 'user.email=a@b.c', 'commit', '-qm', message);
    };
    const wait = 'export function wait() {\n  sleep(5);\n}\n';
    git('init', '-q');
    commit('export const other = 1;\n\n\n\n', 'Begin');
    commit(`export const other = 1;\n\n\n\n${wait}`, 'Wait for slow disks\n\nThey sleep.');
    // Not committed: the lines have moved to where others were.
    writeFileSync(join(root, 'src/wait.ts'), wait);
  });
  expect(evidence?.items.map(({ label }) => label)).toEqual(['definition', 'commit']);
  expect(evidence?.items[1]).toMatchObject({ path: 'src/wait.ts', text: 'Wait for slow disks\n\nThey sleep.' });
  expect(evidence?.items[1]?.note).toMatch(/^[0-9a-f]{10} \d{4}-\d\d-\d\d Ada$/);
});

test('when a name was added is told by the first commit that has it', async () => {
  const evidence = await evidenceOver({ 'a.ts': 'export const a = 1;\n' }, 'When was `wait` added?', {}, (root) => {
    const git = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { stdio: 'pipe' });
    const commit = (text: string, message: string) => {
      writeFileSync(join(root, 'wait.ts'), text);
      git('add', '-A');
      git('-c', 'user.name=Ada', '-c', 'user.email=a@b.c', 'commit', '-qm', message);
    };
    git('init', '-q');
    commit('export const other = 1;\n', 'Begin');
    commit('export const other = 1;\nexport function wait() {\n  sleep(5);\n}\n', 'Wait for slow disks');
    commit('export const other = 1;\nexport function wait() {\n  sleep(9);\n}\n', 'Wait longer');
  });
  expect(evidence?.items.map(({ label, text }) => `${label}: ${text.split('\n')[0] ?? ''}`)).toEqual([
    'added: Wait for slow disks',
    'definition: export function wait() {',
    'commit: Wait longer',
  ]);
});

test('when there came to be things of a type is told by the type', async () => {
  const files = {
    'a.rb': 'class Capsule\n  def size\n  end\nend\n',
    'b.rb': 'def capsules\n  self["capsules"]\nend\n',
  };
  const evidence = await evidenceOver(files, 'Since when are there capsules?', {}, (root) => {
    const git = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { stdio: 'pipe' });
    git('init', '-q');
    git('add', '-A');
    git('-c', 'user.name=Ada', '-c', 'user.email=a@b.c', 'commit', '-qm', 'Capsules');
  });
  expect(shown(evidence).map((item) => item.split(' ', 2).join(' '))).toEqual([
    'added a.rb:1-4',
    'definition a.rb:1-4',
  ]);
});

test('where nothing is found, or the question is of no kind, there is no evidence', async () => {
  expect(await evidenceOver(LIBRARY, 'Who uses `renewAll`?')).toBeUndefined();
  expect(await evidenceOver(LIBRARY, 'How does the desk lend a book?')).toBeUndefined();
});

test('a message leads to its source also where values are filled in', async () => {
  const files = {
    'src/desk.go': 'func refuse() error {\n\treturn fmt.Errorf("unknown book %q for reader %q", a, b)\n}\n',
    'src/other.go': '// A reader knows a book.\nvar book = 1\n',
  };
  const evidence = await evidenceOver(files, 'unknown book "Emma" for reader "Ada"');
  expect(evidence?.items.map(({ path, lines }) => `${path}:${lines.start}`)).toEqual(['src/desk.go:2']);
});

test('a scope leaves out what is not asked', async () => {
  const scope = () => new Set(['src/desk.ts', 'src/loans.ts']);
  const evidence = await evidenceOver(LIBRARY, 'Who uses `lend`?', { scope });
  expect(new Set(evidence?.items.map(({ path }) => path))).toEqual(scope());
});

test('an overview begins with the first sentence of the README, behind titles, badges and HTML', async () => {
  const readme = [
    '<p align="center">',
    '  <img src="logo.svg" width="100"',
    '       alt="A logo of our library is shown here">',
    '  <a href="#use">Use</a> • <a href="#install">Install it with a package manager</a>',
    '</p>',
    '# Library',
    '[![A badge of the build that says it is green](https://example.org/b.svg)](https://example.org)',
    '.. image:: a/picture/that/nobody/reads.png',
    '> [!NOTE] this is no sentence about the project',
    '',
    'A library that *lends* [books](https://example.org) to readers.',
    'It keeps loans in a file.',
    '',
    '[![Another badge](https://example.org/c.svg)](https://example.org)',
    'More.',
  ];
  const evidence = await evidenceOver({ 'README.md': readme.join('\n') }, 'What is this project about?');
  expect(shown(evidence)[0]).toBe('readme README.md:11-13');
});

test('the description of a manifest is shown, however far down it stands', async () => {
  const setup = `from setuptools import setup\nversion = read()\n${'x = 1\n'.repeat(40)}setup(\n    name='library',\n    description='Lends books.',\n)\n`;
  const evidence = await evidenceOver({ 'setup.py': setup }, 'What is this project about?');
  expect(shown(evidence)[0]).toBe('manifest setup.py:44-45');
});

test('where more was cut, a choice is no complete list', async () => {
  const script = Array.from({ length: 25 }, (_, at) => `test${at}: vitest run ${at}`).join('\n');
  const cut = await evidenceOver({ 'Taskfile.yml': `${script}\n` }, 'How do I run the tests?');
  expect(cut).toMatchObject({ kind: 'howto', count: 20, isComplete: false });
  const documents: Record<string, string> = {};
  for (let n = 0; n < 61; n += 1) documents[`docs/${n}.md`] = `# ${n}\n\n## Testing\n\nRun \`npm test\`.\n`;
  const guides = await evidenceOver(documents, 'How do I run the tests?');
  expect(guides).toMatchObject({ count: 60, isComplete: false });
  const message = 'The reader owes fees.';
  const files: Record<string, string> = {};
  for (let n = 0; n < 7; n += 1) files[`src/f${n}.ts`] = `export const f${n} = () => fail('${message}');\n`;
  expect(await evidenceOver(files, `Error: ${message}`)).toMatchObject({ kind: 'trace', count: 5, isComplete: false });
});

test('of several folders, the kind is that of the one in which something was found', () =>
  withFolder(async (folder) => {
    const own = await folderIndexOf(join(folder, 'a'), { 'src/a.ts': 'export const a = 1;\n' });
    const other = await folderIndexOf(join(folder, 'b'), {
      'package.json': '{\n  "name": "hono"\n}\n',
      'README.md': '# Hono\n\nA small framework for the web.\n',
    });
    await own.indexWords({});
    await other.indexWords({});
    const search = new MultiFolderSearch([
      { index: own, prefix: 'a/' },
      { index: other, prefix: 'b/' },
    ]);
    // To the first folder the name is one that is defined somewhere, to the second its own.
    const evidence = await evidenceFor(search, 'What is hono?');
    expect(evidence?.kind).toBe('overview');
    expect(shown(evidence)[0]).toBe('readme b/README.md:3');
    own.close();
    other.close();
  }));

test('files are listed without being read', async () => {
  const read = vi.spyOn(FolderIndex.prototype, 'lines');
  const evidence = await evidenceOver(LIBRARY, 'List all TypeScript files');
  expect(shown(evidence)).toEqual([
    'match src/desk.ts:1',
    'match src/loans.ts:1',
    'match src/main.ts:1',
    'match src/web.ts:1',
    'match test/loans.test.ts:1',
  ]);
  // What the project is called is told by these.
  expect(read.mock.calls.map(([path]) => path).filter((path) => path.endsWith('.ts'))).toEqual([]);
  read.mockRestore();
});
