import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importModel, openSource } from '../../src/engine/import/import-model.ts';
import { ggufBytes, madeModel } from './made-gguf.ts';

/** A small model of made-up numbers, taken over from a GGUF file below `folder`: the base folder of an engine. */
export async function madeBase(folder: string): Promise<string> {
  const path = join(folder, 'model.gguf');
  const base = join(folder, 'base');
  writeFileSync(path, ggufBytes(madeModel('qwen2', { seed: 3 })));
  const source = await openSource(path);
  await importModel(source, base);
  await source.close();
  return base;
}
