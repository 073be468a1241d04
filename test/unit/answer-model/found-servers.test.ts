import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { allowAddress, isAllowedAddress } from '../../../src/answer-model/allowed-addresses.ts';
import { foundServers } from '../../../src/answer-model/found-servers.ts';
import { chatServer, json, models } from './chat-server.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function port(routes: Parameters<typeof chatServer>[0]): Promise<number> {
  const { address, close } = await chatServer(routes);
  closing.push(close);
  return Number(address.split(':')[1]);
}

describe('the servers of this machine', () => {
  it('are listed by product with their models; what is no such server, or silent, is left out', async () => {
    const ollama = await port({
      '/v1/models': models('qwen:7b', 'nomic-embed-text', 'bad\u0007name', 'small'),
      '/api/ps': json({ models: [{ name: 'small', context_length: 2048 }] }),
      '/api/show': json({ parameters: 'num_ctx 8192' }),
    });
    const unknown = await port({ '/v1/models': models('a') });
    const page = await port({ '/v1/models': (response) => void response.end('<html>') });
    const silent = await port({ '/v1/models': () => undefined });
    const empty = await port({ '/v1/models': models() });
    expect(await foundServers(undefined, [ollama, page, silent, empty, unknown])).toEqual([
      {
        name: 'Ollama',
        address: `localhost:${ollama}`,
        models: [
          { id: 'qwen:7b', choice: `http://localhost:${ollama}#qwen:7b`, contextTokens: 8192 },
          { id: 'small', choice: `http://localhost:${ollama}#small`, contextTokens: 2048 },
        ],
      },
      {
        name: 'Server',
        address: `localhost:${unknown}`,
        models: [{ id: 'a', choice: `http://localhost:${unknown}#a`, contextTokens: undefined }],
      },
    ]);
  });
});

describe('addresses that text may be sent to', () => {
  it('are remembered for their owner alone', async () => {
    const home = await mkdtemp(join(tmpdir(), 'allowed-'));
    closing.push(() => rm(home, { recursive: true }));
    expect(await isAllowedAddress(home, 'a.example:80')).toBe(false);
    await allowAddress(home, 'a.example:80');
    await allowAddress(home, 'b.example');
    await allowAddress(home, 'a.example:80');
    expect(await isAllowedAddress(home, 'a.example:80')).toBe(true);
    expect(await isAllowedAddress(home, 'a.example')).toBe(false);
    const file = join(home, 'models', 'allowed-addresses');
    expect(await readFile(file, 'utf8')).toBe('a.example:80\nb.example\n');
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o077).toBe(0);
  });
});
