import { spawn } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFile } from '../../../src/workspace/files/open-file.ts';
import { place } from '../../unit/workspace/place.ts';

const limits = { maxBytes: 1_000 };

describe('opening a file of a folder', () => {
  it.skipIf(process.platform === 'win32')(
    'never gives what lies outside while a folder is swapped for a link',
    async () => {
      const outside = await place({ 'a.ts': 'outside' });
      const root = await place({ 'folder/a.ts': 'inside' });
      await symlink(outside, join(root, 'link'));
      const swap = `
      const { renameSync } = require('node:fs');
      for (;;) {
        renameSync('folder', 'aside'); renameSync('link', 'folder');
        renameSync('folder', 'link'); renameSync('aside', 'folder');
      }`;
      const child = spawn(process.execPath, ['-e', swap], { cwd: root, stdio: 'ignore' });
      try {
        const seen = new Map<string, number>();
        for (const until = Date.now() + 5_000; Date.now() < until;) {
          const opened = await Promise.all(Array.from({ length: 50 }, () => openFile(root, 'folder/a.ts', limits)));
          for (const found of opened) {
            const what = found.kind === 'opened' ? Buffer.from(found.bytes).toString() : found.kind;
            seen.set(what, (seen.get(what) ?? 0) + 1);
          }
        }
        expect(seen.get('outside')).toBeUndefined();
        // Both sides of the race were met.
        expect(seen.get('inside')).toBeGreaterThan(10);
        expect([...seen.keys()].some((what) => what !== 'inside')).toBe(true);
      } finally {
        child.kill('SIGKILL');
      }
    },
  );
});
