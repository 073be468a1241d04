import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { gitFolder, headFiles } from '../../../../src/ui/watch/git-head.ts';

const place = mkdtempSync(join(tmpdir(), 'ask-codebase-head-'));
afterAll(() => {
  rmSync(place, { recursive: true, force: true });
});

const author = ['-c', 'user.name=A', '-c', 'user.email=a@localhost', '-c', 'commit.gpgsign=false'];
const git = (folder: string, ...args: string[]) =>
  execFileSync('git', ['-C', folder, ...author, ...args], { encoding: 'utf8', stdio: 'pipe' });

function found(top: string): string | undefined {
  const dot = join(top, '.git');
  return gitFolder(top, statSync(dot).isFile() ? readFileSync(dot, 'utf8') : undefined);
}

it('finds the HEAD that git itself moves, in a plain and in a linked work tree', () => {
  const main = join(place, 'main');
  git(place, 'init', '--quiet', '--initial-branch=main', main);
  writeFileSync(join(main, 'a'), 'a');
  git(main, 'add', '.');
  git(main, 'commit', '--quiet', '-m', 'a');
  const linked = join(place, 'linked');
  git(main, 'worktree', 'add', '--quiet', '-b', 'other', linked);
  for (const top of [main, linked]) {
    const folder = found(top);
    expect(folder).toBe(git(top, 'rev-parse', '--absolute-git-dir').trim());
    const watched = headFiles.map(({ folder: inside, name }) => join(folder!, inside, name));
    const before = watched.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : ''));
    git(top, 'checkout', '--quiet', '--detach');
    const after = watched.map((file) => readFileSync(file, 'utf8'));
    expect(after).not.toEqual(before);
  }
});

it('follows a relative way, as submodules have it', () => {
  expect(gitFolder('/r/sub', 'gitdir: ../.git/modules/sub\n')).toBe('/r/.git/modules/sub');
});

it('gives nothing for a file that says nothing', () => {
  expect(gitFolder('/r', 'what is this?')).toBeUndefined();
});

it('follows no pointer to another machine', () => {
  for (const path of ['//server/share/git', '\\\\server\\share\\git', '\\/server/share']) {
    expect(gitFolder(place, `gitdir: ${path}\n`)).toBeUndefined();
  }
});
