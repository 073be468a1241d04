import { writeFileSync } from 'node:fs';
import { rm, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readText } from '../../../../src/workspace/files/file.ts';
import { includes } from '../../../../src/workspace/walk/rules.ts';
import { walk } from '../../../../src/workspace/walk/walk.ts';
import { commit, found, git, listed, place, put, repository } from '../place.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('in a git work tree', () => {
  it('finds what git ls-files finds, with nested ignore files, negation and odd names', async () => {
    const root = await repository({
      '.gitignore': '*.log\n/only-here\nkept/*\n!kept/this.ts\n',
      'a.ts': 'a',
      'a.log': 'no',
      'only-here': 'no',
      'deep/only-here': 'yes',
      'kept/this.ts': 'yes',
      'kept/that.ts': 'no',
      'deep/.gitignore': '!*.log\nsecretly\n',
      'deep/b.log': 'yes',
      'deep/er/secretly/c.ts': 'no',
      'with space/ä ö/日本語 😀.ts': 'yes',
      'quote"and\\back\tslash.ts': 'yes',
      'new\nline.ts': 'yes',
      ' leading.ts': 'yes',
      '-dash.ts': 'yes',
      ':(top)magic.ts': 'yes',
    });
    git(root, 'add', 'a.ts', 'kept');
    await put(root, { '.git/info/exclude': 'excluded.ts\n', 'excluded.ts': 'no', 'untracked.ts': 'yes' });
    const { paths, skipped } = await found(root);
    expect(paths).toEqual(listed(root));
    expect(skipped).toEqual({});
    expect(paths).toContain('with space/ä ö/日本語 😀.ts');
    expect(paths).not.toContain('excluded.ts');
  });

  it('keeps a tracked file that is ignored, and drops one that is deleted', async () => {
    const root = await repository({ 'keep.gen.ts': 'x', 'gone.ts': 'x', 'folder/gone.ts': 'x', 'stay.ts': 'x' });
    commit(root);
    await put(root, { '.gitignore': '*.gen.ts\n', 'other.gen.ts': 'x' });
    await unlink(join(root, 'gone.ts'));
    await rm(join(root, 'folder'), { recursive: true });
    expect((await found(root)).paths).toEqual(['.gitignore', 'keep.gen.ts', 'stay.ts']);
  });

  it('gives a file in conflict once', async () => {
    const root = await repository({ 'a.ts': 'one\n', 'b.ts': 'x' });
    commit(root);
    git(root, 'checkout', '-qb', 'other');
    await put(root, { 'a.ts': 'two\n' });
    commit(root);
    git(root, 'checkout', '-q', 'main');
    await put(root, { 'a.ts': 'three\n' });
    commit(root);
    expect(() => git(root, 'merge', 'other')).toThrow();
    expect(listed(root).filter((path) => path === 'a.ts')).toHaveLength(3);
    expect((await found(root)).paths).toEqual(['a.ts', 'b.ts']);
  });

  it('sees a subfolder by the rules of the whole repository', async () => {
    const root = await repository({
      '.gitignore': 'sub/ignored.ts\n',
      '.codebaseignore': 'sub/left-out/\n',
      'sub/a.ts': 'x',
      'sub/ignored.ts': 'x',
      'sub/left-out/b.ts': 'x',
      'other/c.ts': 'x',
    });
    const { candidates, skipped } = await found(join(root, 'sub'));
    expect(candidates).toEqual(['a.ts']);
    expect(skipped).toEqual({ 'left-out': 'excluded' });
  });

  it('walks a folder that the repository around it ignores', async () => {
    const root = await repository({ '.gitignore': '*\n', 'project/a.ts': 'x', 'project/.gitignore': 'b.ts\n' });
    await put(root, { 'project/b.ts': 'x' });
    expect(listed(join(root, 'project'))).toEqual([]);
    expect((await found(join(root, 'project'))).paths).toEqual(['.gitignore', 'a.ts']);
  });

  it('takes submodules and repositories inside as roots of their own', async () => {
    const library = await repository({ 'lib.ts': 'x', '.gitignore': '*.log\n' });
    commit(library);
    const root = await repository({ 'a.ts': 'x', '.gitignore': 'b.ts\n' });
    git(root, 'submodule', '--quiet', 'add', library, 'vendor/lib');
    git(root, 'submodule', '--quiet', 'add', library, 'not-here');
    commit(root);
    git(root, 'submodule', '--quiet', 'deinit', '-f', 'not-here');
    await put(root, {
      // The outer rule does not reach into the submodule, the submodule's own does.
      'vendor/lib/b.ts': 'x',
      'vendor/lib/c.log': 'x',
      'd.log': 'x',
      'nested/e.ts': 'x',
      'nested/.gitignore': 'f.ts\n',
      'nested/f.ts': 'x',
    });
    git(join(root, 'nested'), 'init', '-q');
    expect((await found(root)).paths).toEqual(
      ['.gitignore', '.gitmodules', 'a.ts', 'd.log', 'nested/.gitignore', 'nested/e.ts'].concat(
        ['vendor/lib/.gitignore', 'vendor/lib/b.ts', 'vendor/lib/lib.ts'].sort(),
      ),
    );
  });

  it('walks a linked work tree, but not a second one inside the first', async () => {
    const root = await repository({ 'a.ts': 'x' });
    commit(root);
    git(root, 'worktree', 'add', '-q', '-b', 'feature', '.trees/feature');
    await put(root, { '.trees/feature/b.ts': 'x' });
    expect(await found(root)).toMatchObject({ candidates: ['a.ts'], skipped: { '.trees/feature': 'checkout' } });
    expect((await found(join(root, '.trees/feature'))).candidates).toEqual(['a.ts', 'b.ts']);
  });

  it('follows no link, not even one that took the place of a tracked folder', async () => {
    const outside = await place({ 'a.ts': 'outside', 'b.ts': 'outside' });
    const root = await repository({ 'folder/a.ts': 'x', 'c.ts': 'x' });
    commit(root);
    await rm(join(root, 'folder'), { recursive: true });
    await symlink(outside, join(root, 'folder'));
    await symlink('c.ts', join(root, 'link.ts'));
    expect(await found(root)).toMatchObject({
      candidates: ['c.ts'],
      skipped: { folder: 'symlink', 'link.ts': 'symlink' },
      paths: ['c.ts', 'folder', 'link.ts'],
    });
  });

  it('leaves out untracked dependencies as one entry, and nothing that is tracked', async () => {
    const root = await repository({ 'node_modules/tracked/a.js': 'x', 'a.ts': 'x' });
    commit(root);
    await put(root, { 'node_modules/b/c.js': 'x', 'node_modules/b/d.js': 'x', 'src/build/new.ts': 'x' });
    expect(await found(root)).toMatchObject({
      candidates: ['a.ts', 'node_modules/tracked/a.js', 'src/build/new.ts'],
      skipped: { node_modules: 'dependency' },
      paths: ['a.ts', 'node_modules', 'node_modules/tracked/a.js', 'src/build/new.ts'],
    });
  });

  it('is not led astray by the variables that git sets for hooks', async () => {
    const other = await repository({ 'wrong.ts': 'x' });
    const root = await repository({ 'right.ts': 'x' });
    vi.stubEnv('GIT_DIR', join(other, '.git'));
    vi.stubEnv('GIT_WORK_TREE', other);
    expect((await found(root)).paths).toEqual(['right.ts']);
  });

  it('starts no program that the repository names', async () => {
    const root = await repository({ 'a.ts': 'x' });
    git(root, 'config', 'core.fsmonitor', `touch ${join(root, 'started.ts')}; false`);
    expect((await found(root)).paths).toEqual(['a.ts']);
    expect((await found(root)).paths).toEqual(['a.ts']);
  });
});

