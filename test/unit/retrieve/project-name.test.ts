import { expect, test } from 'vitest';
import { projectNames } from '../../../src/retrieve/project-name.ts';
import { withFolder } from '../memory/support.ts';
import { folderIndexOf } from './support.ts';

const namesOf = (files: Readonly<Record<string, string>>) =>
  withFolder(async (folder) => {
    const index = await folderIndexOf(folder, files);
    try {
      await index.indexWords({});
      return await projectNames(index);
    } finally {
      index.close();
    }
  });

test.each([
  ['example.com/books/library', 'library'],
  ['example.com/books/library/v5', 'library'],
  ['library', 'library'],
])('a Go module is called by its last part, without its version: %s', async (module, name) => {
  const names = await namesOf({ 'go.mod': `module ${module}\n\ngo 1.22\n`, 'main.go': 'package main\n' });
  expect(names).toContain(name);
  expect(names).not.toContain('v5');
});
