import { mkdtemp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newExchange } from '../../../src/chat/exchange.ts';
import { serialized, STORE, TranscriptStore } from '../../../src/chat/store.ts';
import type { TranscriptFile } from '../../../src/chat/store.ts';
import type { Conversation, Exchange } from '../../../src/chat/transcript.ts';
import { strings, whole } from './support.ts';

async function place(): Promise<{ folder: string; file: TranscriptFile; store: TranscriptStore; failures: unknown[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'chat-store-'));
  const path = join(folder, 'conversations.json');
  const file: TranscriptFile = {
    read: () => readFile(path, 'utf8').catch(() => undefined),
    write: (text) => writeFile(path, text),
    setAside: async () => {
      await rename(path, join(folder, 'damaged.json'));
      return 'damaged.json';
    },
  };
  const failures: unknown[] = [];
  return { folder, file, failures, store: new TranscriptStore(file, 'Interrupted.', (error) => failures.push(error)) };
}

const answered = (id: string, text = 'It does.'): Exchange => ({
  ...newExchange(id, { question: `Question ${id}?`, scope: whole }, strings),
  text,
  state: { kind: 'answered', sentences: [], leftOut: 0, ending: 'stop', seconds: 3, tokens: 5, rate: 20 },
});
const conversation = (id: string, updated: number, ...exchanges: Exchange[]): Conversation => ({
  id,
  title: `Conversation ${id}`,
  updated,
  exchanges,
});

test('what was saved comes back, the same', async () => {
  const { store } = await place();
  const conversations = [conversation('b', 2, answered('3')), conversation('a', 1, answered('1'), answered('2'))];
  store.save({ conversations, current: 'a' });
  await store.flush();
  expect(await store.load()).toEqual({ conversations, current: 'a' });
});

test('files that an earlier version had saved under another name come back', async () => {
  const { store, file } = await place();
  const files = [{ path: 'src/a.ts', share: 0.8, lines: [{ start: 1, end: 2, share: 0.6 }] }];
  const earlier = { ...conversation('a', 1, answered('1')) };
  const exchanges = earlier.exchanges.map((exchange) => ({ ...exchange, pointed: { files, others: 0.2 } }));
  await file.write(JSON.stringify({ version: 1, current: 'a', conversations: [{ ...earlier, exchanges }] }));
  const { conversations, setAside } = await store.load();
  expect(setAside).toBeUndefined();
  expect(conversations[0]?.exchanges[0]).toEqual({
    ...answered('1'),
    asked: expect.any(Number) as number,
    ranked: files,
  });
});

test('states that an earlier version had saved with their text under another name come back', async () => {
  const { store, file } = await place();
  const saved = conversation('a', 1, answered('1'));
  const state = { kind: 'failed', sentence: 'The disk is full.', action: 'free-space' };
  const exchanges = saved.exchanges.map((exchange) => ({ ...exchange, state }));
  await file.write(JSON.stringify({ version: 1, current: 'a', conversations: [{ ...saved, exchanges }] }));
  const { conversations, setAside } = await store.load();
  expect(setAside).toBeUndefined();
  expect(conversations[0]?.exchanges[0]?.state).toEqual({
    kind: 'failed',
    message: 'The disk is full.',
    action: 'free-space',
  });
});

test('several saves in a row end with the last', async () => {
  const { store } = await place();
  for (let n = 1; n <= 20; n += 1) store.save({ conversations: [conversation('a', n, answered(`${n}`))] });
  await store.flush();
  expect((await store.load()).conversations[0]?.updated).toBe(20);
});

test('without a file there are no conversations, and an empty file is none', async () => {
  const { store, file } = await place();
  expect(await store.load()).toEqual({ conversations: [] });
  await file.write(' \n');
  expect(await store.load()).toEqual({ conversations: [] });
});

test.each(['{"version":1,"conv', 'null', '[]', '{"version":99,"conversations":[]}', '\u0000\u0000'])(
  'a file that cannot be read (%j) is set aside and nothing is lost of it',
  async (text) => {
    const { store, file, folder } = await place();
    await file.write(text);
    expect(await store.load()).toEqual({ conversations: [], setAside: 'damaged.json' });
    expect(await readFile(join(folder, 'damaged.json'), 'utf8')).toBe(text);
    expect(await readdir(folder)).toEqual(['damaged.json']);
  },
);

test('one damaged conversation takes no other with it', async () => {
  const { store, file } = await place();
  const good = conversation('good', 1, answered('1'));
  await file.write(JSON.stringify({ version: 1, conversations: [{ id: 'bad', exchanges: 'none' }, good] }));
  expect(await store.load()).toEqual({ conversations: [good], current: undefined, setAside: 'damaged.json' });
});

test('an answer that was under way when the window closed is not under way any more', async () => {
  const { store } = await place();
  const open = { ...answered('1', 'It does so by'), state: { kind: 'writing', message: 'Writing' } } as const;
  store.save({ conversations: [conversation('a', 1, open)] });
  await store.flush();
  const [exchange] = (await store.load()).conversations[0]!.exchanges;
  expect(exchange).toMatchObject({ text: 'It does so by', state: { kind: 'stopped', message: 'Interrupted.' } });
});

test('the file stays within its size: the newest conversations are kept', () => {
  const long = 'x'.repeat(90_000);
  const conversations = Array.from({ length: STORE.conversations + 30 }, (_, n) =>
    conversation(`${n}`, n, answered(`${n}`, long), answered(`${n}b`, long)),
  );
  const text = serialized({ conversations, current: '79' });
  expect(text.length).toBeLessThan(STORE.size + 1_000);
  const ids = (JSON.parse(text) as { conversations: { id: string }[] }).conversations.map(({ id }) => id);
  expect(ids[0]).toBe('79');
  expect(ids.length).toBeGreaterThan(10);
  expect(ids.length).toBeLessThanOrEqual(STORE.conversations);
});

test('a disk that refuses is told, and the next save is tried', async () => {
  const { file, folder } = await place();
  const failures: unknown[] = [];
  let refused = 0;
  const store = new TranscriptStore(
    {
      ...file,
      write: (text) => {
        refused += 1;
        return refused === 1 ? Promise.reject(new Error('ENOSPC')) : file.write(text);
      },
    },
    '',
    (error) => failures.push(error),
  );
  store.save({ conversations: [conversation('a', 1, answered('1'))] });
  await store.flush();
  store.save({ conversations: [conversation('a', 2, answered('1'))] });
  await store.flush();
  expect(failures).toHaveLength(1);
  expect(await readdir(folder)).toEqual(['conversations.json']);
});
