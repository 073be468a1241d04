import { parentPort, workerData } from 'node:worker_threads';
import { stackOf } from '../common/app-error.ts';
import { serve, threadChannel } from '../common/rpc/server.ts';
import type { ServiceCalls, ServiceNotice, ServiceSettings } from './protocol.ts';
import { Service } from './service.ts';
import { setLocale } from './locale.ts';

/** The thread's entry: calls in, replies, events and notices out. */
if (!parentPort) throw new Error('The service runs as a thread of the extension, not alone.');
const channel = threadChannel(parentPort);
const notify = (notice: ServiceNotice) => {
  channel.post({ type: 'notice', notice });
};
const settings = settingsOf(workerData);
if (settings.language) setLocale(settings.language);
const service = new Service(settings, notify);

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

function settingsOf(data: unknown): ServiceSettings {
  if (!isServiceSettings(data)) throw new Error('The service was started without settings.');
  return data;
}

/** Its own extension started the thread, so one telling field is enough to catch a mix-up. */
function isServiceSettings(data: unknown): data is ServiceSettings {
  return typeof data === 'object' && data !== null && 'engineScript' in data;
}
