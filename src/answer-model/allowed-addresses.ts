import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One address a line, below the folder where models lie. */
const FILE = 'allowed-addresses';

/** Whether the user of this machine has agreed that questions and lines of files go to an address. */
export async function isAllowedAddress(home: string, address: string): Promise<boolean> {
  return (await allowed(home)).includes(address);
}

/** Remembers it. Throws what the file system says. */
export async function allowAddress(home: string, address: string): Promise<void> {
  const known = await allowed(home);
  if (known.includes(address)) return;
  const folder = join(home, 'models');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, FILE);
  await writeFile(`${file}.partial`, [...known, address].map((line) => `${line}\n`).join(''), { mode: 0o600 });
  // Another process may read it meanwhile.
  await rename(`${file}.partial`, file);
}

async function allowed(home: string): Promise<string[]> {
  const text = await readFile(join(home, 'models', FILE), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}
