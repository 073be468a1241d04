import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { addModel, planAdd } from '../../../src/answer-model/add-model.ts';
import type { AnswerModel } from '../../../src/answer-model/answer-model.ts';
import { chosenModel } from '../../../src/answer-model/chosen-model.ts';
import { RpcClient } from '../../../src/common/rpc/client.ts';
import { defaultSampling } from '../../../src/engine/generate/sampler.ts';
import { AnswerModels } from '../../../src/service/answer-models.ts';
import type { HostCalls } from '../../../src/service/protocol.ts';
import { ggufBytes, madeModel } from '../../support/made-gguf.ts';

/** An engine's process without a model, which writes one token and some milliseconds later ends. */
const SCRIPT = join(import.meta.dirname, '../engine/client/programs/engine.ts');

let home = '';
let models: AnswerModels;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'ask-codebase-models-'));
  vi.stubEnv('ASK_CODEBASE_HOME', home);
  const file = join(home, 'added.gguf');
  writeFileSync(file, ggufBytes(madeModel('qwen2')));
  await addModel(home, await planAdd(home, file));
  const unasked = () => {
    throw new Error('The host is not asked.');
  };
  const host = new RpcClient<HostCalls>({ start: unasked, onCrash: unasked, closed: unasked, onLog: () => undefined });
  models = new AnswerModels(host, () => ({ script: SCRIPT }));
});
afterEach(() => {
  models.close();
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

const local = { choice: chosenModel('added') };
const others = [undefined, { choice: chosenModel('http://localhost:1#other') }];

async function written(model: AnswerModel | undefined, onToken: () => void): Promise<string> {
  const how = { maxTokens: 9, sampling: defaultSampling, onEvent: onToken };
  return (await model!.generate([{ role: 'user', content: 'text' }], how)).text;
}

it.each(others)('an answer is written to its end while another model answers (%j)', async (other) => {
  let next: Promise<unknown> = Promise.resolve();
  const answer = models.use(local, (model) =>
    written(model, () => {
      next = models.use(other, () => Promise.resolve());
    }),
  );
  expect(await answer).toBe('a');
  await next;
});

it('a model that was replaced is closed when its last answer ends, and one that is in use stays', async () => {
  let replaced: AnswerModel | undefined;
  await models.use(local, async (model) => {
    replaced = model;
    await models.use(local, (again) => written(again, () => undefined));
    await models.use(undefined, () => Promise.resolve());
    expect(await written(model, () => undefined)).toBe('a');
  });
  // It is closed now, and would have to be opened anew.
  await expect(written(replaced, () => undefined)).rejects.toMatchObject({ code: 'engine/crashed' });
  await models.use(local, async (model) => {
    expect(model).not.toBe(replaced);
    expect(await written(model, () => undefined)).toBe('a');
  });
});

it('the end of the thread ends answers under way', async () => {
  const answer = models.use(local, (model) =>
    written(model, () => {
      models.close();
    }),
  );
  await expect(answer).rejects.toMatchObject({ code: 'engine/crashed' });
});
