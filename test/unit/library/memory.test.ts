import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { revisionDifference } from '../../../src/index/revision-difference.ts';
import { openMemory } from '../../../src/library/memory.ts';
import type { ChangesRequest } from '../../../src/library/what-changed.ts';
import { toolErrorText } from '../../../src/library/tools.ts';
import type { ToolName } from '../../../src/library/tool-inputs.ts';
import { withFolder } from '../memory/support.ts';
import { engine, FILES, git, place, withMemory } from './support.ts';

const QUESTION = 'Where is a session opened for a user?';

describe('a search of the library', () => {
  it('ranks files with line ranges, their text and shares, and says what was searched', () =>
    withMemory(async ({ memory }) => {
      const found = await memory.search({ question: QUESTION });
      expect(found.kind).not.toBe('nothing');
      const [best] = found.files;
      expect(best?.path).toBe('src/session.ts');
      expect(best?.excerpts[0]).toMatchObject({ start: 1, end: 3, text: FILES['src/session.ts'] });
      expect(found.files.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
      expect(found.text).toContain('src/session.ts:1-3\n1\texport function openSession');
      expect(found.coverage).toMatchObject({ files: 4, indexing: { kind: 'complete' } });
      expect(found.text).toContain('Not indexed: 1 file (1 ');
    }));

  it('says how many files were searched where the call chose some, and nothing that it did not use', () =>
    withMemory(async ({ memory }) => {
      const chosen = await memory.search({ question: QUESTION, scope: '+src/session.ts' });
      expect(chosen.text).toContain('Searched: 1 of 4 indexed files. Not indexed: 1 file');
      expect((await memory.search({ question: QUESTION })).text).toContain('Searched: 4 indexed files.');
      await memory.members[0]?.index.refresh({});
      writeFileSync(join(memory.roots[0] ?? '', 'src/later.ts'), 'export const openSession = 1;\n');
      await memory.members[0]?.index.indexWords({});
      expect((await memory.search({ question: QUESTION, embedMs: 0 })).text).toContain('of the segments are embedded');
      const { text } = await memory.findReferences({ name: 'openSession' });
      expect(text).toMatch(/Searched: 5 indexed files\. Not indexed: [^.]+\.$/);
    }));

  it('says how far indexing is where the search ends, not where it began', () =>
    withFolder(async (folder) => {
      const root = place(join(folder, 'app'), FILES);
      const options = { root, home: join(folder, 'home'), engine };
      const before = await openMemory(options);
      await before.ready();
      await before.close();
      writeFileSync(join(root, 'src/later.ts'), 'export const later = 1;\n');
      const slow = Object.assign(Object.create(engine) as typeof engine, {
        question: async (text: string) => {
          await memory.ready();
          return engine.question(text);
        },
      });
      const memory = await openMemory({ ...options, engine: slow, waitMs: 0 });
      try {
        const { text, coverage } = await memory.search({ question: QUESTION });
        expect(coverage.indexing.kind).toBe('complete');
        expect(text).toContain('Searched: 5 indexed files. Not indexed: 1 file');
        expect(text).not.toContain('Indexing is under way');
      } finally {
        await memory.close();
      }
    }));

  it('keeps the tokens that it is given, and says what it leaves out', () =>
    withMemory(
      async ({ memory }) => {
        const all = await memory.search({ question: QUESTION, tokens: 8_000 });
        const few = await memory.search({ question: QUESTION, tokens: 300 });
        expect(all.tokens).toBeGreaterThan(300);
        expect(few.tokens).toBeLessThanOrEqual(300);
        expect(few.text).toContain('Searched: ');
      },
      {},
      Object.fromEntries(
        Array.from({ length: 30 }, (_, n) => [
          `src/part${n}.ts`,
          `// A session is opened for user ${n}.\n${`const session${n} = open('user');\n`.repeat(6)}`,
        ]),
      ),
    ));

  it('goes on where the answer before ended, until every ranked file was shown once', () =>
    withMemory(
      async ({ memory }) => {
        const seen: string[] = [];
        let calls = 0;
        for (let from: number | undefined = 0; from !== undefined; calls += 1) {
          const { text, files } = await memory.search({ question: QUESTION, tokens: 400, from });
          seen.push(...Array.from(text.matchAll(/^(src\/part\d+\.ts):\d+-\d+$/gm), ([, path = '']) => path));
          expect(text).toContain('Searched: ');
          const next: number | undefined = Number(/with "from": (\d+)\./.exec(text)?.[1] ?? NaN) || undefined;
          if (next !== undefined) expect(next).toBeGreaterThan(from);
          else expect(files.length).toBeLessThan(12);
          from = next;
        }
        expect(calls).toBeGreaterThan(3);
        expect(new Set(seen).size).toBe(12);
      },
      {},
      Object.fromEntries(
        Array.from({ length: 12 }, (_, n) => [
          `src/part${n}.ts`,
          `// A session is opened for user ${n}.\n${`const session${n} = open('user');\n`.repeat(6)}`,
        ]),
      ),
    ));

  it('puts a question to chosen files alone', () =>
    withMemory(async ({ memory }) => {
      const paths = async (choice: object) =>
        (await memory.search({ question: QUESTION, ...choice })).files.map(({ path }) => path);
      expect(await paths({ kind: 'test' })).toEqual(['test/session.test.ts']);
      expect(await paths({ paths: ['docs/*.md'] })).toEqual(['docs/sessions.md']);
      expect(await paths({ scope: '+src -src/session.ts' })).toEqual(['src/cookie.ts']);
    }));

  it('takes many chosen files, and the root', () =>
    withMemory(async ({ memory, root, save }) => {
      git(root, 'init', '--quiet');
      git(root, 'add', '--all');
      git(root, 'commit', '--quiet', '--message', 'first');
      save('src/cookie.ts', 'export {};\n');
      const many = Array.from({ length: 49 }, (_, n) => `packages/server/src/handlers/handler-${n}.ts`);
      for (const paths of [[...many, 'src/cookie.ts'], ['.'], ['./'], ['/']]) {
        const { files } = await memory.search({ question: QUESTION, paths });
        expect(files.map(({ path }) => path)).toContain('src/cookie.ts');
        expect((await memory.whatChanged({ paths })).files.map(({ path }) => path)).toEqual(['src/cookie.ts']);
      }
      await expect(memory.search({ question: QUESTION, paths: [''] })).rejects.toThrow('names nothing');
      await expect(memory.readLines({ path: `src/${'long'.repeat(300)}.ts` })).rejects.toThrow('is no file, no folder');
    }));

  it('says why a chosen file is not there: its reason, or a name that is near', () =>
    withMemory(async ({ memory }) => {
      const asked = (path: string) => memory.search({ question: QUESTION, paths: [path] });
      await expect(asked('dist/app.min.js')).rejects.toThrow(/"dist\/app\.min\.js" is not indexed: /);
      await expect(asked('src/sesion.ts')).rejects.toThrow('Did you mean "src/session.ts"?');
    }));

  it('finds what was saved after the last call', () =>
    withMemory(async ({ memory, save }) => {
      await memory.ready();
      save('src/stamp.ts', 'export const postageStampColour = "vermilion";\n');
      await memory.ready();
      const found = await memory.search({ question: 'postageStampColour' });
      expect(found.files[0]?.path).toBe('src/stamp.ts');
    }));

  it('never says that there is nothing while files are still to be read', () =>
    withMemory(
      async ({ memory }) => {
        const [outcome] = await Promise.allSettled([memory.search({ question: QUESTION })]);
        const told = outcome.status === 'fulfilled' ? outcome.value.text : toolErrorText(outcome.reason);
        expect(told).toContain('Indexing is under way (0 %)');
      },
      { waitMs: 0 },
    ));

  it('takes a question of 10,000 characters', () =>
    withMemory(async ({ memory }) => {
      const found = await memory.search({ question: `${QUESTION} ${'and then some more '.repeat(520)}` });
      expect(found.files[0]?.path).toBe('src/session.ts');
    }));

  it('ends when it is cancelled, and can be asked again', () =>
    withMemory(async ({ memory }) => {
      const gone = memory.search({ question: QUESTION }, { signal: AbortSignal.abort() });
      await expect(gone).rejects.toMatchObject({ name: 'AbortError' });
      expect((await memory.search({ question: QUESTION })).files.length).toBeGreaterThan(0);
    }));

  it('asks two folders as one, each with its name before its paths', () =>
    withFolder(async (folder) => {
      const roots = ['api', 'web'].map((name) => place(join(folder, name), FILES));
      const memory = await openMemory({ root: roots, home: join(folder, 'home'), engine, waitMs: 60_000 });
      const { files } = await memory.search({ question: QUESTION });
      expect(files.slice(0, 2).map(({ path }) => path)).toEqual(['api/src/session.ts', 'web/src/session.ts']);
      expect((await memory.readLines({ path: 'web/src/cookie.ts' })).ofLines).toBe(3);
      await memory.close();
    }));
});

describe('lines of a file', () => {
  it('are read with their numbers, and from where they were cut', () =>
    withMemory(async ({ memory, root, save }) => {
      save('src/long.ts', 'export const one = 1;\n'.repeat(90));
      const page = await memory.readLines({ path: 'src/long.ts', start: 11, tokens: 300 });
      const next = Number(/with "start": (\d+)\./.exec(page.text)?.[1]);
      expect(page.text).toContain(`\n${next - 1}\t`);
      expect(page.text).not.toContain(`\n${next}\t`);
      const some = await memory.readLines({ path: 'src/session.ts', start: 2, end: 90 });
      expect(some).toMatchObject({ start: 2, end: 3, ofLines: 3 });
      expect(some.text).toBe(
        'src/session.ts, lines 2 to 3 of 3:\n\n2\t  return { user, token: cookieOf(user) };\n3\t}',
      );
      expect((await memory.readLines({ path: join(root, 'src/session.ts'), start: 3 })).start).toBe(3);
    }));

  it('are none where the file was emptied in an editor', () =>
    withMemory(async ({ memory }) => {
      await memory.ready();
      await memory.members[0]?.index.overlay('src/cookie.ts', '');
      const none = await memory.readLines({ path: 'src/cookie.ts' });
      expect(none).toMatchObject({ ofLines: 0, lines: [], text: 'src/cookie.ts is empty.' });
      await expect(memory.readLines({ path: 'src/session.ts', start: 90 })).rejects.toThrow(
        'src/session.ts has 3 lines;',
      );
    }));

  it('are those of indexed files below the folders, whatever a model asks for', () =>
    withMemory(async ({ memory, root }) => {
      writeFileSync(join(root, '../outside.txt'), 'nobody reads this\n');
      symlinkSync(join(root, '../outside.txt'), join(root, 'src/link.txt'));
      const refused = async (path: string) => toolErrorText(await memory.readLines({ path }).catch((e: unknown) => e));
      for (const path of ['../outside.txt', 'src/../../outside.txt', join(root, '../outside.txt'), '/etc/passwd'])
        expect(await refused(path)).toMatch(/is in none of the folders that may be read/);
      expect(await refused('src/link.txt')).toMatch(/src\/link\.txt is not read: /);
      expect(await refused('dist/app.min.js')).toMatch(/is not read: /);
      expect(await refused('src/cokie.ts')).toContain('Did you mean "src/cookie.ts"?');
    }));
});

describe('references', () => {
  it('are all lines with the name as a whole word, definitions first', () =>
    withMemory(async ({ memory }) => {
      const { references } = await memory.findReferences({ name: 'openSession' });
      expect(references.map(({ path, line, isDefinition }) => [path, line, isDefinition])).toEqual([
        ['src/session.ts', 1, true],
        ['test/session.test.ts', 1, false],
        ['test/session.test.ts', 3, false],
        ['docs/sessions.md', 3, false],
      ]);
      const none = await memory.findReferences({ name: 'openSess' });
      expect(none.text).toContain('does not prove that there is none');
    }));

  it('are not looked for where no name is given', () =>
    withMemory(async ({ memory }) => {
      for (const name of ['open session', '.', '()'])
        await expect(memory.findReferences({ name })).rejects.toThrow('A name is one identifier');
    }));
});

describe('changes', () => {
  it('are told against a commit, with the lines of each file', () =>
    withMemory(async ({ memory, root, save }) => {
      git(root, 'init', '--quiet');
      git(root, 'add', '--all');
      git(root, 'commit', '--quiet', '--message', 'first');
      expect((await memory.whatChanged()).text).toContain('No indexed file differs');
      const among = await memory.whatChanged({ paths: ['docs'] });
      expect(among.text).toContain('No indexed file that "paths" names differs');
      save('src/cookie.ts', FILES['src/cookie.ts'].replace('session=', 'sid='));
      save('src/new.ts', 'export const fresh = 1;\n');
      const { files, text } = await memory.whatChanged();
      expect(files.map(({ path, kind, added, removed }) => [path, kind, added, removed])).toEqual([
        ['src/cookie.ts', 'changed', 1, 1],
        ['src/new.ts', 'added', 1, 0],
      ]);
      expect(text).toContain('-  return `session=${user}`;\n+  return `sid=${user}`;');
      expect((await memory.whatChanged({ paths: ['src/new.ts'] })).files).toHaveLength(1);
      save('src/new.ts', `export const long = '${'x'.repeat(600)}';\n`);
      expect((await memory.whatChanged()).text).toContain('characters more)');
      await expect(memory.whatChanged({ base: 'no-such' })).rejects.toThrow('git knows no commit "no-such"');
    }));

  it('show nothing of what is left out, whatever a commit has of it', () =>
    withMemory(
      async ({ memory, root, save }) => {
        git(root, 'init', '--quiet');
        git(root, 'add', '--all');
        git(root, 'commit', '--quiet', '--message', 'first');
        git(root, 'rm', '--quiet', '--cached', 'once.txt', 'gone.txt');
        rmSync(join(root, 'gone.txt'));
        save('.codebaseignore', 'private/\ngone.txt\n');
        save('.gitignore', 'once.txt\n');
        save('once.txt', 'a newer secret\n');
        save('private/a.txt', 'the new secret\n');
        save('src/cookie.ts', 'export {};\n');
        await memory.ready();
        const { files, unread, text } = await memory.whatChanged();
        expect(files.map(({ path }) => path)).toEqual(['.codebaseignore', '.gitignore', 'src/cookie.ts']);
        expect(unread).toEqual(['gone.txt', 'once.txt', 'private/a.txt']);
        expect(text).not.toContain('secret');
        const { index } = memory.members[0] ?? {};
        if (index === undefined) throw new Error('No folder is open.');
        const difference = await revisionDifference(index, { base: 'HEAD' });
        expect(difference.files.map(({ path }) => path)).toEqual(['.codebaseignore', '.gitignore', 'src/cookie.ts']);
        expect(difference.unread).toEqual(['gone.txt', 'once.txt', 'private/a.txt']);
      },
      {},
      {
        'src/cookie.ts': FILES['src/cookie.ts'],
        'private/a.txt': 'the old secret\n',
        'once.txt': 'an old secret\n',
        'gone.txt': 'another secret\n',
      },
    ));

  it('do not take a file that cannot be read for one that came or went', () =>
    withMemory(
      async ({ memory, root, save }) => {
        git(root, 'init', '--quiet');
        git(root, 'add', '--all');
        git(root, 'commit', '--quiet', '--message', 'first');
        writeFileSync(join(root, 'now-bytes.txt'), Buffer.from([0, 1, 2, 0, 255]));
        save('now-text.txt', 'text\n');
        rmSync(join(root, 'gone.txt'));
        const told = async (request: ChangesRequest) => {
          const { files, unread } = await memory.whatChanged(request);
          return [files.map(({ path, kind }) => `${kind} ${path}`), unread];
        };
        const expected = [['removed gone.txt'], ['now-bytes.txt', 'now-text.txt']];
        expect(await told({})).toEqual(expected);
        git(root, 'add', '--all');
        git(root, 'commit', '--quiet', '--message', 'second');
        expect(await told({ base: 'HEAD~1', head: 'HEAD' })).toEqual(expected);
      },
      {},
      { 'now-bytes.txt': 'text\n', 'now-text.txt': '\0\u0001\0', 'gone.txt': 'text\n' },
    ));

  it('of one folder are told though another has no git', () =>
    withFolder(async (folder) => {
      const roots = ['api', 'web'].map((name) => place(join(folder, name), FILES));
      const [api = ''] = roots;
      git(api, 'init', '--quiet');
      git(api, 'add', '--all');
      git(api, 'commit', '--quiet', '--message', 'first');
      place(api, { 'src/new.ts': 'export const fresh = 1;\n' });
      const memory = await openMemory({ root: roots, home: join(folder, 'home'), engine, waitMs: 60_000 });
      const { files, text } = await memory.whatChanged();
      expect(files.map(({ path }) => path)).toEqual(['api/src/new.ts']);
      expect(text).toMatch(/Nobody knows what changed in \S+web\. The folder is not in a git work tree\.$/);
      await expect(memory.whatChanged({ base: 'no-such' })).rejects.toThrow('git knows no commit "no-such"');
      await memory.close();
    }));

  it('say why nobody knows them outside of a repository', () =>
    withMemory(async ({ memory }) => {
      await expect(memory.whatChanged()).rejects.toThrow('The folder is not in a git work tree.');
    }));
});

describe('a tool', () => {
  it('refuses an input that a model made up, in a sentence', () =>
    withMemory(async ({ memory }) => {
      const told = async (name: ToolName, input: unknown) =>
        toolErrorText(await memory.run(name, input).catch((error: unknown) => error));
      expect(await told('search_codebase', {})).toMatch(/^search_codebase cannot take this\. question: /);
      expect(await told('search_codebase', { question: 'x', tokens: 1e9 })).toContain('tokens: ');
      expect(await told('read_lines', 'src')).toMatch(/^read_lines cannot take this/);
      expect(await told('search_codebase', { question: '   ' })).toContain('The question is empty.');
    }));
});
