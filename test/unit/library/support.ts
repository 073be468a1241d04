import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Engine } from '../../../src/engine/client/engine.ts';
import { openMemory } from '../../../src/library/memory.ts';
import type { Memory, MemoryOptions } from '../../../src/library/memory.ts';
import { atBlankLines } from '../../support/encoder.ts';
import { withFolder } from '../memory/support.ts';

const MODELS = join(import.meta.dirname, '../../../models');

/** Stands for the model; a token is four characters. Files, words, database and git are real. */
export const engine = {
  settings: { adapterFolder: join(MODELS, 'adapter'), baseFolder: join(MODELS, 'base') },
  segment: (text: string) =>
    Promise.resolve(atBlankLines(text).map((cut) => ({ ...cut, tokens: Math.ceil(cut.text.length / 4) }))),
  encode: (header: string, text: string) => {
    const keys = new Float32Array(8 * 256);
    for (let token = 0; token < 8; token++) keys[256 * token + ((header + text).length % 256)] = 1;
    return Promise.resolve({ keys, tokens: text.length, milliseconds: 1 });
  },
  question: (text: string) => {
    const key = new Float32Array(256);
    key[text.length % 256] = 1;
    return Promise.resolve(key);
  },
  countHere: (text: string) => Promise.resolve(Math.ceil(text.length / 4)),
} as unknown as Engine;

export const FILES = {
  'src/session.ts': 'export function openSession(user: string) {\n  return { user, token: cookieOf(user) };\n}\n',
  'src/cookie.ts': 'export function cookieOf(user: string) {\n  return `session=${user}`;\n}\n',
  'test/session.test.ts':
    "import { openSession } from '../src/session';\n\ntest('a session', () => openSession('me'));\n",
  'docs/sessions.md': '# Sessions\n\nA session lives in a cookie; openSession makes it.\n',
  'dist/app.min.js': `${'var a=1;'.repeat(5_000)}\n`,
} as const;

export function place(root: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

export function git(root: string, ...args: readonly string[]): void {
  const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
  execFileSync('git', ['-C', root, ...who, ...args], { stdio: 'ignore' });
}

interface Ground {
  readonly memory: Memory;
  readonly root: string;
  readonly save: (path: string, text: string) => void;
}

/** A memory of these files, opened by the library; closed at the end. */
export async function withMemory(
  work: (ground: Ground) => Promise<void>,
  options: Partial<MemoryOptions> = {},
  files: Readonly<Record<string, string>> = FILES,
): Promise<void> {
  await withFolder(async (folder) => {
    const root = place(join(folder, 'app'), files);
    const memory = await openMemory({ root, home: join(folder, 'home'), engine, waitMs: 60_000, ...options });
    const save = (path: string, text: string) => {
      place(root, { [path]: text });
    };
    try {
      await work({ memory, root: memory.roots[0] ?? root, save });
    } finally {
      await memory.close();
    }
  });
}
