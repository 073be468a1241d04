import * as l10n from '@vscode/l10n';
import { setTimeout as pause } from 'node:timers/promises';
import { asAppError, isAppError } from '../common/app-error.ts';
import { FolderIndex } from '../index/folder-index.ts';
import type { RefreshOptions } from '../index/folder-options.ts';
import type { Engine } from '../engine/client/engine.ts';
import type { IngestProgress, IngestReport, Words } from '../index/ingest.ts';
import { isAtOrBelow } from '../workspace/walk/below.ts';
import { suggestedPlaces } from '../workspace/walk/suggested-places.ts';
import { certificateSentence, embeddingSentence, readySentence } from './indexer-sentences.ts';
import type { Folder, MemoryState, Refreshed, RememberedFile } from './protocol.ts';
import { count } from './locale.ts';

export interface FolderIndexerOptions {
  readonly folder: Folder;
  readonly engine: Engine;
  readonly home: string;
  readonly exclude: readonly string[];
  readonly secretExceptions?: readonly string[];
  readonly onState: (state: MemoryState) => void;
  readonly onRefreshed: (refreshed: Refreshed) => void;
  /** Something that repaired itself and that has to be known. */
  readonly onNotice: (message: string) => void;
  readonly onLog: (level: 'info' | 'warn' | 'error', line: string) => void;
}

/** Times in milliseconds, each with its reason. */
const INDEXER = {
  /** Between two progress states: often enough to look alive, too seldom to cost anything. */
  progress: 250,
  /** How long a question waits until the words of every file are read. */
  words: 8_000,
} as const;

/** What an indexing run repairs. */
const DAMAGE = ['ledger/damaged', 'ledger/corrupt', 'ledger/missing', 'ledger/gone'] as const;

/**
 * Keeps one folder's memory up to date: one indexing run over everything at a time, and small ones for saved files
 * beside it. A pause stops the large one between two segments and loses nothing; what is saved meanwhile is read all
 * the same.
 */
export class FolderIndexer {
  readonly folder: Folder;
  readonly #options: FolderIndexerOptions;
  #index: FolderIndex | undefined;
  #opening: Promise<FolderIndex> | undefined;
  #state: MemoryState = { kind: 'opening', message: l10n.t('The memory is being opened.') };
  /** Settled when the words of every file are read, or when that has ended otherwise. */
  #words: Promise<unknown> = Promise.resolve();
  #pass: { readonly controller: AbortController; readonly done: Promise<void> } | undefined;
  #again: { readonly remember: boolean } | undefined;
  #paused = false;
  #percent = 0;
  /** The words of every file that was seen are there. */
  #isIndexed = false;
  /** The same of the run under way: until then a file may be new to it, as after another branch was checked out. */
  #hasWords = false;
  #reported = 0;
  /** Saved files are read one batch after the other: two at once could store an older text last. */
  #saves: Promise<unknown> = Promise.resolve();
  readonly #unsaved = new Map<string, string>();
  #suggestions: { readonly files: number; readonly places: readonly string[] } | undefined;
  /** Damage that was met: the next indexing run repairs it. */
  #damage: (typeof DAMAGE)[number] | undefined;
  readonly #closing = new AbortController();

  constructor(options: FolderIndexerOptions) {
    this.#options = options;
    this.folder = options.folder;
  }

  get state(): MemoryState {
    return this.#state;
  }

  /** Every file can be found by its words, whatever the state says of a walk, of vectors or of a late progress. */
  get isIndexed(): boolean {
    return this.#isIndexed;
  }

