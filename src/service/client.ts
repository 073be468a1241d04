import * as l10n from '@vscode/l10n';
import { Worker } from 'node:worker_threads';
import type { Description } from '../engine/protocol.ts';
import type {
  AskedScope,
  AskEvent,
  Folder,
  FromService,
  MemoryFacts,
  PointedFile,
  Question,
  RememberedFile,
  ServiceNotice,
  ServiceReply,
  ServiceRequest,
  ServiceSettings,
  ToService,
} from './protocol.ts';
import { ServiceError } from './service-error.ts';

export interface ServiceOptions {
  /** The thread's script, dist/service.js. */
  readonly script: string;
  readonly settings: ServiceSettings;
  readonly onNotice: (notice: ServiceNotice) => void;
}

/** Deaths of the thread in a row after which it is left alone until somebody asks again. */
const MAX_DEATHS = 3;

interface Pending {
  readonly resolve: (reply: ServiceReply) => void;
  readonly reject: (error: Error) => void;
  readonly onEvent: ((event: AskEvent) => void) | undefined;
  readonly onFiles: ((files: readonly RememberedFile[]) => void) | undefined;
}

/**
 * The service as its host sees it. Files, database, sums and the engine's queue live in a thread of their own, so that
 * the host never waits for them; the model itself lives in a process beyond. A thread that dies is started anew with
 * the same folders, and what was asked of it fails with a sentence.
 */
