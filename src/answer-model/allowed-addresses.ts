import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KEPT, modelsFolder } from './model-folder.ts';

/** Whether the user of this machine has agreed that questions and lines of files go to an address. */
export async function isAllowedAddress(home: string, address: string): Promise<boolean> {
  return (await allowed(home)).includes(address);
}

/** Remembers it. Throws what the file system says. */
export async function allowAddress(home: string, address: string): Promise<void> {
  const known = await allowed(home);
  if (known.includes(address)) return;
  await mkdir(modelsFolder(home), { recursive: true, mode: 0o700 });
  const file = fileIn(home);
  await writeFile(`${file}.partial`, [...known, address].map((line) => `${line}\n`).join(''), { mode: 0o600 });
  // Another process may read it meanwhile.
  await rename(`${file}.partial`, file);
}

async function allowed(home: string): Promise<string[]> {
  const text = await readFile(fileIn(home), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

const fileIn = (home: string) => join(modelsFolder(home), KEPT.allowed);
