import { EngineError } from '../engine-error.ts';
import { measuredSegments } from '../token-count/measured-segments.ts';
import { TokenCounter } from '../token-count/token-counter.ts';
import { checkHashes, checkSizes, MEND, ModelFileError, readManifest } from '../weights/model-files.ts';
import { EngineProcess } from './process.ts';
import type { Exit } from './process.ts';
import type { Description, Generated, MeasuredSegment, Reply, Request } from '../protocol.ts';
import type { Sampling } from '../generate/sampler.ts';
import { defaultSettings } from '../settings.ts';
import type { EngineSettings } from '../settings.ts';
import type { Message } from '../generate/tokenizer.ts';

/**
 * A question goes before a save, and a save before the first reading: each waits at most for the segment in the works.
 */
export type Priority = 'question' | 'save' | 'ingest';

const RANK: Readonly<Record<Priority, number>> = { question: 0, save: 1, ingest: 2 };

/** Times in milliseconds, and counts, with their reasons. */
const HOST = {
  /** A cancelled request that has not ended by then is stuck in a run: the process is killed. */
  cancelGrace: 5_000,
  /** First wait before a crashed engine is started again; doubles each time. */
  backOff: 250,
  /** Crashes in a row after which the engine is left alone until the next request of the user. */
  maxCrashes: 3,
  /** Unused for so long, the process goes and its memory with it. */
  idle: 5 * 60_000,
} as const;

export interface EngineOptions {
  /** The worker's script: dist/engine.js. */
  readonly script: string;
  readonly settings?: Partial<EngineSettings>;
  readonly idleMs?: number;
  readonly onLog?: (line: string) => void;
}

/** What Node says of a native module that is not there, or that this system cannot load. */
const UNLOADABLE = /onnxruntime_binding\.node|ERR_DLOPEN_FAILED/;

interface Job {
  readonly id: number;
  readonly request: Request;
  readonly priority: Priority;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: ((reply: Reply) => void) | undefined;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
  streamed: boolean;
  crashes: number;
}

export interface AskOptions {
  readonly signal?: AbortSignal;
  readonly priority?: Priority;
}

