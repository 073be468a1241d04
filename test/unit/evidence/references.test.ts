import { expect, test } from 'vitest';
import { Corpus } from '../../../src/evidence/corpus.ts';
import { referencesOf } from '../../../src/evidence/references.ts';
import { withFolder } from '../memory/support.ts';
import { folderIndexOf } from '../retrieve/support.ts';
import type { Files } from './support.ts';

/** `path:line` of each line with the name, `=` behind those that define it. */
const found = (files: Files, name: string, most?: number) =>
  withFolder(async (folder) => {
    const index = await folderIndexOf(folder, files);
    try {
      await index.indexWords({});
      const { lines, definitions, isComplete } = await referencesOf(new Corpus({ index, prefix: '' }), name, most);
      const isDefining = (path: string, at: number) =>
        definitions.some((definition) => definition.path === path && definition.line === at + 1);
      return { isComplete, lines: lines.map(({ path, at }) => `${path}:${at + 1}${isDefining(path, at) ? '=' : ''}`) };
    } finally {
      index.close();
    }
  });

const FILES: Files = {
  'docs/guide.md': 'Call größe.\n\n    function größe() {}\n',
  'src/b.ts': "import { größe } from './a.ts';\ngrößer();\n",
  'src/a.ts': '// function größe() {\nexport function größe() {}\nexport const maß = größe();\n',
};

test('every line with the name as a whole word of any script; comments and texts define nothing', async () => {
  expect(await found(FILES, 'größe')).toEqual({
    isComplete: true,
    lines: ['src/a.ts:1', 'src/a.ts:2=', 'src/a.ts:3', 'src/b.ts:1', 'docs/guide.md:1', 'docs/guide.md:3'],
  });
});

test('a name in more segments than are looked through is said to be incomplete', async () => {
  const { isComplete, lines } = await found(FILES, 'größe', 2);
  expect(isComplete).toBe(false);
  expect(new Set(lines.map((line) => line.split(':')[0])).size).toBe(2);
});

test('what a name belongs to, in more segments than are looked through, is said to be incomplete', async () => {
  const files = {
    'a.ex': 'Oban.Repo.all()\nRepo.one()\n',
    'b.ex': 'alias Oban\n',
    'c.ex': 'use Oban\n',
  };
  expect((await found(files, 'Oban.Repo', 2)).isComplete).toBe(false);
  expect((await found(files, 'Oban.Repo', 3)).isComplete).toBe(true);
});
