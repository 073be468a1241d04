import { afterEach, describe, expect, it } from 'vitest';
import { ask, calls, close, everything, folder, kinds, start } from '../../unit/service/support.ts';

afterEach(close);

describe('a service whose threads die', () => {
  it('starts anew for each question, however many threads have died', async () => {
    const running = start();
    await running.folders([folder]);
    for (let at = 0; at < 4; at += 1) {
      await expect(ask(running, 'die').done).rejects.toMatchObject({ code: 'service/stopped' });
    }
    await ask(running, 'how').done;
    expect(kinds().filter((kind) => kind === 'ask')).toHaveLength(5);
  });

  it.each(['ask', 'tool'])('tells a thread that was left alone the folders before the next %s', async (kind) => {
    const running = start();
    await running.folders([folder]);
    await running.pause();
    await running.overlay('/x', 'a.ts', 'unsaved');
    for (let at = 0; at < 3; at += 1) {
      await expect(running.recall('die', everything)).rejects.toMatchObject({ code: 'service/stopped' });
    }
    const before = calls().length;
    if (kind === 'ask') await ask(running, 'how').done;
    else await running.tool('read_lines', { path: 'a.ts' });
    await running.facts('/x');
    expect(kinds().slice(before)).toEqual(['pause', 'folders', 'overlay', kind, 'facts']);
    expect(calls()[before + 1]).toEqual(['folders', [folder]]);
  });
});