/**
 * The engine as its users see it: a queue in front of one forked process that runs one request at a time.
 *
 * The process is started by the first request and again after a crash; a request that only computes is repeated, an
 * answer that had begun to stream is not. (The shape answers the complaints about indexers that stay stuck until a
 * window reload.)
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #settings: EngineSettings;
  readonly #queue: Job[] = [];
  #process: EngineProcess | undefined;
  #counter: Promise<TokenCounter | undefined> | undefined;
  #current: Job | undefined;
  #idle: NodeJS.Timeout | undefined;
  #nextId = 1;
  #closed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#settings = defaultSettings(options.settings);
  }

  get settings(): EngineSettings {
    return this.#settings;
  }

  /** The process's id while it runs, for the log and for tests that kill it. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async describe(options: AskOptions = {}): Promise<Description> {
    const reply = await this.#ask({ kind: 'describe' }, options);
    return reply.kind === 'described' ? reply.description : unexpected(reply);
  }

  /**
   * Cuts a text into segments. Where the tokenizer's counts can be made here, the process that runs the model is not
   * started for it: a folder can be searched for words before a model is loaded.
   */
  async segment(text: string, options: AskOptions = {}): Promise<readonly MeasuredSegment[]> {
    const counter = await this.#tokenCounter();
    options.signal?.throwIfAborted();
    if (counter) return measuredSegments(text, (part) => counter.count(part));
    const reply = await this.#ask({ kind: 'segment', text }, options);
    return reply.kind === 'segmented' ? reply.segments : unexpected(reply);
  }

  /** Keys [P · d_k] of one segment under its header, encoded with an empty memory. */
  async encode(
    header: string,
    text: string,
    options: AskOptions = {},
  ): Promise<{ readonly keys: Float32Array; readonly tokens: number; readonly milliseconds: number }> {
    const reply = await this.#ask({ kind: 'encode', header, text }, options);
    return reply.kind === 'encoded' ? reply : unexpected(reply);
  }

  /** The key [d_k] that a question asks with. */
  async question(text: string, options: AskOptions = {}): Promise<Float32Array> {
    const reply = await this.#ask({ kind: 'question', text }, { priority: 'question', ...options });
    return reply.kind === 'asked' ? reply.key : unexpected(reply);
  }

  async count(texts: readonly string[], options: AskOptions = {}): Promise<readonly number[]> {
    const reply = await this.#ask({ kind: 'count', texts }, { priority: 'question', ...options });
    return reply.kind === 'counted' ? reply.counts : unexpected(reply);
  }

  async generate(
    messages: readonly Message[],
    options: {
      readonly maxTokens: number;
      readonly sampling: Sampling;
      /** Segments with their headers that the token memory holds meanwhile; none where it is left out. */
      readonly remembered?: readonly string[];
      readonly signal?: AbortSignal;
      readonly onToken?: (text: string) => void;
      readonly onPrefill?: (tokens: number, of: number) => void;
    },
  ): Promise<Generated> {
    const { maxTokens, sampling, remembered = [] } = options;
    const ask: AskOptions = { priority: 'question', ...(options.signal ? { signal: options.signal } : {}) };
    const reply = await this.#ask({ kind: 'generate', messages, maxTokens, sampling, remembered }, ask, (event) => {
      if (event.kind === 'token') options.onToken?.(event.text);
      if (event.kind === 'prefilled') options.onPrefill?.(event.tokens, event.of);
    });
    return reply.kind === 'generated' ? reply.generated : unexpected(reply);
  }

  /** Ends the process at once; what waits is rejected. */
  close(): void {
    this.#closed = true;
    this.#stop();
    for (const job of this.#queue.splice(0)) job.reject(new EngineError('crashed', 'The engine was closed.'));
  }

  #tokenCounter(): Promise<TokenCounter | undefined> {
    this.#counter ??= loadCounter(this.#settings.baseFolder).catch((error: unknown) => {
      // Not kept: the file may be mended meanwhile.
      this.#counter = undefined;
      if (!(error instanceof ModelFileError)) throw error;
      throw new EngineError('model-file', error.message);
    });
    return this.#counter;
  }

  #ask(request: Request, options: AskOptions, onEvent?: (reply: Reply) => void): Promise<Reply> {
    const { signal, priority = 'ingest' } = options;
    return new Promise<Reply>((resolve, reject) => {
      if (signal?.aborted) {
        reject(abortReason(signal));
        return;
      }
      const job: Job = {
        id: this.#nextId++,
        request,
        priority,
        signal,
        onEvent,
        resolve,
        reject,
        streamed: false,
        crashes: 0,
      };
      signal?.addEventListener(
        'abort',
        () => {
          this.#cancel(job);
        },
        { once: true },
      );
      this.#enqueue(job);
      this.#pump();
    });
  }

  #enqueue(job: Job): void {
    const after = this.#queue.findIndex((other) => RANK[other.priority] > RANK[job.priority]);
    if (after < 0) this.#queue.push(job);
    else this.#queue.splice(after, 0, job);
  }

  #pump(): void {
    if (this.#current || this.#closed) return;
    const job = this.#queue.shift();
    clearTimeout(this.#idle);
    if (!job) {
      // An idle process must neither hold memory for ever nor keep the host alive.
      this.#idle = setTimeout(() => {
        this.#stop();
      }, this.#options.idleMs ?? HOST.idle).unref();
      return;
    }
    this.#current = job;
    this.#process ??= this.#start();
    this.#process.send({ kind: 'request', id: job.id, request: job.request });
  }

  #start(): EngineProcess {
    return new EngineProcess(this.#options.script, this.#settings, {
      onReply: (id, reply) => {
        this.#receive(id, reply);
      },
      onExit: (exit) => {
        this.#exited(exit);
      },
      onLog: (line) => this.#options.onLog?.(line),
    });
  }

  #receive(id: number, reply: Reply): void {
    const job = this.#current;
    if (job?.id !== id) return;
    if (reply.kind === 'token' || reply.kind === 'prefilled') {
      job.streamed ||= reply.kind === 'token';
      job.onEvent?.(reply);
      return;
    }
    this.#current = undefined;
    if (reply.kind === 'failed') job.reject(new EngineError(reply.problem, reply.sentence));
    else if (reply.kind === 'cancelled') job.reject(abortReason(job.signal));
    else job.resolve(reply);
    this.#pump();
  }

  #cancel(job: Job): void {
    const waiting = this.#queue.indexOf(job);
    if (waiting >= 0) {
      this.#queue.splice(waiting, 1);
      job.reject(abortReason(job.signal));
      return;
    }
    if (this.#current !== job) return;
    this.#process?.send({ kind: 'cancel', id: job.id });
    setTimeout(() => {
      if (this.#current === job) this.#process?.kill();
    }, HOST.cancelGrace).unref();
  }

  #exited(exit: Exit): void {
    this.#process = undefined;
    const job = this.#current;
    this.#current = undefined;
    if (!job) return;
    job.crashes += 1;
    if (job.signal?.aborted) {
      job.reject(abortReason(job.signal));
    } else if (this.#closed || job.streamed) {
      job.reject(new EngineError('crashed', `The engine stopped in mid-answer (${told(exit)}). Ask again.`));
    } else if (UNLOADABLE.test(exit.said)) {
      job.reject(new EngineError('unsupported', unsupported()));
    } else if (job.crashes >= HOST.maxCrashes) {
      const sentence = `The engine stopped ${job.crashes} times in a row (${told(exit)}). Try again, or with --device cpu.`;
      job.reject(new EngineError('gave-up', sentence));
    } else {
      this.#queue.unshift(job);
      setTimeout(
        () => {
          this.#pump();
        },
        HOST.backOff * 2 ** (job.crashes - 1),
      );
      return;
    }
    this.#pump();
  }

  #stop(): void {
    clearTimeout(this.#idle);
    this.#process?.kill();
  }
}

/** The counter of the base's tokenizer, whose file is what the manifest says. Throws ModelFileError. */
async function loadCounter(folder: string): Promise<TokenCounter | undefined> {
  const { files } = await readManifest(folder);
  const name = 'tokenizer.json';
  const listed = files[name];
  if (listed === undefined) throw new ModelFileError(`The model manifest does not list ${name}. ${MEND}`);
  await checkSizes(folder, { [name]: listed });
  await checkHashes(folder, { [name]: listed });
  return TokenCounter.load(folder);
}

function unsupported(): string {
  return (
    `The model's runtime, onnxruntime, does not load on this system (${process.platform}-${process.arch}). It is built for ` +
    'Windows, macOS on Apple silicon and Linux with glibc; on those, install the dependencies again.'
  );
}

function told({ code, signal }: Exit): string {
  return signal ? `signal ${signal}` : `exit code ${code ?? 'unknown'}`;
}

function abortReason(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new DOMException('The request was cancelled.', 'AbortError');
}

function unexpected(reply: Reply): never {
  throw new EngineError('internal', `The engine answered with ${reply.kind}, which was not asked for.`);
}
