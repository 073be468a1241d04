import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { blobTexts } from '../../../src/workspace/git/revision.ts';
import { git, place } from '../../unit/library/support.ts';
import { withFolder } from '../../unit/memory/support.ts';

it('reads blobs that are together more than one run of git may write', { timeout: 60_000 }, () =>
  withFolder(async (folder) => {
    const root = place(join(folder, 'app'), {});
    git(folder, 'init', '--quiet', 'app');
    const wanted = Array.from({ length: 17 }, (_, at) => {
      const input = Buffer.alloc(2 ** 24);
      input[0] = at;
      const [id = ''] = execFileSync('git', ['-C', root, 'hash-object', '-w', '--stdin'], { input })
        .toString()
        .split('\n');
      return { path: `n${at}.ipynb`, id };
    });
    const found = await blobTexts(root, wanted);
    expect([...found.values()]).toEqual(wanted.map(() => ({ kind: 'skipped', reason: 'binary' })));
  }),
);
