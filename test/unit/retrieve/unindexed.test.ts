import { expect, it } from 'vitest';
import type { FolderIndex } from '../../../src/index/folder-index.ts';
import { nearestUnindexed } from '../../../src/retrieve/unindexed.ts';
import { withFolder } from '../memory/support.ts';
import { codebaseOf } from './support.ts';

const FILES = {
  'README.md': 'A shop that sells lamps.\n',
  'src/harbour.ts': 'export function moorShip(rope: string) {\n  return `moored with ${rope}`;\n}\n',
  'src/lamp.ts': 'export function trimWick(lamp: string) {\n  return lamp;\n}\n',
  'test/harbour.test.ts': 'it("moors a ship with a rope, and another ship with a rope", () => {});\n',
} as const;

const codebaseIn = (folder: string) => codebaseOf(folder, FILES);

const paths = async (codebase: FolderIndex, question: string) =>
  (await nearestUnindexed(codebase, question)).map(({ path }) => path);

it('names the files whose words are nearest, those that do the work before those that test it', async () => {
  await withFolder(async (folder) => {
    const codebase = await codebaseIn(folder);
    expect(await paths(codebase, 'How is a ship moored with a rope?')).toEqual([
      'src/harbour.ts',
      'test/harbour.test.ts',
    ]);
    expect(await paths(codebase, 'Which test moors a ship with a rope?')).toEqual([
      'test/harbour.test.ts',
      'src/harbour.ts',
    ]);
    codebase.close();
  });
});

it('puts a file that the question names first, whatever it is for', async () => {
  await withFolder(async (folder) => {
    const codebase = await codebaseIn(folder);
    const [first] = await paths(codebase, 'How does harbour.test.ts moor a ship with a rope?');
    expect(first).toBe('test/harbour.test.ts');
    codebase.close();
  });
});

it('leaves out what the settings exclude, so that no place of the list is wasted on it', async () => {
  await withFolder(async (folder) => {
    const codebase = await codebaseIn(folder);
    const exclude = ['/src/harbour.ts'];
    const nearest = await nearestUnindexed(codebase, 'How is a ship moored with a rope?', { exclude });
    expect(nearest.map(({ path }) => path)).toEqual(['test/harbour.test.ts']);
    codebase.close();
  });
});

it('leaves out what is read already, and falls back on what presents the project', async () => {
  await withFolder(async (folder) => {
    const codebase = await codebaseIn(folder);
    const [nearest] = await nearestUnindexed(codebase, 'How is a ship moored with a rope?');
    const report = await codebase.refresh({ entries: nearest ? [nearest] : [] });
    expect(report).toMatchObject({ read: 1, removed: 0 });
    expect(codebase.paths()).toEqual(['src/harbour.ts']);
    expect(await paths(codebase, 'How is a ship moored with a rope?')).toEqual(['test/harbour.test.ts']);
    expect(await paths(codebase, 'zebrafinch')).toEqual(['README.md']);
    codebase.close();
  });
});

it('reads the program before its documentation and tests, whoever asks first', async () => {
  await withFolder(async (folder) => {
    const codebase = await codebaseIn(folder);
    const order: string[] = [];
    await codebase.refresh({
      onProgress: (progress) => {
        if (progress.kind === 'encoding' && order.at(-1) !== progress.path) order.push(progress.path);
      },
    });
    expect(order).toEqual(['src/harbour.ts', 'src/lamp.ts', 'README.md', 'test/harbour.test.ts']);
    codebase.close();
  });
});
