import type { IncomingMessage, RequestOptions } from 'node:http';
import type { LookupFunction } from 'node:net';

/** The server answered with another address; nothing was sent there. */
export class RedirectError extends Error {
  override readonly name = 'RedirectError';
  readonly location: string;

  constructor(location: string) {
    super(`The server points to ${location}.`);
    this.location = location;
  }
}

/** Nothing came for so many milliseconds. */
export class SilenceError extends Error {
  override readonly name = 'SilenceError';
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    super(`Nothing came for ${milliseconds} ms.`);
    this.milliseconds = milliseconds;
  }
}

export interface FetchLimits {
  /** Milliseconds without a byte before the reply begins, and between two parts of it. */
  readonly firstByte: number;
  readonly betweenBytes: number;
  /** Bytes of a reply; what is longer ends with an error. */
  readonly bytes: number;
}

/** Nothing else is sent, so a server learns of this machine what a request needs. */
const SENT = ['accept', 'authorization', 'content-type'] as const;
const LOOPBACK = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
] as const;

type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * A `fetch` that goes to the address it is given and nowhere else: over connections of its own, without proxies
 * whatever the environment says, without redirects, and without asking anybody where `localhost` is. Each of these
 * could carry file text off the machine behind its owner's back.
 *
 * @throws RedirectError, SilenceError, the signal's reason, or what the system says of a connection
 */
export function directFetch(limits: FetchLimits): Fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const { signal, body } = init;
    signal?.throwIfAborted();
    if (body !== undefined && body !== null && typeof body !== 'string') throw new Error('Only text can be sent.');
    const given = new Headers(init.headers);
    const headers: Record<string, string> = {};
    for (const name of SENT) {
      const value = given.get(name);
      if (value !== null) headers[name] = value;
    }
    const reply = await answered(url, { method: init.method ?? 'GET', headers }, body ?? '', limits, signal);
    const { message } = reply;
    const { statusCode: status = 0 } = message;
    if (status >= 300 && status < 400) {
      message.destroy();
      throw new RedirectError(URL.parse(message.headers.location ?? '', url.href)?.host ?? 'another address');
    }
    const kept = ['content-type', 'retry-after'].flatMap((name) => {
      const value = message.headers[name];
      return typeof value === 'string' ? [[name, value] satisfies [string, string]] : [];
    });
    const hasBody = status !== 204 && status !== 205;
    return new Response(hasBody ? bodyOf(reply, limits) : null, { status, headers: kept });
  };
}

interface Answered {
  readonly message: IncomingMessage;
  /** Why this side ended the connection; the stream itself only says that it is gone. */
  readonly ownReason: () => Error | undefined;
}

/** Settled when the head of the reply is there. */
async function answered(
  url: URL,
  options: RequestOptions,
  body: string,
  { firstByte, betweenBytes }: FetchLimits,
  signal: AbortSignal | null | undefined,
): Promise<Answered> {
  // Loaded here: both take a while, and few commands need them.
  const { Agent, request: requestOf } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
  // An agent of our own: the shared one may have been given proxies.
  const agent = new Agent({ keepAlive: false });
  const how: RequestOptions = {
    ...options,
    agent,
    ...(url.hostname === 'localhost' && { lookup: loopback }),
    ...(signal && { signal }),
  };
  return new Promise((resolve, reject) => {
    let silent: SilenceError | undefined;
    let silence = firstByte;
    const ownReason = () => (signal?.aborted === true ? reasonOf(signal) : silent);
    const request = requestOf(url, how);
    request.on('response', (message) => {
      message.once('data', () => {
        silence = betweenBytes;
        request.setTimeout(silence);
      });
      message.pause();
      resolve({ message, ownReason });
    });
    request.setTimeout(silence);
    request.on('timeout', () => {
      silent = new SilenceError(silence);
      request.destroy(silent);
    });
    request.on('error', (error) => {
      reject(ownReason() ?? error);
    });
    request.end(body);
  });
}

/** The body as a web stream that ends with an error where the reply is cut, silent or endless. */
function bodyOf({ message, ownReason }: Answered, { bytes }: FetchLimits): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async start(controller) {
      let seen = 0;
      try {
        for await (const chunk of message) {
          if (!(chunk instanceof Uint8Array)) continue;
          seen += chunk.length;
          if (seen > bytes) throw new Error(`The reply is longer than ${bytes} bytes.`);
          controller.enqueue(chunk);
        }
        controller.close();
      } catch (error) {
        controller.error(ownReason() ?? error);
      } finally {
        message.destroy();
      }
    },
    cancel() {
      message.destroy();
    },
  });
}

const reasonOf = ({ reason }: AbortSignal): Error =>
  reason instanceof Error ? reason : new DOMException('The request was cancelled.', 'AbortError');
/** This machine's own addresses, whatever a file of hosts or a name server says. */
const loopback: LookupFunction = (_host, options, found) => {
  if (options.all === true) found(null, [...LOOPBACK]);
  else found(null, LOOPBACK[0].address, LOOPBACK[0].family);
};
