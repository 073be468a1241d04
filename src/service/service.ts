import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, asAppError, isErrorOf, stackOf } from '../common/app-error.ts';
import type { Failure } from '../common/app-error.ts';
import { answer } from '../answer/answer.ts';
import type { AnswerEvent } from '../answer/answer.ts';
import { listEarly } from '../answer/early-lists.ts';
import { LastPrompt } from '../answer/last-prompt.ts';
import { LastChanges } from '../evidence/last-change.ts';
import { evidenceFor } from '../evidence/gather.ts';
import { addModel, planAdd } from '../answer-model/add-model.ts';
import type { AddProgress } from '../answer-model/add-model.ts';
import { listLocalModels, removeLocalModel } from '../answer-model/local-models.ts';
import { foundServers } from '../answer-model/found-servers.ts';
import { serverCard } from '../answer-model/server-card.ts';
import type { RpcClient } from '../common/rpc/client.ts';
import type { CallContext, Handlers } from '../common/rpc/server.ts';
import { homeFolder, prepareHome } from '../index/storage-path.ts';
import { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';
import type { IndexedFolder } from '../retrieve/multi-folder-search.ts';
import { Engine } from '../engine/client/engine.ts';
import { allowGit } from '../workspace/git/git.ts';
import { AnswerModels } from './answer-models.ts';
import { filesInScope } from './files-in-scope.ts';
import { removeStored, storedMemories } from '../index/stored-memories.ts';
import { coalesced } from './coalesced.ts';
import { FolderIndexer } from './folder-indexer.ts';
import type { IndexingState } from '../library/coverage.ts';
import { indexingStateOf, partialPercent, refusedWithoutGit, toolOutcome } from './tool-outcome.ts';
import type {
  QuestionScope,
  Folder,
  MemoryFacts,
  HostCalls,
  Question,
  RememberedFile,
  ServiceCalls,
  ServiceNotice,
  ServiceSettings,
} from './protocol.ts';

/** Milliseconds that a question waits for files saved just before: some dozen segments on two cores. */
const SAVED = 5_000;
/** Milliseconds from a question to a list of what is read, where not all is. */
const FIRST_LIST = 250;
/** Files of one message: two milliseconds of the host's time. */
const PAGE = 1_000;
/** Milliseconds between two messages of how far something is. */
const PROGRESS = 250;

/** Every open folder's memory and the one engine, behind requests: what runs in the thread. */
export class Service {
  readonly #notify: (notice: ServiceNotice) => void;
  readonly #answerModels: AnswerModels;
  readonly #lastChanges = new LastChanges();
  readonly #indexers = new Map<string, FolderIndexer>();
  #folders: readonly Folder[] = [];
  #settings: ServiceSettings;
  #engine: Engine;
  #paused = false;
  /** Answers under way: a change of the settings waits for them. */
  readonly #asking = new Set<Promise<void>>();
  readonly #lastPrompt = new LastPrompt();
  #changing: Promise<void> = Promise.resolve();

  constructor(settings: ServiceSettings, notify: (notice: ServiceNotice) => void, host: RpcClient<HostCalls>) {
    this.#settings = settings;
    this.#answerModels = new AnswerModels(host, () => this.#engineOptions());
    this.#notify = notify;
    allowGit(settings.isTrusted);
    this.#engine = this.#newEngine();
  }

  /** A handler for each kind of call. */
  readonly handlers: Handlers<ServiceCalls> = {
    folders: this.#settled((folders) => this.#open(folders)),
    refresh: this.#settled(async ({ root, paths }) => {
      const indexer = this.#indexer(root);
      if (paths) await indexer.refreshPaths(paths, performance.now());
      else await indexer.refresh();
    }),
    pause: this.#settled(() => {
      this.#paused = true;
      for (const indexer of this.#indexers.values()) indexer.pause();
    }),
    resume: this.#settled(() => {
      this.#paused = false;
      for (const indexer of this.#indexers.values()) void indexer.resume();
    }),
    ask: this.#settled((question, context) => this.#counted(this.#ask(question, context))),
    recall: this.#settled(async ({ question, scope: asked }, { signal }) => {
      const members = await this.#members();
      const scope = await this.#scope(asked, members, signal);
      const how = { signal, ...(scope && { scope }) };
      return (await new MultiFolderSearch(members).recall(question, how)).files;
    }),
    tool: this.#settled(async ({ name, input }, { signal }) => {
      const ground = async () => {
        const members = await this.#members();
        await this.#caughtUp(signal);
        return { members, states: () => this.#indexingStates() };
      };
      const refused = this.#settings.isTrusted ? undefined : refusedWithoutGit(name, input);
      if (refused) return refused;
      const onFailure = (error: unknown) => {
        // A wrong input is the agent's own; damage is logged and repaired as for a question.
        if (asAppError(error).blame !== 'usage') this.failureOf(error, name);
      };
      return toolOutcome(this.#engine, ground, { name, input }, { signal, onFailure });
    }),
    lastChange: this.#settled(async ({ root, path, start, end }, { signal }) => {
      const index = await this.#indexer(root).open();
      return this.#lastChanges.of(index, path, { start, end }, { signal });
    }),
    evidence: this.#settled(async ({ question, scope: asked, evidenceKind, from, most }, { signal }) => {
      const members = await this.#members();
      const scope = await this.#scope(asked, members, signal);
      const how = { from, most, signal, ...(scope && { scope }), ...(evidenceKind && { kind: evidenceKind }) };
      return evidenceFor(new MultiFolderSearch(members), question, how);
    }),
    facts: this.#settled(({ root }, { emit }) => this.#facts(root, emit)),
    forget: this.#settled(async ({ root, paths }) => {
      const forgotten = await this.#indexer(root).forget(paths);
      // Behind an answer that is being written; nobody has to wait for its end.
      void this.#forgetPrompt();
      return forgotten;
    }),
    remember: this.#settled(async ({ root, paths }) => {
      await this.#indexer(root).refreshPaths(paths, performance.now(), true);
    }),
    overlay: this.#settled(({ root, path, text }) => this.#indexer(root).overlay(path, text)),
    memories: this.#settled(() => storedMemories(this.#settings.home)),
    removeMemories: this.#settled((names) => removeStored(this.#settings.home, names)),
    warm: this.#settled(async (_, { signal }) => {
      const description = await this.#engine.describe({ signal, priority: 'question' });
      this.#notify({ kind: 'engine', description });
      return description;
    }),
    servers: (_, { signal }) => foundServers(signal),
    localModels: () => listLocalModels(homeFolder()),
    planModel: (given) => planAdd(homeFolder(), given),
    addModel: async (given, { signal, emit }) => {
      const home = homeFolder();
      prepareHome(home);
      let last = -Infinity;
      const onProgress = (progress: AddProgress) => {
        if (performance.now() - last < PROGRESS) return;
        last = performance.now();
        emit(progress);
      };
      await addModel(home, await planAdd(home, given), { signal, onProgress });
    },
    removeModel: (name) => {
      this.#answerModels.release(name);
      return removeLocalModel(homeFolder(), name);
    },
    serverCard: ({ baseUrl, model, key }, { signal }) => serverCard(baseUrl, { model, key, signal }),
    settings: async (settings) => {
      this.#changing = this.#changing.then(() => this.#change(settings));
      await this.#changing;
    },
  };

  /** What the editor is told of an error; indexers that can repair it begin to. */
  failureOf(error: unknown, kind: string): Failure {
    for (const indexer of this.#indexers.values()) indexer.repair(error);
    if (!isErrorOf(error, 'service')) {
      this.#notify({ kind: 'log', level: 'error', line: `${kind}: ${stackOf(error)}` });
    }
    const { code, editorText } = asAppError(error);
    return { code, message: editorText };
  }

  async close(): Promise<void> {
    this.#engine.close();
    this.#answerModels.close();
    await Promise.all([...this.#indexers.values()].map((indexer) => indexer.close()));
  }

  /** A call that comes while the settings change is for the memories that are opened with them. */
  #settled<Request, Context, Reply>(
    handle: (request: Request, context: Context) => Reply | Promise<Reply>,
  ): (request: Request, context: Context) => Promise<Reply> {
    return async (request, context) => {
      await this.#changing;
      return handle(request, context);
    };
  }

  async #ask(
    { question, history, selection, evidenceKind, scope: asked, isAboutScope, answerer }: Question,
    { signal, emit }: CallContext<AnswerEvent>,
  ): Promise<void> {
    const members = await this.#members();
    const ready = this.#caughtUp(signal);
    const early = {
      members: () => members,
      scope: () => this.#scope(asked, members, signal),
      history,
      first: FIRST_LIST,
      percent: () => Math.min(100, ...Array.from(this.#indexers.values(), (indexer) => partialPercent(indexer) ?? 100)),
      signal,
    };
    await listEarly(question, ready, early, emit);
    await ready;
    for (const indexer of this.#indexers.values()) {
      const percent = partialPercent(indexer);
      if (percent !== undefined) emit({ kind: 'partial', percent });
    }
    const scope = await this.#scope(asked, members, signal);
    await this.#answerModels.use(answerer, async (model) => {
      const how = {
        history,
        lastPrompt: this.#lastPrompt,
        signal,
        ...(model && { model }),
        ...(scope && { scope }),
        isAboutScope: isAboutScope === true || asked.base.kind === 'changed',
        ...(selection && { selection }),
        ...(evidenceKind && { evidenceKind }),
      };
      if (members.every(({ index }) => index.length === 0)) this.#refuseUnread();
      await answer(new MultiFolderSearch(members), question, how, emit);
    });
  }

  /** Waits for what was saved or opened just before, but not for long. */
  async #caughtUp(signal: AbortSignal): Promise<void> {
    // Who saves and asks wants to be answered from what was saved.
    const saved = Promise.all(Array.from(this.#indexers.values(), (indexer) => indexer.saved()));
    await Promise.race([saved, pause(SAVED, undefined, { ref: false })]);
    signal.throwIfAborted();
    // Somebody who has just opened a folder asks about files whose turn has not come.
    await Promise.all(Array.from(this.#indexers.values(), (indexer) => indexer.searchable(signal)));
  }

  /** How far each folder has been read. */
  #indexingStates(): IndexingState[] {
    return Array.from(this.#indexers.values(), (indexer) => indexingStateOf(indexer));
  }

  async #scope(asked: QuestionScope, members: readonly IndexedFolder[], signal: AbortSignal) {
    if (asked.base.kind === 'changed' && !this.#settings.isTrusted) {
      throw new AppError('service/no-git');
    }
    return filesInScope(asked, members, signal);
  }

  /** Nothing is remembered yet: because of a pause, or because the reading has only begun. */
  #refuseUnread(): void {
    const states = Array.from(this.#indexers.values(), ({ state }) => state);
    if (states.some((state) => state.kind === 'paused' && !state.isIndexed)) {
      throw new AppError('service/paused');
    }
    if (states.some(({ kind }) => ['opening', 'walking', 'reading', 'embedding'].includes(kind))) {
      throw new AppError('service/not-read-yet');
    }
  }

  async #counted(asking: Promise<void>): Promise<void> {
    this.#asking.add(asking);
    try {
      await asking;
    } finally {
      this.#asking.delete(asking);
    }
  }

  /** Opens new folders and reads them one after the other, closes those that are gone. */
  async #open(folders: readonly Folder[]): Promise<void> {
    this.#folders = folders;
    const wanted = new Set(folders.map(({ root }) => root));
    for (const [root, indexer] of this.#indexers) {
      if (wanted.has(root)) continue;
      this.#indexers.delete(root);
      await indexer.close();
    }
    for (const folder of folders) {
      if (this.#indexers.has(folder.root)) continue;
      const indexer = this.#newKeeper(folder);
      this.#indexers.set(folder.root, indexer);
      if (this.#paused) indexer.pause();
      // The memory of before answers at once; what changed meanwhile is read behind it.
      void indexer.refresh();
    }
  }

  async #change(settings: ServiceSettings): Promise<void> {
    const before = this.#settings;
    this.#settings = settings;
    const same = (name: keyof ServiceSettings) => JSON.stringify(before[name]) === JSON.stringify(settings[name]);
    const isSameEngine = same('device') && same('threads') && same('modelsFolder');
    if (isSameEngine && same('home') && same('exclude') && same('secretExceptions') && same('isTrusted')) return;
    if (!settings.isTrusted) allowGit(false);
    await Promise.allSettled(this.#asking);
    const indexers = [...this.#indexers.values()];
    const unsaved = new Map(indexers.map(({ folder, unsaved: own }) => [folder.root, own]));
    this.#indexers.clear();
    await Promise.all(indexers.map((indexer) => indexer.close()));
    // Only now, when nothing of before is under way.
    await this.#forgetPrompt();
    allowGit(settings.isTrusted);
    if (!isSameEngine) {
      this.#engine.close();
      this.#answerModels.close();
      this.#engine = this.#newEngine();
    }
    // A folder that git may be asked about is known by its repository: what was read by its place is taken over.
    await this.#open(this.#folders);
    for (const [root, own] of unsaved) this.#indexers.get(root)?.layUnsaved(own);
  }

  /** Opened folder indexes, with the folder's name before each path where there are several. */
  async #members(): Promise<readonly IndexedFolder[]> {
    const several = this.#folders.length > 1;
    return Promise.all(
      this.#folders.map(async ({ root, name }) => ({
        index: await this.#indexer(root).open(),
        prefix: several ? `${name}/` : '',
      })),
    );
  }

  async #facts(root: string, onFiles: (files: readonly RememberedFile[]) => void): Promise<Omit<MemoryFacts, 'files'>> {
    const indexer = this.#indexer(root);
    const files = await indexer.files();
    for (let at = 0; at < files.length; at += PAGE) {
      onFiles(files.slice(at, at + PAGE));
      // Messages that were posted in one go would reach the host in one go.
      await pause(1);
    }
    const { ledger } = await indexer.open();
    const { databaseBytes, tokens } = ledger.totals();
    return { folder: indexer.folder, databaseBytes, tokens };
  }

  #indexer(root: string): FolderIndexer {
    const indexer = this.#indexers.get(root);
    if (!indexer) throw new AppError('service/not-open');
    return indexer;
  }

  #newKeeper(folder: Folder): FolderIndexer {
    return new FolderIndexer({
      folder,
      engine: this.#engine,
      home: this.#settings.home,
      exclude: this.#settings.exclude,
      secretExceptions: this.#settings.secretExceptions ?? [],
      onState: (state) => {
        this.#notify({ kind: 'state', root: folder.root, state });
        if (state.kind === 'ready') void this.#forgetWhatIsGone();
      },
      onRefreshed: (refreshed) => {
        this.#notify({ kind: 'refreshed', refreshed });
        void this.#forgetWhatIsGone();
      },
      onNotice: (message) => {
        this.#notify({ kind: 'notice', message });
      },
      onLog: (level, line) => {
        this.#notify({ kind: 'log', level, line });
      },
    });
  }

  /** Drops the last prompt where a line of it has changed, is gone, or may not be read any more: asked twice a save. */
  readonly #forgetWhatIsGone = coalesced(async () => {
    const stands = async () => this.#lastPrompt.stands(new MultiFolderSearch(await this.#members()));
    // Of what cannot be looked at nobody knows whether it may still be read.
    if (!(await stands().catch(() => false))) await this.#forgetPrompt();
  });

  /** What was read for the last answer is kept for the next; from now on it is not. */
  async #forgetPrompt(): Promise<void> {
    this.#lastPrompt.drop();
    const engines = [this.#engine, this.#answerModels];
    // A process that has gone keeps nothing.
    await Promise.all(engines.map((engine) => engine.forgetPrompt().catch(() => undefined)));
  }

  #newEngine(): Engine {
    const { modelsFolder } = this.#settings;
    const { settings, ...options } = this.#engineOptions();
    const folders = { baseFolder: join(modelsFolder, 'base'), adapterFolder: join(modelsFolder, 'adapter') };
    return new Engine({ ...options, settings: { ...settings, ...folders } });
  }

  /** What the memory's engine and that of a local answer model have in common. */
  #engineOptions() {
    const { engineScript, device, threads } = this.#settings;
    return {
      script: engineScript,
      settings: { device, ...(threads > 0 ? { threads } : {}) },
      onLog: (line: string) => {
        this.#notify({ kind: 'log', level: 'info', line: `engine: ${line}` });
      },
    };
  }
}