export class ServiceClient {
  readonly #options: ServiceOptions;
  #settings: ServiceSettings;
  #folders: readonly Folder[] = [];
  /** What a new thread has to be told again: it holds unsaved text in RAM alone. */
  readonly #overlays = new Map<string, { readonly root: string; readonly path: string; readonly text: string }>();
  #paused = false;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #nextId = 1;
  #deaths = 0;
  #closed = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#settings = options.settings;
  }

  /**
   * The workspace's folders; their memories are opened and brought up to date. Folders that are left out are closed.
   */
  async folders(folders: readonly Folder[]): Promise<void> {
    this.#folders = folders;
    this.#deaths = 0;
    const roots = new Set(folders.map(({ root }) => root));
    for (const [name, { root }] of this.#overlays) if (!roots.has(root)) this.#overlays.delete(name);
    await this.#ask({ kind: 'folders', folders });
  }

  /** Settled when the memory holds what is on disk. `paths` are relative to the root, with `/`. */
  async refresh(root: string, paths?: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.#ask({ kind: 'refresh', root, ...(paths ? { paths } : {}) }, { signal });
  }

  async pause(): Promise<void> {
    this.#paused = true;
    await this.#ask({ kind: 'pause' });
  }

  async resume(): Promise<void> {
    this.#paused = false;
    await this.#ask({ kind: 'resume' });
  }

  /** Settled after the last event. Throws ServiceError, or the signal's reason. */
  async ask(question: Question, onEvent: (event: AskEvent) => void, signal?: AbortSignal): Promise<void> {
    this.#deaths = 0;
    await this.#ask({ kind: 'ask', question }, { signal, onEvent });
  }

  /** Which files a question means, best first, without an answer. */
  async recall(question: string, scope: AskedScope, signal?: AbortSignal): Promise<readonly PointedFile[]> {
    const reply = await this.#ask({ kind: 'recall', question, scope }, { signal });
    return reply.kind === 'pointed' ? reply.files : [];
  }

  async facts(root: string): Promise<MemoryFacts> {
    const files: RememberedFile[] = [];
    const reply = await this.#ask({ kind: 'facts', root }, { onFiles: (some) => files.push(...some) });
    if (reply.kind !== 'facts') throw unfitting(reply);
    return { ...reply.facts, files };
  }

  /** Takes files out of the memory, folders with all they hold. They stay out until remember() is called for them. */
  async forget(root: string, paths: readonly string[]): Promise<{ files: number; certificate: string }> {
    const reply = await this.#ask({ kind: 'forget', root, paths });
    if (reply.kind !== 'forgotten') throw unfitting(reply);
    return { files: reply.files, certificate: reply.certificate };
  }

  /** Reads files again that were forgotten. */
  async remember(root: string, paths: readonly string[]): Promise<void> {
    await this.#ask({ kind: 'remember', root, paths });
  }

  /** What stands in an editor and not on disk; undefined once it is saved or closed. Kept in RAM alone. */
  async overlay(root: string, path: string, text: string | undefined): Promise<void> {
    const name = JSON.stringify([root, path]);
    if (text === undefined) this.#overlays.delete(name);
    else this.#overlays.set(name, { root, path, text });
    await this.#ask({ kind: 'overlay', root, path, ...(text === undefined ? {} : { text }) });
  }

  async warm(signal?: AbortSignal): Promise<Description> {
    const reply = await this.#ask({ kind: 'warm' }, { signal });
    if (reply.kind !== 'warmed') throw unfitting(reply);
    return reply.description;
  }

  async settings(settings: ServiceSettings): Promise<void> {
    this.#settings = settings;
    if (this.#worker) await this.#ask({ kind: 'settings', settings });
  }

  /** Ends the thread and the engine's process. Nothing that was saved is lost. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (!worker) return;
    const gone = new Promise<void>((resolve) =>
      worker.once('exit', () => {
        resolve();
      }),
    );
    this.#post({ kind: 'close' });
    await gone;
  }

  #ask(
    request: ServiceRequest,
    options: Partial<Pick<Pending, 'onEvent' | 'onFiles'>> & { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ServiceReply> {
    const { signal, onEvent, onFiles } = options;
    if (this.#closed) return Promise.reject(new ServiceError(l10n.t('Ask Codebase is closing.'), 'none'));
    if (signal?.aborted) return Promise.reject(reasonOf(signal));
    const id = this.#nextId++;
    const cancel = () => {
      this.#post({ kind: 'cancel', id });
    };
    signal?.addEventListener('abort', cancel, { once: true });
    return new Promise<ServiceReply>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onEvent, onFiles });
      this.#start();
      this.#post({ kind: 'request', id, request });
    })
      .then((reply) => {
        if (reply.kind === 'failed') throw new ServiceError(reply.sentence, reply.action);
        if (reply.kind === 'cancelled') throw reasonOf(signal);
        return reply;
      })
      .finally(() => {
        signal?.removeEventListener('abort', cancel);
      });
  }

  #start(): void {
    if (this.#worker) return;
    const worker = new Worker(this.#options.script, { workerData: this.#settings, stderr: true });
    this.#worker = worker;
    worker.on('message', (message: FromService) => {
      this.#receive(message);
    });
    worker.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log('warn', text.trimEnd());
    });
    worker.on('error', (error: Error) => {
      this.#log('error', `The memory's thread failed: ${error.stack ?? error.message}`);
    });
    worker.on('exit', () => {
      this.#died(worker);
    });
  }

  #died(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    if (this.#closed) return;
    this.#deaths += 1;
    for (const { reject } of lost)
      reject(new ServiceError(l10n.t('The memory stopped and is started again.'), 'retry'));
    if (this.#deaths >= MAX_DEATHS || this.#folders.length === 0) return;
    const again: ServiceRequest[] = [
      ...(this.#paused ? [{ kind: 'pause' } as const] : []),
      { kind: 'folders', folders: this.#folders },
      ...Array.from(this.#overlays.values(), (overlay) => ({ kind: 'overlay', ...overlay }) as const),
    ];
    for (const request of again) {
      this.#ask(request).catch((error: unknown) => {
        this.#log('error', `The memory could not be started again: ${String(error)}`);
      });
    }
  }

  #receive(message: FromService): void {
    switch (message.kind) {
      case 'notice':
        this.#options.onNotice(message.notice);
        break;
      case 'event':
        this.#pending.get(message.id)?.onEvent?.(message.event);
        break;
      case 'files':
        this.#pending.get(message.id)?.onFiles?.(message.files);
        break;
      case 'reply': {
        const pending = this.#pending.get(message.id);
        this.#pending.delete(message.id);
        pending?.resolve(message.reply);
      }
    }
  }

  #post(message: ToService): void {
    this.#worker?.postMessage(message);
  }

  #log(level: 'warn' | 'error', line: string): void {
    this.#options.onNotice({ kind: 'log', level, line });
  }
}

/** A bug: the thread answered something else than it was asked. */
function unfitting({ kind }: ServiceReply): Error {
  return new Error(`The memory's thread answered with ${kind}, which was not asked for.`);
}

function reasonOf(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new DOMException('It was cancelled.', 'AbortError');
}
