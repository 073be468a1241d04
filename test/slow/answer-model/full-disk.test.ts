import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, 'programs/adder.ts');

it.for(['an import', 'a download'])(
  'a disk that becomes full in the middle of %s is told, and the model before stays in use',
  (how, context) => {
    const place = mkdtempSync(join(tmpdir(), 'ask-codebase-full-'));
    try {
      const env = { ...process.env, PLACE: place, NODE: process.execPath, PROGRAM };
      // Larger than what has to be free before an import begins.
      const mount = 'mount -t tmpfs -o size=80m tmpfs "$PLACE"';
      const run = (work: string) =>
        spawnSync('unshare', ['--map-root-user', '--mount', 'sh', '-ec', work], { env, encoding: 'utf8' });
      if (run(mount).status !== 0) context.skip('A small file system of its own cannot be mounted here.');
      const { status, stdout, stderr } = run(`${mount}\n"$NODE" "$PROGRAM" "$PLACE" "${how}"`);
      expect([status, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toEqual({
        code: 'disk/full',
        message: 'The disk is full. Free some space and run the command again.',
        used: 'first',
        isThere: false,
        names: ['first', 'second'],
      });
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  },
);
