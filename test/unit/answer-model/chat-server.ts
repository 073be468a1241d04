import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the server saw it. */
export interface Seen {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Reply = (response: ServerResponse, seen: Seen) => void | Promise<void>;

/**
 * A server on this machine that answers each path as it is told, and remembers what it was asked.
 *
 * @param wanted its port; any that is free where it is left out. Throws where it is in use
 */
export async function chatServer(routes: Readonly<Record<string, Reply>>, wanted = 0) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const path = request.url ?? '';
      const one = { path, headers: request.headers, body: Buffer.concat(parts).toString() };
      seen.push(one);
      const reply = routes[path];
      if (reply) void reply(response, one);
      else response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    address: `localhost:${port}`,
    seen,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export const json =
  (value: unknown, status = 200): Reply =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };

export const models = (...ids: readonly string[]) => json({ object: 'list', data: ids.map((id) => ({ id })) });

/** A part of a streamed reply, as OpenAI's interface sends it. */
export const part = (content: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;

const USAGE = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 40, completion_tokens: 2, total_tokens: 42 } })}\n\n`;

/** Streams the pieces; `end` says what comes after the last. */
export const stream =
  (pieces: readonly string[], end: 'done' | 'length' | 'cut' | 'silence' | 'unfinished' | 'error' = 'done'): Reply =>
  async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) {
      response.write(part(piece));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    if (end === 'cut') response.destroy();
    else if (end === 'silence') return;
    else if (end === 'unfinished') response.end();
    else if (end === 'error')
      response.end(`data: ${JSON.stringify({ error: { message: 'out of memory', code: 500 } })}\n\n`);
    else response.end(`${part('', end === 'length' ? 'length' : 'stop')}${USAGE}data: [DONE]\n\n`);
  };
