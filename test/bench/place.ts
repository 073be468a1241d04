import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** The project's own folder: found from the sources and from the bundle in `dist` alike. */
export function projectFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'test/bench/package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

/** Where `npm run models` keeps the base's GGUF file. */
export function defaultGguf(): string {
  const cache = process.env.ASK_CODEBASE_CACHE ?? join(homedir(), '.cache/ask-codebase');
  return join(cache, 'base.gguf');
}
