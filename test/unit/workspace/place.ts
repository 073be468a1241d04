import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, vi } from 'vitest';
import { walk } from '../../../src/workspace/walk/walk.ts';
import type { Entry, WalkOptions } from '../../../src/workspace/walk/walk.ts';

// Real repositories on a busy machine: git alone may take a second.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

const made: string[] = [];

afterAll(async () => {
  await Promise.all(made.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

/** A new folder outside any repository, removed after the test file, with these files in it. */
export async function place(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'workspace-')));
  made.push(root);
  await put(root, files);
  return root;
}

export async function put(root: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

const settings = ['user.name=t', 'user.email=t@example.org', 'protocol.file.allow=always', 'init.defaultBranch=main'];

export function git(folder: string, ...args: string[]): string {
  const config = [...settings, 'commit.gpgSign=false'].flatMap((setting) => ['-c', setting]);
  return execFileSync('git', ['-C', folder, ...config, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export async function repository(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = await place(files);
  git(root, 'init', '-q');
  return root;
}

export function commit(root: string): void {
  git(root, 'add', '-A');
  git(root, 'commit', '-qm', 'all');
}

/** What git itself lists, sorted. */
export function listed(root: string): string[] {
  return git(root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0').slice(0, -1).sort();
}

export async function all(entries: AsyncIterable<Entry>) {
  const candidates: string[] = [];
  const skipped: Record<string, string> = {};
  const paths: string[] = [];
  for await (const entry of entries) {
    paths.push(entry.path);
    if (entry.kind === 'candidate') candidates.push(entry.path);
    else skipped[entry.path] = entry.reason;
  }
  return { candidates: candidates.sort(), skipped, paths: paths.sort() };
}

export const found = (root: string, options?: WalkOptions) => all(walk(root, options));
