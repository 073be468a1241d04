import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';

import { withFolder } from '../../unit/memory/support.ts';

const PROGRAMS = join(import.meta.dirname, 'programs');
const FULL =
  /^ledger\/full: There is no space left to store the memory in .*\. Free some space .* nothing that was stored is lost\.$/;

/**
 * Runs a script where `$PLACE` is a file system of its own of 4 MB, which is gone with the script: what it printed, a
 * JSON object a line. Skips the test where a user may mount nothing.
 */
function onSmallDisk(context: TestContext, folder: string, script: string): Record<string, unknown>[] {
  const env = { ...process.env, PLACE: folder, NODE: process.execPath, PROGRAMS };
  const mount = 'mount -t tmpfs -o size=4m tmpfs "$PLACE"';
  const run = (work: string) =>
    spawnSync('unshare', ['--map-root-user', '--mount', 'sh', '-ec', work], { env, encoding: 'utf8' });
  if (run(mount).status !== 0) context.skip('A small file system of its own cannot be mounted here.');
  const { status, stdout, stderr } = run(`${mount}\n${script}`);
  expect([status, stderr]).toEqual([0, '']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a disk without space', () => {
  it('is told in one sentence whatever is tried, loses nothing that was stored, and is gone on with once there is room', async (context) => {
    await withFolder((folder) => {
      const [told] = onSmallDisk(context, folder, '"$NODE" "$PROGRAMS/filler.ts" "$PLACE"');
      for (const tried of ['put', 'drop', 'forget', 'begin']) expect(told?.[tried], tried).toMatch(FULL);
      expect(told?.['export']).toMatch(
        /^snapshot\/unwritable: There is no space left to write the snapshot .*out\.imem\. Give/,
      );
      expect(told?.['storedThen']).toBeGreaterThan(0);
      expect(told?.['filesThen']).toBe(told?.['storedThen']);
      expect(told).toMatchObject({
        storedThen: told?.['filesThen'],
        verdictThen: 'sound',
        equalThen: true,
        leftOver: [],
        again: 'done',
        filesAgain: told?.['filesThen'],
        filesAfter: told?.['filesThen'],
        equalAfter: true,
        putAfter: 'done',
        exportAfter: 'done',
        forgetAfter: 'done',
        verdictAfter: 'sound',
        equalInTheEnd: true,
      });
    });
  });
});

describe('a disk that may only be read', () => {
  it('is told in one sentence, and the memory that lies there is as it was once it may be written', async (context) => {
    await withFolder((folder) => {
      const open = '"$NODE" "$PROGRAMS/opener.ts" "$PLACE"';
      const told = onSmallDisk(
        context,
        folder,
        `${open}
         mount -o remount,ro "$PLACE"
         ${open}
         mount -o remount,rw "$PLACE"
         ${open}`,
      );
      expect(told).toEqual([
        { kind: 'stored' },
        {
          code: 'ledger/read-only',
          message: expect.stringMatching(/writing is not allowed\. Allow writing there/) as unknown,
        },
        { kind: 'stored' },
      ]);
    });
  });
});
