import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { evidenceFor } from '../../../src/evidence/gather.ts';
import { MultiFolderSearch } from '../../../src/retrieve/multi-folder-search.ts';
import { withFolder } from '../memory/support.ts';
import { folderIndexOf } from '../retrieve/support.ts';
import { evidenceOver, shown } from './support.ts';

test('a default is the line that gives the value, and no other setting with the same word', async () => {
  const files = {
    'src/defaults.py': '# Days until a book is due.\nLENDING_TIME = 28\nRANDOM_LENDING_TIME_OF_GUESTS = 3\n',
    'src/desk.py': 'def lend(time):\n    lending_time = time or compute(time)\n    return lending_time\n',
  };
  const evidence = await evidenceOver(files, 'What is the default lending time?');
  expect(evidence?.items[0]).toMatchObject({
    path: 'src/defaults.py',
    text: '# Days until a book is due.\nLENDING_TIME = 28',
  });
  expect(evidence?.items.map(({ path }) => path)).not.toContain('src/desk.py');
});

test('the default of a parameter is found by its name, not by its type', async () => {
  const files = {
    'src/desk.py':
      'class Desk:\n    def __init__(\n        self,\n        books_per_reader: int = 5,\n    ):\n        pass\n',
  };
  const evidence = await evidenceOver(files, 'What is the default number of books per reader?');
  expect(evidence?.items.map(({ text }) => text.trim())).toEqual(['books_per_reader: int = 5,']);
});

test('the licence is what the manifest says and the head of its file', async () => {
  const files = { LICENSE: 'MIT License\n\nCopyright (c) Ada\n', 'package.json': '{\n  "license": "MIT"\n}\n' };
  const evidence = await evidenceOver(files, 'Which licence does it have?');
  expect(evidence?.items.map(({ path, text }) => `${path}: ${text.split('\n')[0] ?? ''}`)).toEqual([
    'package.json:   "license": "MIT"',
    'LICENSE: MIT License',
  ]);
  // Folders below may have licences of their own.
  expect(evidence?.isComplete).toBe(false);
});

test('a licence that was emptied since is named by its first line', () =>
  withFolder(async (folder) => {
    const index = await folderIndexOf(folder, { LICENSE: 'MIT License\n' });
    await index.indexWords({});
    writeFileSync(join(index.root, 'LICENSE'), '');
    const evidence = await evidenceFor(MultiFolderSearch.of(index), 'Which licence does it have?');
    index.close();
    expect(shown(evidence)).toEqual(['manifest LICENSE:1']);
  }));

test('the version of a platform is found in lines that do not say its name', async () => {
  const files = {
    'build.gradle': "plugins {\n  id 'com.google.googlejavaformat' version '1.13'\n}\n",
    'gradle/library.gradle': 'apply plugin: "java"\nsourceCompatibility = 1.8\n',
  };
  const evidence = await evidenceOver(files, 'Which Java version does it need?');
  expect(evidence?.items.map(({ text }) => text)).toEqual(['sourceCompatibility = 1.8']);
  const net = {
    'Shop.csproj': '<Project>\n  <TargetFramework>net8.0</TargetFramework>\n</Project>\n',
    'package.json': '{\n  "version": "4.5.6"\n}\n',
  };
  const framework = await evidenceOver(net, 'Which .NET version does it need?');
  expect(framework?.items.map(({ text }) => text.trim())).toEqual(['<TargetFramework>net8.0</TargetFramework>']);
});

test('the version of a name that is said in several words', async () => {
  const manifest = '{\n  "dependencies": {\n    "acme-spring-boot": "^1.5.0",\n    "spring": "^2.0.0"\n  }\n}\n';
  const evidence = await evidenceOver({ 'package.json': manifest }, 'Which version of spring boot is used?');
  expect(shown(evidence)).toEqual(['version package.json:3']);
});

test('words that fit a line in many ways take not long', async () => {
  const manifest = `{\n  "dependencies": {\n    "bb": "^1.5.0 ${'b'.repeat(60)}"\n  }\n}\n`;
  const question = 'Which version of b b b b b b b b b b bb z is used?';
  const evidence = await evidenceOver({ 'package.json': manifest }, question);
  expect(shown(evidence)).toEqual(['version package.json:3']);
}, 20_000);
