import { join } from 'node:path';
import { AppError } from '../../../src/common/app-error.ts';
import type { Handlers } from '../../../src/common/rpc/server.ts';
import type { AnswerEvent } from '../../../src/answer/answer.ts';
import { ServiceClient } from '../../../src/service/client.ts';
import type { HostCalls, ServiceNotice, ServiceSettings } from '../../../src/service/protocol.ts';

export const everything = { base: { kind: 'workspace' }, terms: '' } as const;
export const folder = { root: '/x', name: 'x' };
export const settings: ServiceSettings = {
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
export let notices: ServiceNotice[];

export function start(script = join(import.meta.dirname, 'programs/thread.ts')): ServiceClient {
  notices = [];
  client = new ServiceClient({
    script,
    settings,
    onNotice: (notice) => notices.push(notice),
    host,
  });
  return client;
}

/** What the threads were asked, in order. */
export const calls = () =>
  notices.flatMap((notice) =>
    notice.kind === 'log' && notice.level === 'info' ? [JSON.parse(notice.line) as [string, unknown]] : [],
  );
export const kinds = () => calls().map(([kind]) => kind);

export function ask(running: ServiceClient, question: string, signal?: AbortSignal) {
  const events: AnswerEvent[] = [];
  const asked = { question, history: [], scope: everything };
  return { events, done: running.ask(asked, (event) => events.push(event), signal) };
}

export const close = async (): Promise<void> => client?.close();
