import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { asAppError } from '../common/app-error.ts';
import { Engine } from '../engine/client/engine.ts';
import type { DeviceChoice } from '../engine/settings.ts';
import { FolderIndex } from '../index/folder-index.ts';
import type { IngestProgress } from '../index/ingest.ts';
import type { IndexedFolder } from '../retrieve/multi-folder-search.ts';
import { atCommit } from './at-commit.ts';
import type { ToolGround } from './at-commit.ts';
import { complete, coverageOf, failedIndexing, indexingState } from './coverage.ts';
import type { Coverage, IndexingState } from './coverage.ts';
import { findReferences } from './find-references.ts';
import type { Reference, ReferencesRequest } from './find-references.ts';
import { nameOf, named } from './members.ts';
import { readLines } from './read-lines.ts';
import type { ReadLines, ReadRequest } from './read-lines.ts';
import { searchFiles } from './search-files.ts';
import type { FoundFile, SearchRequest } from './search-files.ts';
import { fitText } from './tool-text.ts';
import type { ToolText } from './tool-text.ts';
import { TOKENS } from './tool-inputs.ts';
import { runTool } from './tools.ts';
import type { ToolName } from './tool-inputs.ts';
import { whatChanged } from './what-changed.ts';
import type { ChangedFile, ChangesRequest } from './what-changed.ts';

export interface MemoryOptions {
  /** The folders; one, or several that are asked together. Nothing outside them is read. */
  readonly root: string | readonly string[];
  /** Where memories lie; ASK_CODEBASE_HOME or the platform's folder for program data where it is left out. */
  readonly home?: string | undefined;
  readonly device?: DeviceChoice | undefined;
  /** Threads of the model on the CPU. */
  readonly threads?: number | undefined;
  /** Globs of files that are read although they are ignored, generated or large. */
  readonly include?: readonly string[] | undefined;
  /** Globs of files that are not read. */
  readonly exclude?: readonly string[] | undefined;
  /** Globs of files whose secrets are read in clear. */
  readonly allowSecrets?: readonly string[] | undefined;
  /** Milliseconds that a call waits for files that are not indexed yet; 3,000 where it is left out. */
  readonly waitMs?: number | undefined;
  /** An engine of the caller's, who closes it. */
  readonly engine?: Engine | undefined;
}

/** Ends a call early, with the signal's reason. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Every result comes as a text too, within the tokens that were asked for. */
interface WithText {
  /** For a model: at most `tokens` long. */
  readonly text: string;
  /** As the memory's own model counts. */
  readonly tokens: number;
}

type Budget = { readonly tokens?: number | undefined };
/** A branch, a tag or a commit, whose files are asked in place of those on disk. */
type At = { readonly at?: string | undefined };

export interface Search extends WithText {
  /** `unlikely`: neither words nor meaning come near the question. `nothing`: no file matches. */
  readonly kind: 'found' | 'unlikely' | 'nothing';
  readonly message: string;
  readonly files: readonly FoundFile[];
  readonly coverage: Coverage;
}

/** ms in which a second call takes the files for unchanged. */
const FRESH = 1_000;
const WAIT = 3_000;

interface Opened {
  readonly index: FolderIndex;
  state: IndexingState;
}

/**
 * Opens the memory of one or more folders, or begins it: files are indexed behind it, and `coverage` says how far that
 * has come. Several processes may open the same folder at once. Close it when you are done.
 *
 * @throws `ask/folder-gone`, `ledger/…`, `engine/model-file`
 */
export async function openMemory(options: MemoryOptions): Promise<Memory> {
  const { root, home, device = 'auto', threads, include, exclude, allowSecrets } = options;
  const engine =
    options.engine ??
    new Engine({
      script: join(dirname(fileURLToPath(import.meta.url)), 'engine.js'),
      settings: { device, ...(threads === undefined ? {} : { threads }) },
    });
  const opened: Opened[] = [];
  try {
    for (const folder of typeof root === 'string' ? [root] : root) {
      const wanted = { include, exclude, secretExceptions: allowSecrets };
      const index = await FolderIndex.open({ root: folder, engine, home, ...wanted });
      opened.push({ index, state: indexingState(0) });
    }
  } catch (error) {
    for (const { index } of opened) index.close();
    if (options.engine === undefined) engine.close();
    throw error;
  }
  return new Memory(opened, engine, options);
}

/** Folders that can be asked. Made by openMemory(). */
export class Memory {
  readonly #opened: readonly Opened[];
  readonly #members: readonly IndexedFolder[];
  readonly #engine: Engine;
  readonly #options: MemoryOptions;
  readonly #closing = new AbortController();
  #refreshing: Promise<void> | undefined;
  #refreshed = -Infinity;

  /** @internal */
  constructor(opened: readonly Opened[], engine: Engine, options: MemoryOptions) {
    this.#opened = opened;
    this.#members = named(opened.map(({ index }) => ({ index, name: nameOf(index.root) })));
    this.#engine = engine;
    this.#options = options;
  }

  /** The folders that may be read, links resolved. */
  get roots(): readonly string[] {
    return this.#members.map(({ index }) => index.root);
  }

  /** The folder indexes with what their paths begin with. */
  get members(): readonly IndexedFolder[] {
    return this.#members;
  }

