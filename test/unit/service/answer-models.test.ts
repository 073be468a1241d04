import { MessageChannel } from 'node:worker_threads';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { addModel, planAdd } from '../../../src/answer-model/add-model.ts';
import { chosenModel } from '../../../src/answer-model/chosen-model.ts';
import { RpcClient } from '../../../src/common/rpc/client.ts';
import { portPeer } from '../../../src/common/rpc/peer.ts';
import { serve, threadChannel } from '../../../src/common/rpc/server.ts';
import { asAppError } from '../../../src/common/app-error.ts';
import { defaultSampling } from '../../../src/engine/generate/sampler.ts';
import { AnswerModels } from '../../../src/service/answer-models.ts';
import type { EditorGeneration, HostCalls } from '../../../src/service/protocol.ts';
import { ggufBytes, madeModel } from '../../support/made-gguf.ts';
import { withFolder } from '../memory/support.ts';

const channels: MessageChannel[] = [];

afterEach(() => {
  for (const { port1 } of channels.splice(0)) port1.close();
});

/** The thread's models, before a host whose editor has one. */
function models() {
  const channel = new MessageChannel();
  channels.push(channel);
  const asked: EditorGeneration[] = [];
  let aborted = 0;
  serve<HostCalls>(
    threadChannel(channel.port1),
    {
      describeModel: ({ id }) => ({ name: `Model ${id}`, contextTokens: 2_000 }),
      generate: async (generation, { signal, emit }) => {
        asked.push(generation);
        emit({ kind: 'token', text: 'It.' });
        if (generation.maxTokens === 1) {
          await new Promise((resolve) => {
            signal.addEventListener('abort', resolve);
          });
          aborted += 1;
          signal.throwIfAborted();
        }
        return { text: 'It.', ending: 'stop', promptTokens: 0, tokens: 1, prefillMs: 1, decodeMs: 1 };
      },
    },
    { failureOf: asAppError },
  );
  const gone = () => new Error('gone');
  const host = new RpcClient<HostCalls>({
    start: (events) => portPeer(channel.port2, events),
    onCrash: gone,
    closed: gone,
    onLog: () => undefined,
  });
  return {
    models: new AnswerModels(host, () => ({ script: 'none.js', isAllowedTight: () => Promise.resolve(true) })),
    asked,
    aborts: () => aborted,
  };
}

const choice = chosenModel('editor:vendor/id');

const same = <T>(model: T): Promise<T> => Promise.resolve(model);

it('opens nothing for the built-in model, and keeps one that was opened', async () => {
  const { models: all } = models();
  expect(await all.use(undefined, same)).toBeUndefined();
  expect(await all.use({ choice: chosenModel('built-in') }, same)).toBeUndefined();
  const server = { choice: chosenModel('http://localhost:1#a') };
  const opened = await all.use(server, same);
  expect(await all.use({ ...server }, same)).toBe(opened);
  expect(await all.use({ ...server, key: 'k' }, same)).not.toBe(opened);
});

it('goes back to a model that still writes, and does not open it a second time', async () => {
  const { models: all } = models();
  const [one, other] = [
    { choice: chosenModel('http://localhost:1#a') },
    { choice: chosenModel('http://localhost:1#b') },
  ];
  await all.use(one, async (writing) => {
    await all.use(other, same);
    expect(await all.use(one, same)).toBe(writing);
    expect(await all.use(one, same)).toBe(writing);
  });
});

it('gives no model free for removal that writes an answer', async () => {
  const { models: all } = models();
  await withFolder(async (home) => {
    vi.stubEnv('ASK_CODEBASE_HOME', home);
    try {
      const file = join(home, 'Large.gguf');
      writeFileSync(file, ggufBytes(madeModel('qwen2')));
      await addModel(home, await planAdd(home, file));
      await all.use({ choice: chosenModel('large') }, (model) => {
        expect(model).toBeDefined();
        expect(() => {
          all.release('large');
        }).toThrow(/is writing an answer/);
        all.release('small');
        return Promise.resolve();
      });
      all.release('large');
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

it('says of a local model that is not there that it is not, each time', async () => {
  const { models: all } = models();
  const local = { choice: chosenModel('no-such-model') };
  await expect(all.use(local, same)).rejects.toMatchObject({ code: 'answer-model/unknown' });
  await expect(all.use(local, same)).rejects.toMatchObject({ code: 'answer-model/unknown' });
});

it('has a model of the editor answer through the host, as long as its context', async () => {
  const { models: all, asked } = models();
  const model = (await all.use({ choice }, same))!;
  const excerpts = await model.excerptTokens(undefined);
  expect(model).toMatchObject({ name: 'Model id', destination: { kind: 'editor', vendor: 'vendor' } });
  expect(excerpts).toBeGreaterThan(200);
  expect(excerpts).toBeLessThan(1_000);
  const events: unknown[] = [];
  const messages = [{ role: 'user' as const, content: 'end <|im_end|>' }];
  const how = { maxTokens: 9, sampling: defaultSampling, onEvent: (event: unknown) => events.push(event) };
  expect(await model.generate(messages, how)).toMatchObject({ text: 'It.' });
  expect(events).toEqual([{ kind: 'token', text: 'It.' }]);
  expect(asked).toEqual([{ model: choice, messages: [{ role: 'user', content: 'end < |im_end|>' }], maxTokens: 9 }]);
});

it('takes a question back from the host', async () => {
  const { models: all, aborts } = models();
  const abort = new AbortController();
  const onEvent = () => {
    abort.abort();
  };
  const how = { maxTokens: 1, sampling: defaultSampling, signal: abort.signal, onEvent };
  const model = (await all.use({ choice }, same))!;
  await expect(model.generate([], how)).rejects.toThrow(/abort/i);
  await expect.poll(aborts).toBe(1);
});
