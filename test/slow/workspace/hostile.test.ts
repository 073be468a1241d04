import { execFileSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { allowGit, findRepository } from '../../../src/workspace/git/git.ts';
import { blame, commitsOf, committedLines, hasHistory } from '../../../src/workspace/git/history.ts';
import { blobTexts, changedBetween, changedFiles, commitOf, textAt } from '../../../src/workspace/git/revision.ts';
import { committedFiles } from '../../../src/workspace/git/work-tree.ts';
import { identify } from '../../../src/workspace/git/repository.ts';
import { ignoredPaths } from '../../../src/workspace/walk/walk.ts';
import { hostileRepository } from '../../support/hostile-repository.ts';
import type { HostileOptions } from '../../support/hostile-repository.ts';
import { commit, found, git, place, put, repository } from '../../unit/workspace/place.ts';

const made: ReturnType<typeof hostileRepository>[] = [];
const hostile = (options?: HostileOptions) => {
  const one = hostileRepository(options);
  made.push(one);
  return one;
};

afterEach(() => {
  allowGit(true);
  for (const one of made.splice(0)) one.remove();
});

/** Everything that is ever asked of a repository; what fails says so by an error. */
async function askAll(root: string): Promise<void> {
  const head = await commitOf(root, 'HEAD').catch(() => 'HEAD');
  const first = await commitOf(root, 'HEAD~1').catch(() => 'HEAD~1');
  await Promise.allSettled([
    found(root),
    found(join(root, 'vendor/bare')),
    found(join(root, 'elsewhere')),
    found(join(root, 'module')),
    identify(root),
    identify(join(root, 'vendor/bare')),
    changedFiles(root),
    changedFiles(join(root, 'module')),
    changedBetween(root, first, head),
    changedBetween(root, first, undefined),
    changedBetween(root, head, undefined),
    hasHistory(root),
    committedFiles(root, head).then((ids) =>
      blobTexts(
        root,
        [...ids].map(([path, id]) => ({ path, id })),
      ),
    ),
    ignoredPaths(root, ['src/new.ts', 'dist']),
    ...['src/catalogue.ts', 'src/loans.ts', 'README.md'].flatMap((path) => [
      textAt(root, head, path),
      textAt(root, first, path),
      committedLines({ folder: root, revision: 'HEAD', path }),
      commitsOf({ folder: root, revision: 'HEAD', path }),
      blame({ folder: root, revision: 'HEAD', path }, { start: 1, end: 9 }),
    ]),
    ...['--output=x', '-x', '@{upstream}', ':/a', 'HEAD^{/x}', 'HEAD\0'].map((name) => commitOf(root, name)),
  ]);
}

describe.skipIf(process.platform === 'win32')('a repository whose every setting names a program', () => {
  it.each(['none', 'blob', 'tree', 'commit'] as const)('starts none of them, with a missing %s', async (missing) => {
    const one = hostile({ missing });
    await askAll(one.root);
    one.reset();
    await askAll(one.root);
    expect(one.tripped()).toEqual([]);
  });

  it('is read all the same, and nothing outside it', async () => {
    const { root } = hostile();
    const { candidates } = await found(root);
    expect(candidates).toEqual(expect.arrayContaining(['README.md', 'docs/untracked.md', 'module/module.ts']));
    expect(candidates).toContain('vendor/bare/bare.ts');
    expect(candidates).toContain('elsewhere/inside.ts');
    expect(candidates.filter((path) => /(?:^|\/)(?:config|HEAD|hooks|outside\.ts)(?:\/|$)/.test(path))).toEqual([]);
    expect((await changedFiles(root)).sort()).toEqual(
      expect.arrayContaining(['README.md', 'docs/staged.md', 'docs/untracked.md']),
    );
  });

  it('starts git itself not once where that is not allowed', async () => {
    const one = hostile();
    allowGit(false);
    await askAll(one.root);
    expect(await findRepository(one.root)).toMatchObject({ reason: 'not-allowed' });
    expect((await found(one.root)).candidates).toContain('src/catalogue.ts');
    expect(await changedFiles(one.root)).toEqual([]);
    expect(one.tripped()).toEqual([]);
  });

  it('with pipes for git to wait at holds nothing up for ever', async () => {
    const { root } = hostile({ hangs: ['files', 'head', 'ignore-file', 'excludes'] });
    const { candidates, skipped } = await found(root);
    expect(candidates).toEqual(expect.arrayContaining(['pipes/beside.ts', 'src/catalogue.ts', 'stuck/beside.ts']));
    expect(skipped).toMatchObject({ 'endless.ts': 'symlink', 'pipe.ts': 'unreadable' });
  });

  it('with a pipe among its settings is walked without git', { timeout: 120_000 }, async () => {
    const { root } = hostile({ hangs: ['config'] });
    expect(await findRepository(root)).toMatchObject({ reason: 'too-slow' });
    expect(await findRepository(join(root, 'src'), AbortSignal.timeout(100)).catch(() => 'stopped')).toBe('stopped');
  });
});

describe('what git is asked', () => {
  it('tells files that differ from a commit by their bytes, whatever their times', async () => {
    const root = await repository({
      'same.ts': 'x',
      'touched.ts': 'x',
      'changed.ts': 'x',
      'gone.ts': 'x',
      'crlf.ts': 'a\nb\n',
    });
    commit(root);
    await put(root, {
      'touched.ts': 'x',
      'changed.ts': 'y',
      'crlf.ts': 'a\r\nb\r\n',
      'new.ts': 'x',
      'deep/new.ts': 'x',
    });
    execFileSync('rm', [join(root, 'gone.ts')]);
    expect(await changedFiles(root)).toEqual(['changed.ts', 'deep/new.ts', 'gone.ts', 'new.ts']);
    expect(await changedFiles(join(root, 'deep'))).toEqual(['new.ts']);
    const before = await commitOf(root, 'HEAD');
    commit(root);
    expect(await changedFiles(root)).toEqual([]);
    const after = await commitOf(root, 'HEAD');
    expect(await changedBetween(root, before, after)).toEqual([
      'changed.ts',
      'crlf.ts',
      'deep/new.ts',
      'gone.ts',
      'new.ts',
    ]);
    expect(await changedFiles(await repository({ 'a.ts': 'x' }))).toEqual(['a.ts']);
    expect(await changedFiles(await place({ 'a.ts': 'x' }))).toEqual([]);
  });

  it('in a clone that has left objects at its remote says what is missing and fetches nothing', async () => {
    const origin = await repository({ 'a.ts': 'one\n' });
    commit(origin);
    await put(origin, { 'a.ts': 'two\n' });
    commit(origin);
    git(origin, 'config', 'uploadpack.allowFilter', 'true');
    const outside = await place();
    git(outside, 'clone', '-q', '--filter=blob:none', `file://${origin}`, 'clone');
    const clone = join(outside, 'clone');
    const [head, first] = [await commitOf(clone, 'HEAD'), await commitOf(clone, 'HEAD~1')];
    const objects = () => git(clone, 'count-objects', '-v');
    const before = objects();
    expect(await changedBetween(clone, first, head)).toEqual(['a.ts']);
    expect(await changedFiles(clone)).toEqual([]);
    expect(await textAt(clone, first, 'a.ts')).toBeUndefined();
    expect(await textAt(clone, head, 'a.ts')).toMatchObject({ text: 'two\n' });
    const file = { folder: clone, revision: 'HEAD', path: 'a.ts' };
    expect((await commitsOf(file)).map(({ message }) => message)).toEqual(['all', 'all']);
    expect(await blame(file, { start: 1, end: 1 })).toEqual([]);
    expect((await found(clone)).candidates).toEqual(['a.ts']);
    expect(objects()).toBe(before);
  });
});

describe('ignore files that are no files, or too much', () => {
  it.skipIf(process.platform === 'win32')('hold up no walk, whatever stands in their place', async () => {
    const root = await place({ 'a.ts': 'x', 'b/a.ts': 'x', 'c/a.ts': 'x', 'd/a.ts': 'x' });
    execFileSync('mkfifo', [join(root, '.gitignore'), join(root, 'b/.codebaseignore')]);
    await symlink('/dev/zero', join(root, 'c/.gitignore'));
    await symlink('/etc/passwd', join(root, 'd/.codebaseignore'));
    const { candidates } = await found(root);
    expect(candidates).toEqual(['a.ts', 'b/a.ts', 'c/a.ts', 'd/a.ts']);
  });

  it('with patterns that explode are named, or done with at once', { timeout: 60_000 }, async () => {
    const deep = `${'a/'.repeat(60)}x.ts`;
    const explosive = `${'**/a/'.repeat(10)}b\n`;
    const root = await place({ [deep]: 'x', '.gitignore': explosive, '.codebaseignore': explosive });
    expect((await found(root)).candidates).toContain(deep);
    git(root, 'init', '-q');
    expect((await found(root)).candidates).toContain(deep);
    // Thousands of patterns with stars in a row over long names cost more than anybody's rules.
    const many = Array.from({ length: 9_000 }, (_, i) => `*${'a*'.repeat(12)}${i}`);
    await put(root, { 'many/.gitignore': many.join('\n'), 'none/a.ts': 'x' });
    await put(root, Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`many/${'a'.repeat(200)}${i}x.ts`, 'x'])));
    const { candidates, skipped } = await found(root);
    expect(skipped).toEqual({ many: 'costly-rules' });
    expect(candidates).toContain('none/a.ts');
    await writeFile(join(root, 'none/.gitignore'), 'x\n'.repeat(200_000));
    expect((await found(root)).skipped).toEqual({ many: 'costly-rules', none: 'costly-rules' });
  });
});

