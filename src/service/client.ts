import { AppError, asAppError } from '../common/app-error.ts';
import type { FoundServer } from '../answer-model/found-servers.ts';
import type { AddPlan, AddProgress } from '../answer-model/add-model.ts';
import type { LocalModel } from '../answer-model/local-models.ts';
import type { CardFailure, ServerCard } from '../answer-model/server-card.ts';
import type { AnswerEvent } from '../answer/answer.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { LastChange } from '../evidence/last-change.ts';
import { RpcClient } from '../common/rpc/client.ts';
import type { CallOptions } from '../common/rpc/client.ts';
import type { Kind } from '../common/rpc/messages.ts';
import { MessageChannel } from 'node:worker_threads';
import { threadPeer } from '../common/rpc/peer.ts';
import type { Peer, PeerEvents } from '../common/rpc/peer.ts';
import { serve, threadChannel } from '../common/rpc/server.ts';
import type { Handlers } from '../common/rpc/server.ts';
import type { Description } from '../engine/protocol.ts';
import type { Removal, StoredMemory } from '../index/stored-memories.ts';
import type { ToolName } from '../library/tool-inputs.ts';
import type { RankedFile } from '../retrieve/ranked-files.ts';
import { isServiceNotice } from './protocol.ts';
import type {
  LinesInRoot,
  EvidencePage,
  QuestionScope,
  Folder,
  Forgotten,
  MemoryFacts,
  Overlay,
  Question,
  RememberedFile,
  HostCalls,
  ServerQuestion,
  ServiceCalls,
  ServiceNotice,
  ServiceSettings,
  ThreadData,
  ToolOutcome,
} from './protocol.ts';

export interface ServiceOptions {
  /** The thread's script, dist/service.js. */
  readonly script: string;
  readonly settings: ServiceSettings;
  readonly onNotice: (notice: ServiceNotice) => void;
  /** What the thread may ask of its host. */
  readonly host: Handlers<HostCalls>;
}

/** Deaths of the thread in a row after which it is left alone until somebody asks again. */
const MAX_DEATHS = 3;

/**
 * The service as its host sees it. Files, database, sums and the engine's queue live in a thread of their own, so that
 * the host never waits for them; the model itself lives in a process beyond. A thread that dies is started anew with
 * the same folders, and what was asked of it fails with a sentence.
 */
export class ServiceClient {
  readonly #client: RpcClient<ServiceCalls>;
  readonly #onNotice: ServiceOptions['onNotice'];
  #settings: ServiceSettings;
  #folders: readonly Folder[] = [];
  /** What a new thread has to be told again: it holds unsaved text in RAM alone. */
  readonly #overlays = new Map<string, Overlay>();
  #isPaused = false;
  #deaths = 0;
  /** After too many deaths: the next call starts a thread, which has to be told the folders first. */
  #isLeftAlone = false;

