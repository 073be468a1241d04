import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, calls, close, everything, folder, kinds, notices, settings, start } from './support.ts';

afterEach(close);

describe('the service as its host sees it', () => {
  it('tells what comes before the end, and puts the files of a folder together', async () => {
    const running = start();
    const { events, done } = ask(running, 'how');
    await done;
    expect(events).toEqual([
      { kind: 'token', text: 'one' },
      { kind: 'token', text: 'two' },
    ]);
    const { files, tokens } = await running.facts('/x');
    expect([files.map(({ path }) => path), tokens]).toEqual([['a.ts', 'b.ts'], 3]);
    expect(await running.forget('/x', ['a.ts'])).toEqual({ files: 1, certificate: 'gone' });
  });

  it('says what the thread failed with, with the one thing that repairs it', async () => {
    const { done } = ask(start(), 'fail');
    await expect(done).rejects.toMatchObject({
      code: 'ledger/full',
      action: 'free-space',
      message: 'The disk is full. Free some space, then go on; nothing is lost.',
    });
  });

  it('is called by its thread, with events, an end and failures', async () => {
    const running = start();
    const { events, done } = ask(running, 'host');
    await done;
    expect(events).toContainEqual({ kind: 'token', text: 'from the host' });
    expect(events).toContainEqual({ kind: 'token', text: '1 of 9' });
    await expect(ask(running, 'host that fails').done).rejects.toMatchObject({
      code: 'answer-model/refused',
      message: 'It says no.',
    });
  });

  it('takes a question back', async () => {
    const running = start();
    const controller = new AbortController();
    const { events, done } = ask(running, 'wait', controller.signal);
    await expect.poll(() => events.length, { timeout: 60_000 }).toBe(1);
    controller.abort();
    await expect(done).rejects.toThrow(/abort/i);
    await ask(running, 'how').done;
    expect(kinds()).toEqual(['ask', 'ask']);
  });

  it('tells a new thread what the dead one knew, and nothing that was taken back', async () => {
    const running = start();
    await running.folders([folder]);
    await running.pause();
    await running.overlay('/x', 'a.ts', 'unsaved');
    await running.overlay('/x', 'b.ts', 'saved');
    await running.overlay('/x', 'b.ts', undefined);
    const before = calls().length;
    const { done } = ask(running, 'die');
    await expect(done).rejects.toMatchObject({ code: 'service/stopped', action: 'retry' });
    await ask(running, 'how').done;
    expect(calls().slice(before)).toEqual([
      ['ask', { question: 'die', history: [], scope: everything }],
      ['pause', null],
      ['folders', [folder]],
      ['overlay', { root: '/x', path: 'a.ts', text: 'unsaved' }],
      ['ask', { question: 'how', history: [], scope: everything }],
    ]);
  });

  it('leaves a thread alone that cannot start, until somebody asks again', async () => {
    const client = start(join(import.meta.dirname, 'programs/absent.ts'));
    await expect(client.folders([folder])).rejects.toMatchObject({ code: 'service/stopped' });
    // Each of the three deaths is told; a fourth thread is not begun.
    const deaths = () => notices.filter((one) => one.kind === 'log' && one.line.includes('thread failed')).length;
    await expect.poll(deaths, { timeout: 60_000 }).toBe(3);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(deaths()).toBe(3);
    await expect(client.warm()).rejects.toMatchObject({ code: 'service/stopped' });
    expect(deaths()).toBe(4);
  });

  it('starts no thread to change its settings, and refuses calls once it is closed', async () => {
    const running = start();
    await running.settings({ ...settings, threads: 2 });
    expect(calls()).toEqual([]);
    const { done } = ask(running, 'wait');
    const ended = expect(done).rejects.toThrow();
    await running.close();
    await ended;
    await expect(running.warm()).rejects.toMatchObject({ code: 'service/closing', action: 'none' });
  });
});
