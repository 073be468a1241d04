import { AppError } from '../app-error.ts';
import { isFromPeer } from './messages.ts';
import type { Calls, FromPeer, Kind } from './messages.ts';
import type { Exit, Peer, PeerEvents } from './peer.ts';

/** The end of a peer, seen from one call that it was busy with. */
export interface Crash {
  readonly exit: Exit;
  /** How often a peer has died under this call, this time included. */
  readonly crashes: number;
  /** False where the call has handed out what a second run cannot take back. */
  readonly isRepeatable: boolean;
}

export interface RpcOptions {
  /** Starts the other side: at the first call, and again after its end. */
  readonly start: (events: PeerEvents) => Peer;
  /** Calls that the peer has at a time. The rest waits here, where a more urgent one can overtake it. */
  readonly maxRunning?: number;
  /** What a call ends with when the peer dies under it; undefined sends it again, to the next peer. */
  readonly onCrash: (crash: Crash) => Error | undefined;
  /** After the calls of a dead peer were settled; not after close() or kill(). */
  readonly onExit?: () => void;
  /** What calls after close() or kill() end with. */
  readonly closed: () => Error;
  /** Milliseconds that an aborted call may go on before its peer is killed; left out, it may for ever. */
  readonly abortGrace?: number;
  /** Milliseconds before the first repetition; they double at each crash of one call. */
  readonly backOff?: number;
  /** Unused for so many milliseconds, the peer goes and its memory with it. */
  readonly idle?: number;
  /** What the peer tells without having been asked. */
  readonly onNotice?: (notice: unknown) => void;
  readonly onLog: PeerEvents['onLog'];
}

export interface CallOptions<Event> {
  readonly signal?: AbortSignal | undefined;
  /** The lower goes first; equals in the order in which they came. */
  readonly priority?: number;
  readonly onEvent?: ((event: Event) => void) | undefined;
  /** Asked when the peer died under the call; left out, the call may be repeated. */
  readonly isRepeatable?: () => boolean;
}

interface Job {
  readonly id: number;
  readonly kind: string;
  readonly request: unknown;
  readonly priority: number;
  readonly signal: AbortSignal | undefined;
  readonly isRepeatable: () => boolean;
  readonly onAnswer: (message: Answer) => void;
  readonly reject: (error: Error) => void;
  crashes: number;
}

type Answer = Extract<FromPeer, { type: 'event' | 'reply' }>;

/**
 * The calling side: a queue with priorities in front of a peer that may die.
 *
 * A peer starts with the first call and again after a crash; what becomes of the calls that it had is `onCrash`'s to
 * say. Events of one call come in order and before its end. (The shape answers the complaints about indexers that stay
 * stuck until a window reload.)
 */
export class RpcClient<C extends Calls<C>> {
  readonly #options: RpcOptions;
  readonly #waiting: Job[] = [];
  readonly #running = new Map<number, Job>();
  #peer: Peer | undefined;
  #nextId = 1;
  #resting: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Resolves close(), once the peer is gone. */
  #onGone: (() => void) | undefined;

  constructor(options: RpcOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#peer !== undefined;
  }

  /** The peer's process id while it runs, for the log and for tests that kill it. */
  get pid(): number | undefined {
    return this.#peer?.pid;
  }

