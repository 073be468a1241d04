import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FolderIndex } from '../../../src/index/folder-index.ts';
import type { FolderIndexOptions } from '../../../src/index/folder-options.ts';
import type { Engine } from '../../../src/engine/client/engine.ts';
import { atBlankLines } from '../../support/encoder.ts';

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

/** The same for a question: it comes near to what has as many letters. */
const asking = {
  ...engine,
  question: (text: string) => {
    const key = new Float32Array(256);
    key[text.length % 256] = 1;
    return Promise.resolve(key);
  },
};

/** A codebase of these files, below the folder and with its memory beside it; nothing is read yet. */
export function folderIndexOf(
  folder: string,
  files: Readonly<Record<string, string>>,
  options: Partial<FolderIndexOptions> = {},
): Promise<FolderIndex> {
  const root = join(folder, 'root');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return FolderIndex.open({ root, engine: asking as unknown as Engine, home: join(folder, 'home'), ...options });
}
