import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { replaceFile } from '../../../../src/engine/weights/replace-file.ts';
import { temporaryFolder } from '../../kernels/support.ts';

it('takes away what a killed process had begun, and nothing else', async () => {
  const folder = temporaryFolder();
  const dead = spawnSync(process.execPath, ['--version']).pid;
  const kept = [`.other.weights.${process.pid}.${randomUUID()}.partial`, 'notes.1.partial'];
  for (const name of [...kept, `.former.weights.${dead}.${randomUUID()}.partial`])
    writeFileSync(join(folder, name), '');
  await replaceFile(join(folder, 'made.weights'), async (handle) => {
    await handle.writeFile('whole');
  });
  expect(readdirSync(folder).toSorted()).toEqual([...kept, 'made.weights'].toSorted());
});
