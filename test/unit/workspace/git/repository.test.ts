import { mkdir, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { identify } from '../../../../src/workspace/git/repository.ts';
import { commit, git, place, put, repository } from '../place.ts';

describe('a repository', () => {
  it('has one name in every clone, branch, worktree and folder of it, and checkouts of their own', async () => {
    const root = await repository({ 'a.ts': '1', 'inner/b.ts': '2' });
    commit(root);
    const first = git(root, 'rev-parse', 'HEAD').trim();
    await put(root, { 'a.ts': '2' });
    commit(root);
    const outside = await place();
    git(root, 'worktree', 'add', '-q', '-b', 'other', join(outside, 'tree'));
    git(outside, 'clone', '-q', root, 'clone');
    await symlink(root, join(outside, 'link'));
    const folders = [root, join(outside, 'tree'), join(outside, 'clone'), join(root, 'inner'), join(outside, 'link')];
    const found = await Promise.all(folders.map((folder) => identify(folder)));
    expect(new Set(found.map(({ repository }) => repository))).toEqual(new Set([`git:${first}`]));
    const expected = await Promise.all(folders.map((folder) => realpath(folder)));
    expect(found.map(({ checkout }) => checkout)).toEqual(expected);
  });

  it('keeps its name when another project is merged in', async () => {
    const root = await repository({ 'a.ts': '1' });
    commit(root);
    const before = await identify(root);
    const other = await repository({ 'b.ts': '1' });
    commit(other);
    git(root, 'fetch', '-q', other, 'HEAD');
    git(root, 'merge', '-q', '--allow-unrelated-histories', '-m', 'both', 'FETCH_HEAD');
    expect(git(root, 'rev-list', '--max-parents=0', 'HEAD').trim().split('\n').length).toBe(2);
    expect(await identify(root)).toEqual(before);
  });

  it('goes by its place while it has no commit or does not know the first, and remembers that name', async () => {
    const root = await repository({ 'a.ts': '1' });
    const before = await identify(root);
    expect(before.repository).toBe(`git-directory:${join(root, '.git')}`);
    expect(before.former).toEqual([root]);
    commit(root);
    const after = await identify(root);
    expect(after.repository).toMatch(/^git:[0-9a-f]{40}$/);
    expect(after.former).toEqual([root, before.repository]);
    await put(root, { 'a.ts': '2' });
    commit(root);
    const outside = await place();
    git(outside, 'clone', '-q', '--depth', '1', `file://${root}`, 'shallow');
    const shallow = await identify(join(outside, 'shallow'));
    expect(shallow.repository).toBe(`git-directory:${join(outside, 'shallow', '.git')}`);
  });
});

it('a folder outside any repository, or ignored by the one around it, goes by its own place', async () => {
  const plain = await place({ 'a.ts': '1' });
  expect(await identify(plain)).toEqual({ repository: plain, checkout: plain, former: [] });
  const root = await repository({ '.gitignore': 'cache\n', 'a.ts': '1' });
  commit(root);
  await mkdir(join(root, 'cache'));
  const inside = join(root, 'cache');
  expect(await identify(inside)).toEqual({ repository: inside, checkout: inside, former: [] });
});
