import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/common/app-error.ts';
import type { Handlers } from '../../../src/common/rpc/server.ts';
import { ServiceClient } from '../../../src/service/client.ts';
import type { AnswerEvent } from '../../../src/answer/answer.ts';
import type { HostCalls, ServiceNotice, ServiceSettings } from '../../../src/service/protocol.ts';

const everything = { base: { kind: 'workspace' }, terms: '' } as const;
const folder = { root: '/x', name: 'x' };
const settings: ServiceSettings = {
  engineScript: '',
  modelsFolder: '',
  home: '',
  device: 'cpu',
  threads: 1,
  exclude: [],
  isTrusted: true,
};

const host: Handlers<HostCalls> = {
  describeModel: () => ({ name: 'Model', contextTokens: 1_000 }),
  generate: ({ maxTokens, messages }, { emit }) => {
    emit({ kind: 'token', text: 'from the host' });
    if (messages.length === 0) throw new AppError('answer-model/refused', 'It says no.');
    const text = `${messages.length} of ${maxTokens}`;
    return { text, ending: 'stop', promptTokens: 0, tokens: 1, prefillMs: 1, decodeMs: 1 };
  },
};

let client: ServiceClient | undefined;
let notices: ServiceNotice[];

afterEach(() => client?.close());

function start(): ServiceClient {
  notices = [];
  client = new ServiceClient({
    script: join(import.meta.dirname, 'programs/thread.ts'),
    settings,
    onNotice: (notice) => notices.push(notice),
    host,
  });
  return client;
}

/** What the threads were asked, in order. */
const calls = () =>
  notices.flatMap((notice) =>
    notice.kind === 'log' && notice.level === 'info' ? [JSON.parse(notice.line) as [string, unknown]] : [],
  );
const kinds = () => calls().map(([kind]) => kind);

function ask(running: ServiceClient, question: string, signal?: AbortSignal) {
  const events: AnswerEvent[] = [];
  const asked = { question, history: [], scope: everything };
  return { events, done: running.ask(asked, (event) => events.push(event), signal) };
}

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
    await expect.poll(() => events.length).toBe(1);
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

  it('starts anew for each question, however many threads have died', async () => {
    const running = start();
    await running.folders([folder]);
    for (let at = 0; at < 4; at += 1) {
      await expect(ask(running, 'die').done).rejects.toMatchObject({ code: 'service/stopped' });
    }
    await ask(running, 'how').done;
    expect(kinds().filter((kind) => kind === 'ask')).toHaveLength(5);
  });

  it('leaves a thread alone that cannot start, until somebody asks again', async () => {
    notices = [];
    client = new ServiceClient({
      script: join(import.meta.dirname, 'programs/absent.ts'),
      settings,
      host,
      onNotice: (notice) => notices.push(notice),
    });
    await expect(client.folders([folder])).rejects.toMatchObject({ code: 'service/stopped' });
    // Each of the three deaths is told; a fourth thread is not begun.
    const deaths = () => notices.filter((one) => one.kind === 'log' && one.line.includes('thread failed')).length;
    await expect.poll(deaths).toBe(3);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(deaths()).toBe(3);
    await expect(client.warm()).rejects.toMatchObject({ code: 'service/stopped' });
    expect(deaths()).toBe(4);
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