  /** The folder index, opened when first wanted. Throws `ledger/…`, `ask/…`, `engine/model-file`. */
  open(): Promise<FolderIndex> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      // Not kept: what was wrong may be repaired when it is tried again.
      this.#opening = undefined;
      this.#isIndexed = false;
      throw error;
    });
    return this.#opening;
  }

  /** Reads everything that is new or changed; joins an indexing run under way, and goes round again after it. */
  async refresh(options: { readonly remember?: boolean } = {}): Promise<void> {
    const remember = options.remember === true;
    if (this.#paused) return;
    if (this.#pass) {
      this.#again = { remember: remember || this.#again?.remember === true };
      await this.#pass.done;
      return;
    }
    const controller = new AbortController();
    const words = Promise.withResolvers<undefined>();
    this.#words = words.promise;
    const done = this.#run(controller.signal, remember, () => {
      words.resolve(undefined);
    });
    this.#pass = { controller, done };
    await done;
  }

  /** Reads the named files, before anything else that is to be read. `since` is when the change was told. */
  async refreshPaths(paths: readonly string[], since: number, remember = false): Promise<IngestReport> {
    const save = this.#saves.then(() => this.#indexPaths(paths, since, remember));
    this.#saves = save.catch(() => undefined);
    return save.catch((error: unknown) => {
      this.#fail(error);
      throw error;
    });
  }

  async #indexPaths(paths: readonly string[], since: number, remember: boolean): Promise<IngestReport> {
    const index = await this.open();
    const how: RefreshOptions = { paths, remember, priority: 'save', signal: this.#closing.signal };
    const report = await index.embed(how, await this.#indexWords(index, how));
    const { encoded, reused, removed, encodeMilliseconds } = report;
    const milliseconds = performance.now() - since;
    const { root } = this.folder;
    this.#options.onRefreshed({ root, paths, encoded, reused, removed, milliseconds, encodeMilliseconds });
    if (this.#state.kind === 'ready') this.#settle(index);
    // A new file that somebody writes into is known only now, and so is one that was wanted back.
    const touched = isAtOrBelow(paths);
    this.layUnsaved(new Map([...this.#unsaved].filter(([path]) => touched(path))));
    return report;
  }

  /** Unsaved text of an editor, in the order in which it is told; without a text the file on disk counts again. */
  async overlay(path: string, text: string | undefined): Promise<void> {
    if (text === undefined) this.#unsaved.delete(path);
    else this.#unsaved.set(path, text);
    const since = performance.now();
    const laid = this.#saves.then(async () => {
      const index = await this.open();
      try {
        // Text that was saved is indexed before its overlay goes: a question between both would be answered from the
        // text before, and the editor may tell of the save later.
        if (text === undefined) await this.#indexPaths([path], since, false);
      } finally {
        await index.overlay(path, text, this.#closing.signal);
      }
    });
    this.#saves = laid.catch(() => undefined);
    await laid;
  }

  /** Unsaved text by its path. */
  get unsaved(): ReadonlyMap<string, string> {
    return this.#unsaved;
  }

  /** Lays unsaved text once more: which files are read, and which are not, is another now. */
  layUnsaved(unsaved: ReadonlyMap<string, string> = this.#unsaved): void {
    for (const [path, text] of [...unsaved]) {
      this.overlay(path, text).catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#options.onLog('warn', `Unsaved text was not read: ${String(error)}`);
      });
    }
  }

  /** Settled when the words of every file are read; sooner where that takes longer than a question may wait. */
  async searchable(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#words, pause(INDEXER.words, undefined, { ref: false, signal })]);
  }

  /** Settled when what was saved or typed until now is in the memory. */
  async saved(): Promise<void> {
    await this.#saves;
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#pass?.controller.abort(new DOMException('Indexing was paused.', 'AbortError'));
    if (this.#state.kind !== 'ready' && this.#state.kind !== 'failed') this.#emitPaused();
  }

  async resume(): Promise<void> {
    if (!this.#paused) return;
    this.#paused = false;
    await this.#pass?.done;
    await this.refresh();
  }

  /** Takes files, and all below folders, out of the memory; they are skipped until somebody wants them back. */
  async forget(paths: readonly string[]): Promise<{ readonly files: number; readonly certificate: string }> {
    const index = await this.open();
    const known = index.ledger.files().map(({ path }) => path);
    const meant = known.filter(isAtOrBelow(paths));
    const certificate = await index.forget(meant, this.#closing.signal);
    this.#settle(index);
    this.layUnsaved();
    return { files: meant.length, certificate: certificateSentence(certificate) };
  }

  /** Every file that was seen, with its part of the memory. */
  async files(): Promise<readonly RememberedFile[]> {
    const index = await this.open();
    const segments = index.segmentCounts();
    const notEmbedded = index.notEmbeddedCounts();
    const all = Math.max(1, index.length);
    return index.ledger.files().map(({ path, bytes, lines, state, secrets }) => {
      const own = segments.get(path) ?? 0;
      return {
        path,
        bytes,
        lines,
        state,
        masked: secrets?.masked ?? [],
        segments: own,
        notEmbedded: notEmbedded.get(path) ?? 0,
        share: own / all,
      };
    });
  }

  /** Repairs damage that somebody met in this memory, and reads again what that took away. */
  repair(error: unknown): void {
    if (!isAppError(error, ...DAMAGE)) return;
    const location = this.#index?.ledger.location;
    // The sentence names the database: of several memories one is damaged.
    if (location === undefined || !error.message.includes(location)) return;
    this.#damage = error.code;
    const repaired = this.#saves.then(() => this.refresh());
    this.#saves = repaired.catch(() => undefined);
  }

  async close(): Promise<void> {
    const reason = new DOMException('The folder was closed.', 'AbortError');
    this.#closing.abort(reason);
    this.#again = undefined;
    this.#pass?.controller.abort(reason);
    await this.#pass?.done;
    await this.#saves;
    this.#index?.close();
  }

  async #open(forceRebuild = false): Promise<FolderIndex> {
    const { engine, home, exclude, secretExceptions = [] } = this.#options;
    const { root } = this.folder;
    const index = await FolderIndex.open({ root, engine, home, exclude, secretExceptions, forceRebuild });
    if (index.notice !== undefined) {
      this.#options.onLog('warn', index.notice);
      const { name } = this.folder;
      this.#options.onNotice(
        l10n.t('The memory of {0} was damaged. What could be read of it is kept, and its files are read again.', name),
      );
    }
    this.#index = index;
    return index;
  }

  async #run(signal: AbortSignal, remember: boolean, onWords: () => void): Promise<void> {
    this.#percent = 0;
    this.#hasWords = false;
    try {
      const index = await this.#repaired(signal);
      const report = await this.#read(index, signal, remember, onWords);
      const { read, encoded, reused, removed, failed, milliseconds } = report;
      const seconds = (milliseconds / 1000).toFixed(1);
      const line = `${this.folder.name}: ${read} files read, ${encoded} segments encoded, ${reused} known, ${removed} files gone, ${failed} failed, ${seconds} s`;
      this.#options.onLog('info', line);
      this.#settle(index);
      this.layUnsaved();
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
      else if (this.#paused) this.#emitPaused();
      // Nobody has to press anything: what was deleted is begun anew.
      if (isAppError(error, 'ledger/gone')) this.#again ??= { remember };
    } finally {
      onWords();
      this.#pass = undefined;
    }
    const again = this.#again;
    this.#again = undefined;
    if (again && !this.#paused && !this.#closing.signal.aborted) await this.refresh(again);
  }

  /** The folder index, repaired where damage was met: single records are dropped, a broken database is set aside. */
  async #repaired(signal: AbortSignal): Promise<FolderIndex> {
    const damage = this.#damage;
    this.#damage = undefined;
    if (damage !== undefined) this.#isIndexed = false;
    if (damage === 'ledger/damaged' || damage === 'ledger/gone') {
      this.#index?.close();
      // What was deleted is begun anew; what lies there now is another's, and whole until somebody finds otherwise.
      this.#opening = this.#open(damage === 'ledger/damaged');
      this.#opening.catch(() => {
        this.#opening = undefined;
      });
    }
    const index = await this.open();
    if (damage === 'ledger/corrupt' || damage === 'ledger/missing') await index.ledger.repair(signal);
    return index;
  }

  async #read(index: FolderIndex, signal: AbortSignal, remember: boolean, onWords: () => void): Promise<IngestReport> {
    const how: RefreshOptions = {
      signal,
      remember,
      onProgress: (progress) => {
        this.#progress(index, progress);
      },
      onWait: () => {
        const files = index.segmentCounts().size;
        const message = l10n.t('Another window is embedding this folder; {0} files can be asked about.', count(files));
        const percent = (100 * index.embedded) / Math.max(1, index.length);
        this.#emit({ kind: 'embedding', message, percent, files, rate: 0, path: '' });
      },
    };
    const indexed = await this.#indexWords(index, how);
    this.#isIndexed = true;
    this.#hasWords = true;
    this.#percent = 0;
    onWords();
    this.layUnsaved(); // of files that were not known until now
    return index.embed(how, indexed);
  }

  async #indexWords(index: FolderIndex, how: RefreshOptions): Promise<Words> {
    return index.indexWords(how).catch((error: unknown) => {
      if (how.signal?.aborted !== true) this.#isIndexed = false;
      throw error;
    });
  }

  #progress(index: FolderIndex, progress: IngestProgress): void {
    if (progress.kind === 'indexing') this.#isIndexed = false;
    const now = performance.now();
    if (now - this.#reported < INDEXER.progress) return;
    this.#reported = now;
    switch (progress.kind) {
      case 'walking': {
        const { files } = progress;
        this.#emit({ kind: 'walking', message: l10n.t('Looking for files: {0} so far.', count(files)), files });
        break;
      }
      case 'indexing': {
        const { files, ofFiles, bytes, ofBytes, path } = progress;
        this.#percent = ofBytes > 0 ? (100 * bytes) / ofBytes : 100;
        const message = l10n.t('Indexing the files: {0} of {1}.', count(files), count(ofFiles));
        this.#emit({ kind: 'reading', message, percent: this.#percent, files, ofFiles, path });
        break;
      }
      case 'embedding': {
        const { tokens, ofTokens, rate, path } = progress;
        this.#percent = ofTokens > 0 ? (100 * tokens) / ofTokens : 100;
        const secondsLeft = rate > 0 ? { secondsLeft: (ofTokens - tokens) / rate } : {};
        const files = index.segmentCounts().size;
        const message = embeddingSentence(files, this.#percent);
        this.#emit({ kind: 'embedding', message, percent: this.#percent, files, rate, path, ...secondsLeft });
        break;
      }
    }
  }

  #settle(index: FolderIndex): void {
    const segments = index.length;
    const counts = index.segmentCounts();
    const files = counts.size;
    // Found here and not in the host, whose thread the paths of a large workspace would hold up; a save seldom changes
    // them.
    if (this.#suggestions?.files !== files) this.#suggestions = { files, places: suggestedPlaces([...counts.keys()]) };
    const { places } = this.#suggestions;
    this.#emit({ kind: 'ready', message: readySentence(files), files, segments, suggestedPlaces: places });
  }

  #emitPaused(): void {
    const isIndexed = this.#isIndexed && this.#hasWords;
    const message = isIndexed
      ? l10n.t('Embedding is paused. Every file can be asked about.')
      : l10n.t('Indexing is paused. What is indexed can be asked about.');
    this.#emit({ kind: 'paused', message, percent: this.#percent, isIndexed });
  }

  #fail(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    if (isAppError(error, ...DAMAGE)) this.#damage = error.code;
    const detail = error instanceof Error ? error.message : String(error);
    this.#options.onLog('error', `${this.folder.name}: ${detail}`);
    const { editorText, action } = asAppError(error);
    this.#emit({ kind: 'failed', message: editorText, action });
  }

  #emit(state: MemoryState): void {
    this.#state = state;
    if (!this.#closing.signal.aborted) this.#options.onState(state);
  }
}
