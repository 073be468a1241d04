import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from './target.ts';

/** Inputs that are kept: sound ones to begin from, and every one that ever broke a promise. */
export async function inputs(target: Target): Promise<Uint8Array[]> {
  const folder = join(import.meta.dirname, 'corpus', target.name);
  const kept = existsSync(folder)
    ? readdirSync(folder).map((name) => new Uint8Array(readFileSync(join(folder, name))))
    : [];
  return [...kept, ...((await target.seeds?.()) ?? [])];
}