  /** @throws AppError that the other side failed with; what `onCrash` says; the signal's reason once it is aborted */
  call<K extends Kind<C>>(
    kind: K,
    request: C[K]['request'],
    { signal, priority = 0, onEvent, isRepeatable = () => true }: CallOptions<C[K]['event']> = {},
  ): Promise<C[K]['reply']> {
    if (this.#isClosed) return Promise.reject(this.#options.closed());
    if (signal?.aborted) return Promise.reject(reasonOf(signal));
    const abort = () => {
      this.#abort(job);
    };
    const { promise, resolve, reject } = Promise.withResolvers<C[K]['reply']>();
    const onAnswer = (message: Answer) => {
      if (isEventOf<C, K>(message, kind)) onEvent?.(message.event);
      else if (isReplyOf<C, K>(message, kind)) resolve(message.reply);
      else reject(new Error(`The call ${kind} was answered with ${message.type} of ${message.kind}.`));
    };
    const id = this.#nextId++;
    const job: Job = { id, kind, request, priority, signal, isRepeatable, onAnswer, reject, crashes: 0 };
    signal?.addEventListener('abort', abort, { once: true });
    const after = this.#waiting.findIndex((other) => other.priority > priority);
    this.#waiting.splice(after < 0 ? this.#waiting.length : after, 0, job);
    this.#pump();
    return promise.finally(() => {
      signal?.removeEventListener('abort', abort);
    });
  }

  /** Lets the peer end in good order; settled when it is gone. */
  async close(): Promise<void> {
    this.#shut();
    const peer = this.#peer;
    if (!peer) return;
    const gone = new Promise<void>((resolve) => {
      this.#onGone = resolve;
    });
    peer.post({ type: 'close' });
    await gone;
    this.#rejectRunning();
  }

  /** Ends the peer at once, and every call with it. */
  kill(): void {
    this.#shut();
    this.#stop();
    this.#rejectRunning();
  }

  #shut(): void {
    this.#isClosed = true;
    clearTimeout(this.#resting);
    clearTimeout(this.#idle);
    for (const job of this.#waiting.splice(0)) job.reject(this.#options.closed());
  }

  #rejectRunning(): void {
    for (const job of this.#running.values()) job.reject(reasonOf(job.signal, this.#options.closed));
    this.#running.clear();
  }

  #pump(): void {
    if (this.#isClosed || this.#resting) return;
    clearTimeout(this.#idle);
    const { maxRunning = Infinity, idle } = this.#options;
    while (this.#running.size < maxRunning) {
      const job = this.#waiting.shift();
      if (!job) break;
      this.#send(job);
    }
    if (this.#running.size > 0) return;
    this.#peer?.hold?.(false);
    if (idle === undefined) return;
    // An idle peer must neither hold memory for ever nor keep its host alive.
    this.#idle = setTimeout(() => {
      this.#stop();
    }, idle).unref();
  }

  #send(job: Job): void {
    const { id, kind, request } = job;
    try {
      this.#peer ??= this.#start();
      this.#peer.hold?.(true);
      this.#running.set(id, job);
      this.#peer.post({ type: 'call', id, kind, request });
    } catch (error) {
      // The request cannot be copied, or the peer cannot be started: no other call has to suffer for it.
      this.#running.delete(id);
      job.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #start(): Peer {
    const { start, onLog } = this.#options;
    const peer = start({
      onMessage: (message) => {
        if (this.#peer === peer) this.#receive(message);
      },
      onExit: (exit) => {
        if (this.#peer === peer) this.#exited(exit);
      },
      onLog,
    });
    return peer;
  }

  #receive(message: unknown): void {
    if (!isFromPeer(message)) {
      this.#options.onLog('error', 'A message came that is none of the protocol; it was dropped.');
      return;
    }
    if (message.type === 'notice') {
      this.#options.onNotice?.(message.notice);
      return;
    }
    const job = this.#running.get(message.id);
    if (!job) return;
    if (message.type === 'event') {
      job.onAnswer(message);
      return;
    }
    this.#running.delete(job.id);
    if (message.type === 'reply') job.onAnswer(message);
    else if (message.type === 'aborted') job.reject(reasonOf(job.signal));
    else job.reject(AppError.from(message.failure));
    this.#pump();
  }

  #abort(job: Job): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) {
      this.#waiting.splice(at, 1);
      job.reject(reasonOf(job.signal));
      return;
    }
    const peer = this.#peer;
    if (!peer || !this.#running.has(job.id)) return;
    peer.post({ type: 'abort', id: job.id });
    const { abortGrace } = this.#options;
    if (abortGrace === undefined) return;
    setTimeout(() => {
      if (this.#peer === peer && this.#running.has(job.id)) peer.kill();
    }, abortGrace).unref();
  }

  #exited(exit: Exit): void {
    this.#peer = undefined;
    if (this.#isClosed) {
      this.#onGone?.();
      return;
    }
    const { onCrash, onExit, backOff = 0 } = this.#options;
    const lost = [...this.#running.values()];
    this.#running.clear();
    const again: Job[] = [];
    for (const job of lost) {
      job.crashes += 1;
      const error = job.signal?.aborted
        ? reasonOf(job.signal)
        : onCrash({ exit, crashes: job.crashes, isRepeatable: job.isRepeatable() });
      if (error) job.reject(error);
      else again.push(job);
    }
    this.#waiting.unshift(...again);
    if (again.length > 0 && backOff > 0) {
      // Calls that come meanwhile wait too: what has just crashed needs a moment.
      this.#resting = setTimeout(
        () => {
          this.#resting = undefined;
          this.#pump();
        },
        backOff * 2 ** (Math.max(...again.map(({ crashes }) => crashes)) - 1),
      );
    }
    onExit?.();
    this.#pump();
  }

  /** Lets the peer go: what it still says is heard no more. */
  #stop(): void {
    this.#peer?.kill();
    this.#peer = undefined;
  }
}

/** What an aborted call ends with; `or` where the signal was not aborted. */
function reasonOf(signal: AbortSignal | undefined, or?: () => Error): Error {
  if (or && !signal?.aborted) return or();
  return signal?.reason instanceof Error ? signal.reason : new DOMException('The call was cancelled.', 'AbortError');
}

function isReplyOf<C extends Calls<C>, K extends Kind<C>>(
  message: Answer,
  kind: K,
): message is { type: 'reply'; id: number; kind: K; reply: C[K]['reply'] } {
  return message.type === 'reply' && message.kind === kind;
}

function isEventOf<C extends Calls<C>, K extends Kind<C>>(
  message: Answer,
  kind: K,
): message is { type: 'event'; id: number; kind: K; event: C[K]['event'] } {
  return message.type === 'event' && message.kind === kind;
}