describe('.codebaseignore and include', () => {
  it('takes files away by gitignore rules, nested, tracked or not, and says so once for a folder', async () => {
    const files = {
      '.codebaseignore': 'fixtures/\n*.golden.ts\n',
      'a.ts': 'x',
      'b.golden.ts': 'x',
      'deep/.codebaseignore': '!*.golden.ts\n/c.ts\n',
      'deep/b.golden.ts': 'x',
      'deep/c.ts': 'x',
      'deep/er/c.ts': 'x',
      'deep/fixtures/1.ts': 'x',
      'deep/fixtures/2.ts': 'x',
    };
    const expected = {
      candidates: ['.codebaseignore', 'a.ts', 'deep/.codebaseignore', 'deep/b.golden.ts', 'deep/er/c.ts'],
      skipped: { 'b.golden.ts': 'excluded', 'deep/c.ts': 'excluded', 'deep/fixtures': 'excluded' },
    };
    const root = await repository(files);
    commit(root);
    expect(await found(root)).toMatchObject(expected);
    expect(await found(await place(files))).toMatchObject(expected);
  });

  it('finds what include names in spite of every ignore rule, once; a secret among them is not read', async () => {
    const files = {
      '.gitignore': 'generated/\n*.proto\nnode_modules/\n.env\n',
      '.codebaseignore': 'docs/\n',
      'a.ts': 'x',
      'api/b.proto': 'x',
      'generated/c.ts': 'x',
      'generated/deep/d.ts': 'x',
      'docs/e.md': 'x',
      'docs/f.md': 'x',
      'node_modules/g/index.d.ts': 'x',
      'node_modules/g/index.js': 'x',
      '.env': 'PASSWORD=qz83',
    };
    const include = [
      'generated/*',
      '*.{proto,sql}',
      './docs/e.md',
      'node_modules/*/index.d.ts',
      '.env',
      '!generated/deep/',
    ];
    const plain = await place(files);
    const root = await repository(files);
    for (const folder of [plain, root]) {
      const { candidates, skipped, paths } = await found(folder, { include });
      expect(candidates).toEqual(
        ['.codebaseignore', '.env', '.gitignore', 'a.ts', 'api/b.proto', 'docs/e.md', 'generated/c.ts'].concat(
          'node_modules/g/index.d.ts',
        ),
      );
      expect(skipped).not.toHaveProperty('.env');
      expect(await readText(folder, '.env')).toEqual({ kind: 'skipped', reason: 'secret' });
      expect(new Set(paths).size).toBe(paths.length);
    }
  });

  it('has what include names read though it is generated, data or a lock file, and no secret', async () => {
    const files = {
      'go.sum': 'example.org/a v1.0.0 h1:x\n',
      'api.pb.go': 'package a\n',
      'mock.go': '// Code generated by MockGen. DO NOT EDIT.\npackage a\n',
      'other.go': '// Code generated by MockGen. DO NOT EDIT.\npackage a\n',
      'big.csv': 'a,b\n'.repeat(40_000),
      'prod.env': 'PASSWORD=qz83',
    };
    const include = ['go.sum', '*.pb.go', 'mock.go', 'big.csv', 'prod.env'];
    for (const root of [await place(files), await repository(files)]) {
      const read: Record<string, string> = {};
      for await (const entry of walk(root, { include })) {
        if (entry.kind === 'skipped') read[entry.path] = entry.reason;
        else {
          const content = await readText(root, entry.path, entry);
          read[entry.path] = content.kind === 'text' ? 'read' : content.reason;
        }
      }
      expect(read).toEqual({
        'go.sum': 'read',
        'api.pb.go': 'read',
        'mock.go': 'read',
        'other.go': 'generated',
        'big.csv': 'read',
        'prod.env': 'secret',
      });
    }
  });

  it('enters only folders that a pattern may reach', () => {
    const include = includes(['/a/*/c/**', 'x/y.ts', '!z']);
    const reaches = (folder: string) => include.reaches(folder);
    expect(['a', 'a/b', 'a/b/c', 'a/b/c/d/e', 'x'].map(reaches)).toEqual([true, true, true, true, true]);
    expect(['b', 'a/b/d', 'z', 'y/x'].map(reaches)).toEqual([false, false, false, false]);
    expect(includes(['*.sql']).reaches('anywhere/at/all')).toBe(true);
    expect(includes([]).reaches('a')).toBe(false);
  });
});

describe('names that are not UTF-8', () => {
  it('are reported, those that look the same once', async () => {
    for (const root of [await repository({ 'a.ts': 'x' }), await place({ 'a.ts': 'x' })]) {
      try {
        for (const byte of [0xfe, 0xff]) {
          writeFileSync(Buffer.concat([Buffer.from(`${root}/b`), Buffer.from([byte]), Buffer.from('.ts')]), 'x');
        }
      } catch {
        return; // The file system refuses such names: there is nothing to report.
      }
      const { candidates, skipped, paths } = await found(root);
      expect({ candidates, skipped }).toEqual({ candidates: ['a.ts'], skipped: { 'b\uFFFD.ts': 'unreadable' } });
      expect(paths).toHaveLength(2);
    }
  });
});
