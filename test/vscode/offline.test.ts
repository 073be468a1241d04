import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';

/** Under offline.sh every other test of this folder runs here too; this one says that the walls stand. */
test.runIf(process.env.ASK_CODEBASE_OFFLINE)('nothing outside this machine can be reached', async () => {
  expect(Object.keys(networkInterfaces())).toEqual(['lo']);
  const outcome = await new Promise<string | undefined>((resolve) => {
    const socket = connect({ host: '192.0.2.1', port: 443 });
    socket.on('connect', () => {
      resolve('connected');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code);
    });
  });
  expect(outcome).toBe('ENETUNREACH');
});
