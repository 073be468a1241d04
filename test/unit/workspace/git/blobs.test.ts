import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { blobTexts, missingBlobs } from '../../../../src/workspace/git/revision.ts';
import { committedFiles } from '../../../../src/workspace/git/work-tree.ts';
import { git, place } from '../../library/support.ts';
import { withFolder } from '../../memory/support.ts';

const FILES = {
  'a.ts': 'const a = 1;\n0123456789012345678901234567890123456789 blob 3\n',
  'same.ts': 'const a = 1;\n0123456789012345678901234567890123456789 blob 3\n',
  'no-end.ts': 'const b = 2;',
  'zero.bin': 'a\0b\n',
  'empty.ts': '',
  'large.txt': 'many words\n'.repeat(400_000),
  'gone.ts': 'const gone = 3;\n',
};

it('reads many blobs with two gits, each whole, and says why it reads the others not', () =>
  withFolder(async (folder) => {
    const root = place(join(folder, 'app'), FILES);
    git(root, 'init', '--quiet');
    git(root, 'add', '.');
    git(root, 'commit', '--quiet', '-m', 'All');
    const ids = await committedFiles(root, 'HEAD');
    const gone = ids.get('gone.ts') ?? '';
    rmSync(join(root, '.git/objects', gone.slice(0, 2), gone.slice(2)), { force: true });
    const found = await blobTexts(
      root,
      [...ids].map(([path, id]) => ({ path, id })),
    );
    const told = [...found].map(([path, one]) => [path, one.kind === 'text' ? one.text : one.reason]);
    expect(Object.fromEntries(told)).toEqual({
      'a.ts': FILES['a.ts'],
      'same.ts': FILES['same.ts'],
      'no-end.ts': FILES['no-end.ts'],
      'zero.bin': 'binary',
      'empty.ts': 'empty',
      'large.txt': 'too-large',
      'gone.ts': 'unreadable',
    });
    expect(execFileSync('git', ['-C', root, 'cat-file', 'blob', ids.get('a.ts') ?? ''], { encoding: 'utf8' })).toBe(
      FILES['a.ts'],
    );
    expect(await blobTexts(root, [])).toEqual(new Map());
  }));

it('reads the blobs that a partial clone has, though git ends at the first that it has not', () =>
  withFolder(async (folder) => {
    const origin = place(join(folder, 'app'), { 'a.ts': 'const a = 1;\n', 'b.ts': 'const b = 2;\n', 'c.ts': 'one\n' });
    git(origin, 'init', '--quiet');
    git(origin, 'config', 'uploadpack.allowFilter', 'true');
    git(origin, 'add', '.');
    git(origin, 'commit', '--quiet', '-m', 'First');
    git(origin, 'rm', '--quiet', 'b.ts');
    git(origin, 'commit', '--quiet', '-m', 'Second');
    git(folder, 'clone', '--quiet', '--filter=blob:none', `file://${origin}`, 'clone');
    const clone = join(folder, 'clone');
    const ids = await committedFiles(clone, 'HEAD~1');
    expect(await missingBlobs(clone, 'HEAD~1')).toEqual(new Set([ids.get('b.ts')]));
    expect(await missingBlobs(clone, 'HEAD')).toEqual(new Set());
    const found = await blobTexts(
      clone,
      [...ids].map(([path, id]) => ({ path, id })),
    );
    expect([...found].map(([path, one]) => [path, one.kind === 'text' ? one.text : one.reason])).toEqual([
      ['a.ts', 'const a = 1;\n'],
      ['b.ts', 'unreadable'],
      ['c.ts', 'one\n'],
    ]);
  }));
