import { parentPort, workerData } from 'node:worker_threads';
import { AppError, stackOf } from '../common/app-error.ts';
import { RpcClient } from '../common/rpc/client.ts';
import { portPeer } from '../common/rpc/peer.ts';
import { serve, threadChannel } from '../common/rpc/server.ts';
import type { HostCalls, ServiceCalls, ServiceNotice, ThreadData } from './protocol.ts';
import { Service } from './service.ts';
import { setLocale } from './locale.ts';

/** The thread's entry: calls in, replies, events and notices out. */
if (!parentPort) throw new Error('The service runs as a thread of the extension, not alone.');
const channel = threadChannel(parentPort);
const notify = (notice: ServiceNotice) => {
  channel.post({ type: 'notice', notice });
};
const { settings, host: port } = threadData(workerData);
if (settings.language) setLocale(settings.language);
const host = new RpcClient<HostCalls>({
  start: (events) => portPeer(port, events),
  onCrash: () => new AppError('service/closing'),
  closed: () => new AppError('service/closing'),
  onLog: (level, line) => {
    notify({ kind: 'log', level, line });
  },
});
const service = new Service(settings, notify, host);

serve<ServiceCalls>(channel, service.handlers, {
  failureOf: (error, kind) => service.failureOf(error, kind),
  onClose: () => {
    void service.close().finally(() => process.exit(0));
  },
});

// A bug in one call must not take every memory with it; the log tells.
process.on('unhandledRejection', (error) => {
  notify({ kind: 'log', level: 'error', line: stackOf(error) });
});

function threadData(data: unknown): ThreadData {
  if (!isThreadData(data)) throw new Error('The service was started without settings.');
  return data;
}

/** Its own extension started the thread, so two fields are enough to catch a mix-up. */
function isThreadData(data: unknown): data is ThreadData {
  return typeof data === 'object' && data !== null && 'settings' in data && 'host' in data;
}