  /** What can be found now. */
  get coverage(): Coverage {
    return coverageOf(this.#members, this.#states);
  }

  /** Ranked files with line ranges, texts and shares for a question in the caller's own words. */
  async search(request: Omit<SearchRequest, 'tokens'> & Budget & At, { signal }: CallOptions = {}): Promise<Search> {
    await this.upToDate({ signal });
    const { tokens: asked = TOKENS.search, at, ...rest } = request;
    const found = await atCommit(this.#ground, at, signal, ({ members, states }) =>
      searchFiles(members, states, { ...rest, tokens: asked }, signal),
    );
    const { kind, message, files, coverage, parts } = found;
    return { kind, message, files, coverage, ...(await this.#fitted(parts, asked, signal)) };
  }

  /** Lines of an indexed file as they stand on disk now, or in the commit that `at` names. */
  async readLines(
    { at, ...request }: ReadRequest & Budget & At,
    { signal }: CallOptions = {},
  ): Promise<WithText & ReadLines> {
    await this.upToDate({ signal });
    const { parts, ...found } = await atCommit(this.#ground, at, signal, ({ members, states }) =>
      readLines(members, states, request),
    );
    return { ...found, ...(await this.#fitted(parts, request.tokens, signal)) };
  }

  /** Every line that says a name as a whole word, definitions first. */
  async findReferences(
    { at, ...request }: ReferencesRequest & Budget & At,
    { signal }: CallOptions = {},
  ): Promise<
    WithText & { readonly references: readonly Reference[]; readonly isCut: boolean; readonly coverage: Coverage }
  > {
    await this.upToDate({ signal });
    const { parts, ...found } = await atCommit(this.#ground, at, signal, ({ members, states }) =>
      findReferences(members, states, request, signal),
    );
    return { ...found, ...(await this.#fitted(parts, request.tokens, signal)) };
  }

  /** What differs between two commits, or between a commit and the files on disk. */
  async whatChanged(
    request: ChangesRequest & Budget = {},
    { signal }: CallOptions = {},
  ): Promise<WithText & { readonly files: readonly ChangedFile[]; readonly unread: readonly string[] }> {
    await this.upToDate({ signal });
    const { parts, ...found } = await whatChanged(this.#members, request, signal);
    return { ...found, ...(await this.#fitted(parts, request.tokens, signal)) };
  }

  /** Runs a tool with an input that a model made up; its answer as a text. Throws as runTool() does. */
  async run(name: ToolName, input: unknown, { signal }: CallOptions = {}): Promise<WithText> {
    await this.upToDate({ signal });
    const { parts, tokens } = await runTool(this.#ground, name, input, signal);
    return this.#fitted(parts, tokens, signal);
  }

  /** Waits for files that changed, as each call does, but not for long: what is not indexed then `coverage` names. */
  async upToDate({ signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    if (performance.now() - this.#refreshed < FRESH) return;
    const { waitMs = WAIT } = this.#options;
    await untilAborted(Promise.race([this.#refresh(), pause(waitMs, undefined, { ref: false })]), signal);
  }

  /** Settled when every file's words are indexed. A folder that fails says so in `coverage`. */
  async ready({ signal }: CallOptions = {}): Promise<void> {
    await untilAborted(this.#refresh(), signal);
  }

  /** Ends what is under way and closes all. Nothing that was stored is lost. */
  async close(): Promise<void> {
    this.#closing.abort(new DOMException('The memory was closed.', 'AbortError'));
    await this.#refreshing;
    for (const { index } of this.#opened) index.close();
    if (this.#options.engine === undefined) this.#engine.close();
  }

  get #states(): readonly IndexingState[] {
    return this.#opened.map(({ state }) => state);
  }

  get #ground(): ToolGround {
    return { members: this.#members, states: () => this.#states };
  }

  async #fitted(parts: ToolText, tokens: number = TOKENS.usual, signal: AbortSignal | undefined): Promise<WithText> {
    return fitText(parts, tokens, (text) => this.#engine.countHere(text, { signal }));
  }

  #refresh(): Promise<void> {
    this.#refreshing ??= this.#readAll().finally(() => {
      this.#refreshing = undefined;
      this.#refreshed = performance.now();
    });
    return this.#refreshing;
  }

  async #readAll(): Promise<void> {
    const closing = this.#closing.signal;
    for (const opened of this.#opened) {
      try {
        closing.throwIfAborted();
        const onProgress = (progress: IngestProgress) => {
          // A folder that was read whole stays so while it is looked through again.
          if (opened.state.kind !== 'complete') opened.state = indexingState(percentOf(progress));
        };
        await opened.index.indexWords({ onProgress, signal: closing });
        opened.state = complete;
      } catch (error) {
        if (isStopped(closing)) return;
        opened.state = failedIndexing(`Files could not be indexed: ${asAppError(error).message}`);
      }
    }
  }
}

function percentOf(progress: IngestProgress): number {
  return progress.kind === 'indexing' && progress.ofBytes > 0 ? (100 * progress.bytes) / progress.ofBytes : 0;
}

/** The promise's result, unless the signal comes first. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(asError(signal.reason));
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', stop);
    });
  });
}

const isStopped = (signal: AbortSignal): boolean => signal.aborted;

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new DOMException('The call was cancelled.', 'AbortError');
}
