import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { AppError, asAppError } from '../../../../src/common/app-error.ts';
import type { Handlers } from '../../../../src/common/rpc/server.ts';
import { serve, threadChannel } from '../../../../src/common/rpc/server.ts';
import { RpcClient } from '../../../../src/common/rpc/client.ts';
import { portPeer } from '../../../../src/common/rpc/peer.ts';
import type { HostCalls, ServiceCalls, ServiceNotice, ThreadData } from '../../../../src/service/protocol.ts';

/** A thread that answers as the service does and logs every call; some questions are orders to it. */
const channel = threadChannel(parentPort!);
const notify = (notice: ServiceNotice) => {
  channel.post({ type: 'notice', notice });
};
const { host: port } = workerData as ThreadData;
const host = new RpcClient<HostCalls>({
  start: (events) => portPeer(port, events),
  onCrash: () => new AppError('service/closing'),
  closed: () => new AppError('service/closing'),
  onLog: () => undefined,
});
const description = {
  model: 'none',
  device: 'cpu',
  because: '',
  threads: 1,
  prefillRate: 1,
  keptTokens: 0,
  residentBytes: 1,
} as const;

const handlers: Handlers<ServiceCalls> = {
  folders: () => undefined,
  refresh: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
  ask: async ({ question }, { signal, emit }) => {
    emit({ kind: 'token', text: 'one' });
    if (question === 'die') process.exit(1);
    if (question.startsWith('host')) {
      const messages = question === 'host' ? [{ role: 'user' as const, content: 'a' }] : [];
      const model = { kind: 'editor', vendor: 'v', id: 'i' } as const;
      const { text } = await host.call('generate', { model, messages, maxTokens: 9 }, { onEvent: emit });
      emit({ kind: 'token', text });
    }
    if (question === 'fail') throw new AppError('ledger/full', 'It is full.');
    if (question === 'wait') {
      await once(signal, 'abort');
      signal.throwIfAborted();
    }
    emit({ kind: 'token', text: 'two' });
  },
  recall: ({ question }) => {
    if (question === 'die') process.exit(1);
    return [{ path: 'a.ts', share: 1, lines: [] }];
  },
  evidence: () => undefined,
  lastChange: () => undefined,
  tool: ({ name }) => ({ kind: 'refused', message: `${name} is refused.` }),
  facts: ({ root }, { emit }) => {
    for (const path of ['a.ts', 'b.ts']) {
      emit([{ path, bytes: 1, lines: 1, state: { kind: 'ingested' }, segments: 1, share: 0.5 }]);
    }
    return { folder: { root, name: 'x' }, databaseBytes: 1, memoryBytes: 2, tokens: 3 };
  },
  forget: ({ paths }) => ({ files: paths.length, certificate: 'gone' }),
  remember: () => undefined,
  overlay: () => undefined,
  memories: () => [],
  removeMemories: () => [],
  warm: () => description,
  servers: () => [],
  localModels: () => [],
  planModel: () => {
    throw new AppError('answer-model/unreadable');
  },
  addModel: () => undefined,
  removeModel: () => undefined,
  serverCard: () => ({ kind: 'not-running' }),
  settings: () => undefined,
};

function logged<T extends object>(all: T): T {
  return new Proxy(all, {
    get: (target, kind, receiver) => {
      const handle: unknown = Reflect.get(target, kind, receiver);
      if (typeof handle !== 'function') return handle;
      return (request: unknown, context: unknown): unknown => {
        notify({ kind: 'log', level: 'info', line: JSON.stringify([kind, request ?? null]) });
        return Reflect.apply(handle, target, [request, context]);
      };
    },
  });
}

serve<ServiceCalls>(channel, logged(handlers), {
  failureOf: (error) => {
    const { code, editorText } = asAppError(error);
    return { code, message: editorText };
  },
  onClose: () => process.exit(0),
});
