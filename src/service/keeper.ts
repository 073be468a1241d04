import { AskError } from '../ask/ask-error.ts';
import { Codebase } from '../ask/codebase.ts';
import type { Engine } from '../engine/host.ts';
import type { IngestProgress, IngestReport } from '../engine/ingest.ts';
import { isAtOrBelow } from '../workspace/below.ts';
import { failureOf } from './failure.ts';
import { turnToRead } from './turn.ts';
import type { Folder, MemoryState, Refreshed, RememberedFile } from './protocol.ts';

export interface KeeperOptions {
  readonly folder: Folder;
  readonly engine: Engine;
  readonly home: string;
  readonly exclude: readonly string[];
  readonly onState: (state: MemoryState) => void;
  readonly onRefreshed: (refreshed: Refreshed) => void;
  readonly onLog: (level: 'info' | 'warn', line: string) => void;
}

/** Times in milliseconds, each with its reason. */
const KEEPER = {
  /** Between two progress states: often enough to look alive, too seldom to cost anything. */
  progress: 250,
} as const;

/**
 * Keeps one folder's memory up to date: one reading of everything at a time, and small ones for saved files beside it. A
 * pause stops the large one between two segments and loses nothing; what is saved meanwhile is read all the same.
 */
export class Keeper {
  readonly folder: Folder;
  readonly #options: KeeperOptions;
  #codebase: Codebase | undefined;
  #opening: Promise<Codebase> | undefined;
  #state: MemoryState = { kind: 'opening', sentence: 'The memory is being opened.' };
  #pass: { readonly controller: AbortController; readonly done: Promise<void> } | undefined;
  #again: { readonly remember: boolean } | undefined;
  #paused = false;
  #percent = 0;
  #reported = 0;
  /** Saved files are read one batch after the other: two at once could store an older text last. */
  #saves: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.folder = options.folder;
  }

  get state(): MemoryState {
    return this.#state;
  }

  /** The codebase, if its memory could be opened. */
  get codebase(): Codebase | undefined {
    return this.#codebase;
  }

  /** The codebase, opened when first wanted. Throws LedgerError, AskError, ModelFileError. */
  open(): Promise<Codebase> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      // Not kept: what was wrong may be mended when it is tried again.
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Reads everything that is new or changed; joins a reading that is under way, and goes round again after it. */
  async refresh(options: { readonly remember?: boolean } = {}): Promise<void> {
    const remember = options.remember === true;
    if (this.#paused) return;
    if (this.#pass) {
      this.#again = { remember: remember || this.#again?.remember === true };
      await this.#pass.done;
      return;
    }
    const controller = new AbortController();
    const done = this.#run(controller.signal, remember);
    this.#pass = { controller, done };
    await done;
  }

  /** Reads the named files, before anything else that is to be read. `since` is when the change was told. */
  async refreshPaths(paths: readonly string[], since: number, remember = false): Promise<IngestReport | undefined> {
    const save = this.#saves.then(async () => {
      const codebase = await this.open();
      const report = await codebase.refresh({
        paths,
        remember,
        priority: 'save',
        exclude: this.#options.exclude,
        signal: this.#closing.signal,
      });
      const { encoded, reused, removed, encodeMilliseconds } = report;
      const milliseconds = performance.now() - since;
      const { root } = this.folder;
      this.#options.onRefreshed({ root, paths, encoded, reused, removed, milliseconds, encodeMilliseconds });
      if (this.#state.kind === 'ready') this.#settle(codebase);
      return report;
    });
    this.#saves = save.catch(() => undefined);
    return save.catch((error: unknown) => {
      this.#fail(error);
      throw error;
    });
  }

  /** Unsaved text of an editor, in the order in which it is told; without a text the file on disk counts again. */
  async overlay(path: string, text: string | undefined): Promise<void> {
    const laid = this.#saves.then(async () => {
      const codebase = await this.open();
      await codebase.overlay(path, text, this.#closing.signal);
    });
    this.#saves = laid.catch(() => undefined);
    await laid;
  }

  /** Settled when what was saved or typed until now is in the memory. */
  async saved(): Promise<void> {
    await this.#saves;
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#pass?.controller.abort(new DOMException('Reading was paused.', 'AbortError'));
    if (this.#state.kind !== 'ready' && this.#state.kind !== 'failed') this.#tellPaused();
  }

  async resume(): Promise<void> {
    if (!this.#paused) return;
    this.#paused = false;
    await this.#pass?.done;
    await this.refresh();
  }

  /** Takes files, and all below folders, out of the memory; they are skipped until somebody wants them back. */
  async forget(paths: readonly string[]): Promise<{ readonly files: number; readonly certificate: string }> {
    const codebase = await this.open();
    const known = codebase.ledger.files().map(({ path }) => path);
    const meant = known.filter(isAtOrBelow(paths));
    const { sentence: certificate } = await codebase.forget(meant, this.#closing.signal);
    this.#settle(codebase);
    return { files: meant.length, certificate };
  }

  /** Every file that was seen, with its part of the memory. */
  async files(): Promise<readonly RememberedFile[]> {
    const codebase = await this.open();
    const segments = codebase.segmentCounts();
    const all = Math.max(1, codebase.length);
    return codebase.ledger.files().map(({ path, bytes, lines, state }) => {
      const own = segments.get(path) ?? 0;
      return { path, bytes, lines, state, segments: own, share: own / all };
    });
  }

  async close(): Promise<void> {
    const reason = new DOMException('The folder was closed.', 'AbortError');
    this.#closing.abort(reason);
    this.#again = undefined;
    this.#pass?.controller.abort(reason);
    await this.#pass?.done;
    await this.#saves;
    this.#codebase?.close();
  }

  async #open(): Promise<Codebase> {
    const { engine, home } = this.#options;
    const codebase = await Codebase.open({ root: this.folder.root, engine, home });
    if (codebase.notice !== undefined) this.#options.onLog('warn', codebase.notice);
    this.#codebase = codebase;
    return codebase;
  }

  async #run(signal: AbortSignal, remember: boolean): Promise<void> {
    try {
      const codebase = await this.open();
      const report = await this.#read(codebase, signal, remember);
      const { read, encoded, reused, removed, failed, milliseconds } = report;
      const seconds = (milliseconds / 1000).toFixed(1);
      const line = `${this.folder.name}: ${read} files read, ${encoded} segments encoded, ${reused} known, ${removed} files gone, ${failed} failed, ${seconds} s`;
      this.#options.onLog('info', line);
      this.#settle(codebase);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
      else if (this.#paused) this.#tellPaused();
    } finally {
      this.#pass = undefined;
    }
    const again = this.#again;
    this.#again = undefined;
    if (again && !this.#paused && !this.#closing.signal.aborted) await this.refresh(again);
  }

  async #read(codebase: Codebase, signal: AbortSignal, remember: boolean): Promise<IngestReport> {
    const giveBack = await turnToRead(codebase.ledger.location, codebase.root, signal, () => {
      const files = codebase.segmentCounts().size;
      const sentence = `Another window reads this folder: ${files} files so far. What it read can be asked about here.`;
      this.#tell({ kind: 'walking', sentence, files });
    });
    try {
      return await codebase.refresh({
        signal,
        remember,
        exclude: this.#options.exclude,
        onProgress: (progress) => {
          this.#progress(progress);
        },
      });
    } finally {
      await giveBack();
    }
  }

  #progress(progress: IngestProgress): void {
    const now = performance.now();
    if (now - this.#reported < KEEPER.progress) return;
    this.#reported = now;
    if (progress.kind === 'walking') {
      this.#tell({
        kind: 'walking',
        sentence: `Looking at the files: ${progress.files} so far.`,
        files: progress.files,
      });
      return;
    }
    const { files, ofFiles, bytes, ofBytes, tokens, rate, path } = progress;
    this.#percent = ofBytes > 0 ? (100 * bytes) / ofBytes : 100;
    const perByte = bytes > 0 && tokens > 0 && rate > 0 ? tokens / bytes / rate : undefined;
    const secondsLeft = perByte === undefined ? {} : { secondsLeft: (ofBytes - bytes) * perByte };
    const sentence = `Reading the code: ${files} of ${ofFiles} files.`;
    this.#tell({ kind: 'reading', sentence, percent: this.#percent, files, ofFiles, rate, path, ...secondsLeft });
  }

  #settle(codebase: Codebase): void {
    const segments = codebase.length;
    const files = codebase.segmentCounts().size;
    const sentence =
      files === 0
        ? 'There is nothing to read here: every file is skipped. The memory view says why.'
        : `The memory holds ${files} files.`;
    this.#tell({ kind: 'ready', sentence, files, segments });
  }

  #tellPaused(): void {
    const sentence = 'Reading is paused. What was read can be asked about.';
    this.#tell({ kind: 'paused', sentence, percent: this.#percent });
  }

  #fail(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    if (error instanceof AskError && error.problem === 'nothing-to-read') return;
    this.#tell({ kind: 'failed', ...failureOf(error) });
  }

  #tell(state: MemoryState): void {
    this.#state = state;
    if (!this.#closing.signal.aborted) this.#options.onState(state);
  }
}
