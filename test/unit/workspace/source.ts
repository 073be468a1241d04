import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Segment } from '../../../src/workspace/segment/segment.ts';

/** About what a code tokenizer gives: pieces of words, single digits, pairs of signs, runs of white space. */
export const measure = (text: string) =>
  text.match(/\p{L}{1,6}|\p{N}|[^\s\p{L}\p{N}]{1,2}|\s*[\r\n]+|\s{2,}/gu)?.length ?? 0;
export const options = { maxTokens: 256, measure };

export const texts = (segments: readonly Segment[]) => segments.map(({ text }) => text);

/** Sources of packages that are installed here, of several kinds, none of them of one line. */
export function sources(): string[] {
  const modules = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
  const from = (folder: string, ending: string, most: number) =>
    readdirSync(join(modules, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
      .map((entry) => readFileSync(join(modules, folder, entry.name), 'utf8'))
      .filter((text) => text.length > 3000 && text.length < 150_000)
      .slice(0, most);
  return [
    ...from('eslint/lib/rules', '.js', 12),
    ...from('eslint/lib/linter', '.js', 4),
    ...from('@types/node', '.d.ts', 6),
    ...from('commander/lib', '.js', 4),
    ...from('ignore', '.md', 1),
    ...from('vitest/dist', '.d.ts', 2),
  ];
}
