import { describe, expect, it } from 'vitest';
import type { FolderIndex } from '../../../src/index/folder-index.ts';
import { DEFINITIONS, findDefinitions } from '../../../src/retrieve/definitions.ts';
import { soughtNames } from '../../../src/retrieve/identifiers.ts';
import { Reader } from '../../../src/retrieve/reader.ts';
import { withFolder } from '../memory/support.ts';
import { folderIndexOf } from './support.ts';

const FILES = {
  'src/harbour.ts': 'export function moorShip(rope: string) {\n  return rope;\n}\n',
  'src/crew.ts': 'import { moorShip } from "./harbour";\nmoorShip("a");\nmoorShip("b");\nexport function sing() {}\n',
  'src/choir.ts': 'export function sing() {}\n',
  'test/harbour.test.ts': 'function moorShip() {}\nmoorShip();\n',
  'README.md': 'const moorShip = () => 1\n',
} as const;

async function defining(index: FolderIndex, question: string, scope?: ReadonlySet<string>) {
  const found = await findDefinitions(index, new Reader(index), soughtNames(question), scope);
  const byPath = [...found].map(([id, added]) => [index.place(id)?.path ?? '', added] as const);
  return Object.fromEntries<number>(byPath);
}

describe('what defines a name', () => {
  it('is found in sources before tests, never in documentation, and counts less where there are several', async () => {
    await withFolder(async (folder) => {
      const index = await folderIndexOf(folder, FILES);
      await index.refresh({});
      expect(await defining(index, 'What does moorShip do?')).toEqual({ 'src/harbour.ts': DEFINITIONS.weight.code });
      const half = DEFINITIONS.weight.word / 2;
      expect(await defining(index, 'Who can sing?')).toEqual({ 'src/crew.ts': half, 'src/choir.ts': half });
      expect(await defining(index, 'Who knows sailMaker?')).toEqual({});
      const tests = new Set(['test/harbour.test.ts']);
      expect(await defining(index, '`moorShip`', tests)).toEqual({
        'test/harbour.test.ts': DEFINITIONS.weight.code,
      });
      index.close();
    });
  });

  it('is found by a name with accents, and by no part of it', async () => {
    await withFolder(async (folder) => {
      const files = { 'a.ts': 'export function größe() {}\n', 'b.ts': 'export const e = 1;\nexport const gr = e;\n' };
      const index = await folderIndexOf(folder, files);
      await index.refresh({});
      expect(await defining(index, 'Where is größe defined?')).toEqual({ 'a.ts': DEFINITIONS.weight.code });
      expect(await defining(index, 'Where is e defined?')).toEqual({ 'b.ts': DEFINITIONS.weight.code });
      index.close();
    });
  });

  it('is found by the only word of a question, however often that is said', async () => {
    await withFolder(async (folder) => {
      const uses = (at: number) => [`src/use${at}.ts`, `anchor(new Anchor(${at}));\n`] as const;
      const files = {
        'src/type.ts': 'export class Anchor {}\n',
        'src/function.ts': 'export function anchor() {}\n',
        ...Object.fromEntries(Array.from({ length: 70 }, (_, at) => uses(at))),
      };
      const index = await folderIndexOf(folder, files);
      await index.refresh({});
      expect(await defining(index, 'How deep is the anchor?')).toEqual({});
      expect(await defining(index, 'Anchor')).toEqual({ 'src/type.ts': DEFINITIONS.weight.code });
      expect(await defining(index, 'anchor')).toEqual({ 'src/function.ts': DEFINITIONS.weight.alone });
      index.close();
    });
  });

  it('is read where the user sees it: in the editor, before it is saved', async () => {
    await withFolder(async (folder) => {
      const index = await folderIndexOf(folder, FILES);
      await index.refresh({});
      await index.overlay('src/harbour.ts', 'export function dropAnchor() {}\n');
      expect(await defining(index, 'dropAnchor()')).toEqual({ 'src/harbour.ts': DEFINITIONS.weight.code });
      expect(await defining(index, 'moorShip()')).toEqual({ 'test/harbour.test.ts': DEFINITIONS.weight.code });
      index.close();
    });
  });
});
