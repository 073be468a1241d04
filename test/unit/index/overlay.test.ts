import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { FolderIndex } from '../../../src/index/folder-index.ts';
import { terms } from '../../../src/memory/search/tokenize.ts';
import { withFolder } from '../memory/support.ts';
import { folderIndexOf } from '../retrieve/support.ts';

/** Every file below a folder, byte for byte; which readers there are (`-shm`) is no content. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.endsWith('-shm'));
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name)).toString('latin1')]));
}

/** Segment → share, whatever order they stand in. */
const sharesOf = ({ shares: { segmentIds, shares } }: ReturnType<FolderIndex['find']>) =>
  Object.fromEntries([...segmentIds].map((id, at) => [id, shares[at]]));

it('unsaved text is found, leaves every byte on disk as it was, and is gone without a trace when it is taken off', async () => {
  await withFolder(async (folder) => {
    const text = 'export const saved = 1;\n\nexport const other = 2;\n';
    const index = await folderIndexOf(folder, { 'a.ts': text, 'b.ts': 'export const beside = 3;\n' });
    await index.refresh({});
    const keys = [Float32Array.from({ length: 256 }, (_, at) => (at === 40 ? 1 : 0))];
    const words = [...terms('zebrafinch'), ...terms('beside')];
    const find = () => index.find({ keys, words });
    const [before, shares] = [contents(folder), find()];
    expect(shares.matchedTerms).toEqual(words.slice(1));

    await index.overlay('a.ts', `${text}\nexport const zebrafinch = 'typed';\n`);
    const found = find();
    expect(found.matchedTerms).toEqual(words);
    expect(found.shares.segmentIds).toHaveLength(4);
    expect(await index.lines('a.ts')).toHaveLength(5);
    expect(contents(folder)).toEqual(before);

    await index.overlay('a.ts', undefined);
    const after = find();
    expect([sharesOf(after), after.matchedTerms]).toEqual([sharesOf(shares), shares.matchedTerms]);
    index.close();
    expect(Object.values(contents(folder)).join('')).not.toContain(words[0]);
  });
});
