import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AddProgress } from '../../../src/answer-model/add-model.ts';
import { RpcClient } from '../../../src/common/rpc/client.ts';
import type { HostCalls } from '../../../src/service/protocol.ts';
import { Service } from '../../../src/service/service.ts';
import { ggufBytes, madeModel } from '../../support/made-gguf.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ask-codebase-adding-'));
  vi.stubEnv('ASK_CODEBASE_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

/** The service with a host that is never asked. */
function service(): Service {
  const unasked = () => {
    throw new Error('The host is not asked.');
  };
  const host = new RpcClient<HostCalls>({ start: unasked, onCrash: unasked, closed: unasked, onLog: () => undefined });
  const settings = {
    engineScript: 'no-engine.js',
    modelsFolder: home,
    home,
    device: 'cpu',
    threads: 1,
    exclude: [],
    isTrusted: true,
  } as const;
  return new Service(settings, () => undefined, host);
}

it('a model file is planned, added with progress, and listed for the picker', async () => {
  const { handlers } = service();
  const path = join(home, 'Small.gguf');
  writeFileSync(path, ggufBytes(madeModel('qwen2')));
  const seen: AddProgress[] = [];
  const context = { signal: new AbortController().signal, emit: (progress: AddProgress) => seen.push(progress) };
  const plain = { ...context, emit: () => undefined };
  expect(await handlers.planModel(path, plain)).toMatchObject({ name: 'small', from: { kind: 'path' } });
  expect(await handlers.localModels(undefined, plain)).toEqual([]);
  await handlers.addModel(path, context);
  expect(seen[0]).toMatchObject({ kind: 'converting' });
  expect(await handlers.localModels(undefined, plain)).toMatchObject([{ name: 'small', title: 'Made Up' }]);
  await expect(handlers.addModel(path, context)).rejects.toThrow(/There is a model "small" already/);
  await handlers.removeModel('small', plain);
  expect(await handlers.localModels(undefined, plain)).toEqual([]);
  await handlers.addModel(path, context);
});

it('a cancel ends it, and what is no model is refused in the editor’s words', async () => {
  const one = service();
  const path = join(home, 'Small.gguf');
  writeFileSync(path, ggufBytes(madeModel('qwen2')));
  const stop = new AbortController();
  const emit = () => {
    stop.abort(new DOMException('Cancelled.', 'AbortError'));
  };
  await expect(one.handlers.addModel(path, { signal: stop.signal, emit })).rejects.toThrow('Cancelled.');
  writeFileSync(path, 'no model');
  const error = await Promise.resolve(
    one.handlers.planModel(path, { signal: stop.signal, emit: () => undefined }),
  ).catch((failure: unknown) => failure);
  expect(one.failureOf(error, 'planModel')).toMatchObject({
    code: 'answer-model/unreadable',
    message: 'This model cannot be used. The log says why; the one before stays in use.',
  });
});
