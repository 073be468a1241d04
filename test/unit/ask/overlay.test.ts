import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Codebase } from '../../../src/ask/codebase.ts';
import type { Engine } from '../../../src/engine/host.ts';
import { terms } from '../../../src/memory/lexicon.ts';
import { atBlankLines } from '../../torture/encoder.ts';
import { withFolder } from '../memory/support.ts';

const MODELS = join(import.meta.dirname, '../../../models');

/** Stands for the model: keys of the adapter's shape, made from the text alone. */
const engine = {
  settings: { adapterFolder: join(MODELS, 'adapter'), baseFolder: join(MODELS, 'base') },
  segment: (text: string) => Promise.resolve(atBlankLines(text).map((cut) => ({ ...cut, tokens: cut.text.length }))),
  encode: (header: string, text: string) => {
    const keys = new Float32Array(8 * 256);
    for (let token = 0; token < 8; token++) keys[256 * token + ((header + text).length % 256)] = 1;
    return Promise.resolve({ keys, tokens: text.length, milliseconds: 1 });
  },
};

/** Every file below a folder, byte for byte; which readers there are (`-shm`) is no content. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.endsWith('-shm'));
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name)).toString('latin1')]));
}

/** Segment → share, whatever order they stand in. */
const sharesOf = ({ shares: { segmentIds, shares } }: ReturnType<Codebase['find']>) =>
  Object.fromEntries([...segmentIds].map((id, at) => [id, shares[at]]));

it('unsaved text is found, leaves every byte on disk as it was, and is gone without a trace when it is taken off', async () => {
  await withFolder(async (folder) => {
    const [root, home] = [join(folder, 'root'), join(folder, 'home')];
    mkdirSync(root);
    const text = 'export const saved = 1;\n\nexport const other = 2;\n';
    writeFileSync(join(root, 'a.ts'), text);
    writeFileSync(join(root, 'b.ts'), 'export const beside = 3;\n');
    const codebase = await Codebase.open({ root, engine: engine as unknown as Engine, home });
    await codebase.refresh({});
    const keys = [Float32Array.from({ length: 256 }, (_, at) => (at === 40 ? 1 : 0))];
    const words = [...terms('zebrafinch'), ...terms('beside')];
    const find = () => codebase.find({ keys, words });
    const [before, shares] = [contents(folder), find()];
    expect(shares.standing).toEqual(words.slice(1));

    await codebase.overlay('a.ts', `${text}\nexport const zebrafinch = 'typed';\n`);
    const found = find();
    expect(found.standing).toEqual(words);
    expect(found.shares.segmentIds).toHaveLength(4);
    expect(await codebase.lines('a.ts')).toHaveLength(5);
    expect(contents(folder)).toEqual(before);

    await codebase.overlay('a.ts', undefined);
    const after = find();
    expect([sharesOf(after), after.standing]).toEqual([sharesOf(shares), shares.standing]);
    codebase.close();
    expect(Object.values(contents(folder)).join('')).not.toContain(words[0]);
  });
});
