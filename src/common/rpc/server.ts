import { setImmediate as nextMacrotask } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import type { Failure } from '../app-error.ts';
import { isToPeer } from './messages.ts';
import type { Calls, FromPeer, Kind, ToPeer } from './messages.ts';

/** What a handler has besides its request. */
export interface CallContext<Event> {
  readonly signal: AbortSignal;
  /** Tells the caller something before the reply. */
  readonly emit: (event: Event) => void;
}

/** One function for each kind of call. What it throws becomes the call's failure. */
export type Handlers<C extends Calls<C>> = {
  readonly [K in Kind<C>]: (
    request: C[K]['request'],
    context: CallContext<C[K]['event']>,
  ) => C[K]['reply'] | Promise<C[K]['reply']>;
};

/** The answering side's way to its caller. */
export interface Channel {
  post(message: FromPeer): void;
  listen(onMessage: (message: unknown) => void): void;
}

export interface ServeOptions {
  /** What the caller is told of an error. */
  readonly failureOf: (error: unknown, kind: string) => Failure;
  /** The caller's close(): after it every call is aborted. Has to end the thread or process. */
  readonly onClose?: () => void;
}

/**
 * Answers calls until the thread or process ends. Calls run side by side; a call whose signal is aborted and that
 * throws an AbortError ends as aborted, not as failed.
 */
export function serve<C extends Calls<C>>(channel: Channel, handlers: Handlers<C>, options: ServeOptions): void {
  const controllers = new Map<number, AbortController>();

  async function answer<K extends Kind<C>>(call: CallOf<C, K>, signal: AbortSignal): Promise<FromPeer> {
    const { id, kind } = call;
    // An abort that is already on the way is heard before work begins that hears nothing.
    await nextMacrotask();
    signal.throwIfAborted();
    const emit = (event: C[K]['event']) => {
      channel.post({ type: 'event', id, kind, event });
    };
    return { type: 'reply', id, kind, reply: await handlers[kind](call.request, { signal, emit }) };
  }

  function ended(id: number, kind: string, signal: AbortSignal, error: unknown): FromPeer {
    if (signal.aborted && error instanceof Error && error.name === 'AbortError') return { type: 'aborted', id };
    const { code, message } = options.failureOf(error, kind);
    return { type: 'failed', id, failure: { code, message } };
  }

  async function run(call: Extract<ToPeer, { type: 'call' }>): Promise<void> {
    const { id, kind } = call;
    const controller = new AbortController();
    controllers.set(id, controller);
    try {
      if (!isCallOf<C, Kind<C>>(handlers, call)) throw new Error(`There is no call of the kind ${kind}.`);
      // Within the try: a reply that cannot be copied is a failure of this call.
      channel.post(await answer(call, controller.signal));
    } catch (error) {
      channel.post(ended(id, kind, controller.signal, error));
    } finally {
      controllers.delete(id);
    }
  }

  channel.listen((message) => {
    // The caller hears of every call that it made; anything else cannot be answered.
    if (!isToPeer(message)) return;
    switch (message.type) {
      case 'call':
        void run(message);
        break;
      case 'abort':
        controllers.get(message.id)?.abort();
        break;
      case 'close':
        for (const controller of controllers.values()) controller.abort();
        options.onClose?.();
    }
  });
}

/** The channel of a worker thread to the thread that started it. */
export function threadChannel(port: MessagePort): Channel {
  return {
    post: (message) => {
      port.postMessage(message);
    },
    listen: (onMessage) => port.on('message', onMessage),
  };
}

/** The channel of a forked process to the process that started it; it goes when its host goes. */
export function processChannel(): Channel {
  process.on('disconnect', () => process.exit(0));
  return {
    post: (message) => process.send?.(message),
    listen: (onMessage) => process.on('message', onMessage),
  };
}

interface CallOf<C extends Calls<C>, K extends Kind<C>> {
  readonly type: 'call';
  readonly id: number;
  readonly kind: K;
  readonly request: C[K]['request'];
}

function isCallOf<C extends Calls<C>, K extends Kind<C>>(
  handlers: Handlers<C>,
  call: Extract<ToPeer, { type: 'call' }>,
): call is CallOf<C, K> {
  return Object.hasOwn(handlers, call.kind);
}
