import { chmod, chown, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { allowGit, findRepository } from '../../../../src/workspace/git/git.ts';
import { found, listed, place, put, repository } from '../place.ts';

const isRoot = process.getuid?.() === 0;

afterEach(() => {
  allowGit(true);
  vi.unstubAllEnvs();
});

describe('without git', () => {
  const files = {
    '.gitignore': '*.log\n!keep.log\n/top/\n',
    'a.ts': 'x',
    'a.log': 'x',
    'keep.log': 'x',
    'top/b.ts': 'x',
    'deep/top/c.ts': 'x',
    'deep/.gitignore': '!a.log\n',
    'deep/a.log': 'x',
  };
  const expected = ['.gitignore', 'a.ts', 'deep/.gitignore', 'deep/a.log', 'deep/top/c.ts', 'keep.log'];

  it('follows nested .gitignore files', async () => {
    expect((await found(await place(files))).paths).toEqual(expected);
  });

  it('does the same where git is missing or does not trust the folder, and says which', async () => {
    const root = await repository(files);
    expect(listed(root)).toEqual(expected);
    vi.stubEnv('PATH', '');
    expect(await findRepository(root)).toEqual({ kind: 'folder', reason: 'no-git', top: root });
    expect((await found(root)).paths).toEqual(expected);
    vi.unstubAllEnvs();
    allowGit(false);
    expect(await findRepository(root)).toEqual({ kind: 'folder', reason: 'not-allowed', top: root });
    expect((await found(root)).paths).toEqual(expected);
    allowGit(true);
  });

  it.runIf(isRoot)(
    'follows the rules of a repository that belongs to another user, those of the clone too',
    async () => {
      const root = await repository({ ...files, 'mine.ts': 'x' });
      await put(root, { '.git/info/exclude': 'mine.ts\n' });
      await chown(root, 4711, 4711);
      await chown(join(root, '.git'), 4711, 4711);
      expect(await findRepository(root)).toEqual({ kind: 'folder', reason: 'not-trusted', top: root });
      expect((await found(root)).paths).toEqual(expected);
      expect((await found(join(root, 'deep'))).paths).toEqual(['.gitignore', 'a.log', 'top/c.ts']);
    },
  );

  it('goes on by itself where git stops at a damaged index', async () => {
    const root = await repository(files);
    await put(root, { '.git/index': 'damaged' });
    expect(() => listed(root)).toThrow();
    expect((await found(root)).paths).toEqual(expected);
  });

  it('leaves out dependency folders, ambiguous names only beside their mark', async () => {
    const root = await place({
      'package.json': '{}',
      'node_modules/a/b.js': 'x',
      'dist/c.js': 'x',
      'lib/dist/d.ts': 'x',
      'crate/Cargo.toml': 'x',
      'crate/target/e.rs': 'x',
      'target/f.ts': 'x',
      'my-env/pyvenv.cfg': 'x',
      'my-env/lib/g.py': 'x',
      'tools/build/h.ts': 'x',
    });
    expect(await found(root)).toMatchObject({
      candidates: ['crate/Cargo.toml', 'lib/dist/d.ts', 'package.json', 'target/f.ts', 'tools/build/h.ts'],
      skipped: { node_modules: 'dependency', dist: 'dependency', 'crate/target': 'dependency', 'my-env': 'dependency' },
    });
  });

  it('ends in spite of links that form a loop', async () => {
    const root = await place({ 'a/b/c.ts': 'x' });
    await symlink('../..', join(root, 'a/b/up'));
    await symlink('itself', join(root, 'itself'));
    expect(await found(root)).toMatchObject({
      candidates: ['a/b/c.ts'],
      skipped: { 'a/b/up': 'symlink', itself: 'symlink' },
      paths: ['a/b/c.ts', 'a/b/up', 'itself'],
    });
  });

  it('says so when the root cannot be read, and finds nothing in an empty one', async () => {
    const root = await place();
    expect((await found(root)).paths).toEqual([]);
    expect((await found(join(root, 'absent'))).skipped).toEqual({ '.': 'unreadable' });
    await mkdir(join(root, 'hollow/folder'), { recursive: true });
    expect((await found(root)).paths).toEqual([]);
  });

  it('has no candidate in a folder of binaries', async () => {
    const root = await place({ 'a.png': 'x', 'b.zip': 'x', 'c.dll': 'x', 'd.woff2': 'x' });
    expect(await found(root)).toMatchObject({ candidates: [], paths: ['a.png', 'b.zip', 'c.dll', 'd.woff2'] });
  });

  it.skipIf(isRoot)('reports a folder without permission, with git and without', async () => {
    const files = { 'sub/a.ts': 'x', 'sub/closed/b.ts': 'x' };
    for (const root of [await place(files), await repository(files)]) {
      await chmod(join(root, 'sub/closed'), 0);
      expect(await found(root)).toMatchObject({ candidates: ['sub/a.ts'], skipped: { 'sub/closed': 'unreadable' } });
      expect(await found(join(root, 'sub'))).toMatchObject({ candidates: ['a.ts'], skipped: { closed: 'unreadable' } });
      await chmod(join(root, 'sub/closed'), 0o700);
    }
  });
});