describe('repositories below a folder that is none', () => {
  it("are walked once each, by their own rules, and git's own files not at all", async () => {
    const origin = await repository({ 'a.ts': 'x', '.gitignore': 'out/\n' });
    commit(origin);
    const root = await place({ 'notes.md': 'x' });
    git(root, 'clone', '-q', '--bare', origin, '.bare');
    await put(root, { '.git': 'gitdir: ./.bare\n' });
    git(root, 'config', 'remote.origin.url', 'https://token@localhost/x');
    git(root, 'worktree', 'add', '-q', 'main');
    git(root, 'worktree', 'add', '-q', '-b', 'feature', 'feature');
    await put(root, { 'feature/out/b.ts': 'x', 'main/out/b.ts': 'x' });
    for (const isAllowed of [true, false]) {
      allowGit(isAllowed);
      const { candidates, skipped } = await found(root);
      expect(candidates.filter((path) => path.includes('.bare'))).toEqual([]);
      if (!isAllowed) continue;
      expect(candidates).toEqual(['main/.gitignore', 'main/a.ts', 'notes.md']);
      expect(skipped).toEqual({ feature: 'checkout' });
    }
  });

  it('keep what they track, be it ignored or called vendor', async () => {
    const root = await place({ 'one/vendor/a.go': 'x', 'one/go.mod': 'x', 'one/kept.log': 'x', 'two/b.ts': 'x' });
    for (const name of ['one', 'two']) git(join(root, name), 'init', '-q');
    commit(join(root, 'one'));
    await put(root, { 'one/.gitignore': '*.log\n', 'one/other.log': 'x', '.gitignore': 'b.ts\n' });
    const { candidates } = await found(root);
    expect(candidates).toEqual([
      '.gitignore',
      'one/.gitignore',
      'one/go.mod',
      'one/kept.log',
      'one/vendor/a.go',
      'two/b.ts',
    ]);
  });
});

describe('a repository without ignore files', () => {
  it('leaves out what tools have filled, unless it is tracked', async () => {
    const root = await repository({
      'Cargo.toml': 'x',
      'src/main.rs': 'x',
      'venv/pyvenv.cfg': 'x',
      'venv/lib/a.py': 'x',
      'env/conda-meta/history': 'x',
      'env/lib/b.py': 'x',
      'target/CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55',
      'target/debug/c.d': 'x',
    });
    const aside = { venv: 'dependency', env: 'dependency', target: 'dependency' };
    expect(await found(root)).toMatchObject({ candidates: ['Cargo.toml', 'src/main.rs'], skipped: aside });
    git(root, 'add', '-f', 'venv/lib/a.py');
    expect(await found(root)).toMatchObject({
      candidates: ['Cargo.toml', 'src/main.rs', 'venv/lib/a.py'],
      skipped: aside,
    });
  });
});
