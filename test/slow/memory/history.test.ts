import { join } from 'node:path';

import { expect, it, vi } from 'vitest';

import { generateHistory } from '../../torture/generated-history.ts';
import { replay } from '../../torture/replay.ts';
import { withFolder } from '../../unit/memory/support.ts';

// 400 checkouts: half a minute where the machine is busy, and some have been much slower.
vi.setConfig({ testTimeout: 600_000 });

// Any real history: npm run torture -- replay --history PATH.
it('a history of 200 steps, replayed forward and back, encodes nothing twice and comes out at the same hash', async () => {
  await withFolder(async (folder) => {
    const history = join(folder, 'history.git');
    generateHistory(history, 201);
    const replayed = await replay(history, { commits: 200 });
    expect(replayed).toMatchObject({ steps: 200, encodedBack: 0, rebuilt: 42, fromNothing: 3 });
    expect(replayed.encodedForward).toBeGreaterThan(200);
    expect(replayed.files).toBeGreaterThan(8);
  });
});
