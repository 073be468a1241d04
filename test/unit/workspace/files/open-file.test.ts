import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAlone, openFile } from '../../../../src/workspace/files/open-file.ts';
import { place } from '../place.ts';

const limits = { maxBytes: 1_000 };

describe('opening a file of a folder', () => {
  it('reads an ordinary file, and says when it is too large', async () => {
    const root = await place({ 'a/b.ts': 'text', 'large.ts': 'x'.repeat(1_001) });
    expect(await openFile(root, 'a/b.ts', limits)).toMatchObject({
      kind: 'opened',
      bytes: new Uint8Array(Buffer.from('text')),
    });
    expect(await openFile(root, 'large.ts', limits)).toEqual({ kind: 'too-large', bytes: 1_001 });
  });

  it.skipIf(process.platform === 'win32')('waits for no pipe and reads no device, link or folder', async () => {
    const root = await place({ 'folder/a.ts': 'x' });
    const outside = await place({ 'a.ts': 'outside' });
    execFileSync('mkfifo', [join(root, 'pipe')]);
    await symlink('/dev/zero', join(root, 'zero'));
    await symlink(outside, join(root, 'out'));
    const opened = await Promise.all(
      ['pipe', 'zero', 'out/a.ts', 'folder', 'absent', '../x', '/etc/hosts', ''].map((path) =>
        openFile(root, path, limits),
      ),
    );
    expect(opened.map(({ kind }) => kind)).toEqual([
      ...['refused', 'symlink', 'symlink', 'refused', 'refused', 'refused', 'refused', 'refused'],
    ]);
    expect(await openFile('/dev', 'zero', limits)).toEqual({ kind: 'refused' });
    expect(await openAlone(join(root, 'pipe'), limits)).toEqual({ kind: 'refused' });
    expect(await openAlone(join(root, 'zero'), limits)).toEqual({ kind: 'refused' });
    expect(await openAlone(join(root, 'out/a.ts'), limits)).toMatchObject({ kind: 'opened' });
  });

  it('stops for a signal', async () => {
    const root = await place({ 'a.ts': 'x' });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(openFile(root, 'a.ts', { ...limits, signal })).rejects.toThrow('enough');
  });
});
