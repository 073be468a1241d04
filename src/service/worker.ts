import { parentPort, workerData } from 'node:worker_threads';
import type { FromService, ServiceSettings, ToService } from './protocol.ts';
import { Service } from './service.ts';
import type { Exchange } from './service.ts';
import { setLocale } from './locale.ts';

/** The thread's entry: requests in, replies, events and notices out. */
const port = parentPort;
if (!port) throw new Error('The service runs as a thread of the extension, not alone.');
const send = (message: FromService) => {
  port.postMessage(message);
};
const settings = settingsOf(workerData);
if (settings.language) setLocale(settings.language);
const service = new Service(settings, (notice) => {
  send({ kind: 'notice', notice });
});
const controllers = new Map<number, AbortController>();

async function close(): Promise<void> {
  for (const controller of controllers.values()) controller.abort();
  await service.close();
  process.exit(0);
}

port.on('message', (message: ToService) => {
  switch (message.kind) {
    case 'close':
      void close();
      break;
    case 'cancel':
      controllers.get(message.id)?.abort();
      break;
    case 'request': {
      const { id, request } = message;
      const controller = new AbortController();
      controllers.set(id, controller);
      const exchange: Exchange = {
        signal: controller.signal,
        onEvent: (event) => {
          send({ kind: 'event', id, event });
        },
        onFiles: (files) => {
          send({ kind: 'files', id, files });
        },
      };
      void service.handle(request, exchange).then((reply) => {
        controllers.delete(id);
        send({ kind: 'reply', id, reply });
      });
    }
  }
});

// A bug in one request must not take every memory with it; the log tells.
process.on('unhandledRejection', (error) => {
  const line = error instanceof Error ? (error.stack ?? error.message) : String(error);
  send({ kind: 'notice', notice: { kind: 'log', level: 'error', line } });
});

function settingsOf(data: unknown): ServiceSettings {
  if (!isServiceSettings(data)) throw new Error('The service was started without settings.');
  return data;
}

/** Its own extension started the thread, so one telling field is enough to catch a mix-up. */
function isServiceSettings(data: unknown): data is ServiceSettings {
  return typeof data === 'object' && data !== null && 'engineScript' in data;
}