  constructor({ script, settings, onNotice, host }: ServiceOptions) {
    this.#settings = settings;
    this.#onNotice = onNotice;
    this.#client = new RpcClient({
      start: (events) => startThread(script, this.#settings, host, events),
      onCrash: () => new AppError('service/stopped'),
      onExit: () => {
        this.#died();
      },
      closed: () => new AppError('service/closing'),
      onNotice: (notice) => {
        if (isServiceNotice(notice)) onNotice(notice);
      },
      onLog: (level, line) => {
        this.#log(level, level === 'error' ? `The memory's thread failed: ${line}` : line);
      },
    });
  }

  /**
   * The workspace's folders; their memories are opened and brought up to date. Folders that are left out are closed.
   */
  async folders(folders: readonly Folder[]): Promise<void> {
    this.#folders = folders;
    this.#deaths = 0;
    const roots = new Set(folders.map(({ root }) => root));
    for (const [name, { root }] of this.#overlays) if (!roots.has(root)) this.#overlays.delete(name);
    await this.#call('folders', folders);
  }

  /** Settled when the memory holds what is on disk. `paths` are relative to the root, with `/`. */
  async refresh(root: string, paths?: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.#call('refresh', { root, paths }, { signal });
  }

  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#call('pause', undefined);
  }

  async resume(): Promise<void> {
    this.#isPaused = false;
    await this.#call('resume', undefined);
  }

  /** Settled after the last event. Throws AppError, or the signal's reason. */
  async ask(question: Question, onEvent: (event: AnswerEvent) => void, signal?: AbortSignal): Promise<void> {
    this.#deaths = 0;
    await this.#call('ask', question, { signal, onEvent });
  }

  /** Which files a question means, best first, without an answer. */
  recall(question: string, scope: QuestionScope, signal?: AbortSignal): Promise<readonly RankedFile[]> {
    return this.#call('recall', { question, scope }, { signal });
  }

  /** Runs a tool for an agent. Throws the signal's reason, or AppError where the thread fails. */
  tool(name: ToolName, input: unknown, signal?: AbortSignal): Promise<ToolOutcome> {
    this.#deaths = 0;
    return this.#call('tool', { name, input }, { signal });
  }

  /** Who wrote lines of a file last; undefined where git does not say. Throws the signal's reason, or AppError. */
  lastChange(lines: LinesInRoot, signal?: AbortSignal): Promise<LastChange | undefined> {
    return this.#call('lastChange', lines, { signal });
  }

  /** A page of what answers a question by itself; undefined where nothing does. */
  evidence(page: EvidencePage, signal?: AbortSignal): Promise<Evidence | undefined> {
    return this.#call('evidence', page, { signal });
  }

  async facts(root: string): Promise<MemoryFacts> {
    const files: RememberedFile[] = [];
    const facts = await this.#call('facts', { root }, { onEvent: (some) => files.push(...some) });
    return { ...facts, files };
  }

  /** Takes files out of the memory, folders with all they hold. They stay out until remember() is called for them. */
  forget(root: string, paths: readonly string[]): Promise<Forgotten> {
    return this.#call('forget', { root, paths });
  }

  /** Reads files again that were forgotten. */
  async remember(root: string, paths: readonly string[]): Promise<void> {
    await this.#call('remember', { root, paths });
  }

  /** What stands in an editor and not on disk; undefined once it is saved or closed. Kept in RAM alone. */
  async overlay(root: string, path: string, text: string | undefined): Promise<void> {
    const name = JSON.stringify([root, path]);
    if (text === undefined) this.#overlays.delete(name);
    else this.#overlays.set(name, { root, path, text });
    await this.#call('overlay', { root, path, text });
  }

  /** Every memory below the home, the last used first. */
  memories(): Promise<readonly StoredMemory[]> {
    return this.#call('memories', undefined);
  }

  /** Removes memories by their names; those that are open somewhere stay. */
  removeMemories(names: readonly string[]): Promise<readonly Removal[]> {
    return this.#call('removeMemories', names);
  }

  localModels(): Promise<readonly LocalModel[]> {
    return this.#call('localModels', undefined);
  }

  planModel(given: string): Promise<AddPlan> {
    return this.#call('planModel', given);
  }

  removeModel(name: string): Promise<void> {
    return this.#call('removeModel', name);
  }

  addModel(given: string, signal: AbortSignal, onEvent: (progress: AddProgress) => void): Promise<void> {
    return this.#call('addModel', given, { signal, onEvent });
  }

  /** The servers of this machine that listen now, for a list that somebody has opened. */
  servers(signal?: AbortSignal): Promise<readonly FoundServer[]> {
    return this.#call('servers', undefined, { signal });
  }

  serverCard(server: ServerQuestion, signal?: AbortSignal): Promise<ServerCard | CardFailure> {
    return this.#call('serverCard', server, { signal });
  }

  warm(signal?: AbortSignal): Promise<Description> {
    return this.#call('warm', undefined, { signal });
  }

  async settings(settings: ServiceSettings): Promise<void> {
    this.#settings = settings;
    if (this.#client.isRunning) await this.#call('settings', settings);
  }

  /** Ends the thread and the engine's process. Nothing that was saved is lost. */
  close(): Promise<void> {
    return this.#client.close();
  }

  /** Calls the thread; one that was left alone is told what the dead one knew before. */
  #call<K extends Kind<ServiceCalls>>(
    kind: K,
    request: ServiceCalls[K]['request'],
    options?: CallOptions<ServiceCalls[K]['event']>,
  ): Promise<ServiceCalls[K]['reply']> {
    if (this.#isLeftAlone) this.#replay();
    return this.#client.call(kind, request, options);
  }

  #died(): void {
    this.#deaths += 1;
    this.#isLeftAlone = this.#deaths >= MAX_DEATHS;
    if (!this.#isLeftAlone) this.#replay();
  }

  /** Tells a new thread what the dead one knew. */
  #replay(): void {
    this.#isLeftAlone = false;
    if (this.#folders.length === 0) return;
    const told = [
      ...(this.#isPaused ? [this.#client.call('pause', undefined)] : []),
      this.#client.call('folders', this.#folders),
      ...Array.from(this.#overlays.values(), (overlay) => this.#client.call('overlay', overlay)),
    ];
    for (const call of told) {
      call.catch((error: unknown) => {
        this.#log('error', `The memory could not be started again: ${String(error)}`);
      });
    }
  }

  #log(level: 'warn' | 'error', line: string): void {
    this.#onNotice({ kind: 'log', level, line });
  }
}

/** A thread with a port on which it can call its host. */
function startThread(script: string, settings: ServiceSettings, host: Handlers<HostCalls>, events: PeerEvents): Peer {
  const { port1: own, port2: its } = new MessageChannel();
  serve<HostCalls>(threadChannel(own), host, {
    failureOf: (error) => {
      const { code, editorText } = asAppError(error);
      return { code, message: editorText };
    },
  });
  // The thread keeps its host running, this port alone does not.
  own.unref();
  const data: ThreadData = { settings, host: its };
  return threadPeer(script, data, events, [its]);
}
