import { isAppError } from '../common/app-error.ts';
import { readAdapter } from '../engine/weights/adapter.ts';
import type { Adapter } from '../engine/weights/adapter.ts';
import type { Engine } from '../engine/client/engine.ts';
import { embedWords, indexWords } from './ingest.ts';
import type { IngestOptions, IngestReport, Words } from './ingest.ts';
import { noMeta, skippedState } from './plan.ts';
import type { Certificate } from '../memory/store/certificate.ts';
import { Ledger } from '../memory/store/ledger.ts';
import { terms } from '../memory/search/tokenize.ts';
import type { LexicalHit } from '../memory/search/fusion.ts';
import type { Shares } from '../memory/search/similarity.ts';
import type { Change, Scope, SegmentPlace, StoredSegment } from '../memory/records.ts';
import { readText } from '../workspace/files/file.ts';
import { splitLines } from '../workspace/segment/line.ts';
import { identify } from '../workspace/git/repository.ts';
import { includes } from '../workspace/walk/rules.ts';
import { noneExempt } from '../workspace/files/secret.ts';
import type { IsExempt } from '../workspace/files/secret.ts';
import { homeFolder, memoryFolder, prepareHome, realFolder } from './storage-path.ts';
import { sweepRemoved } from './stored-memories.ts';
import type { Query, SearchHits } from './search-hits.ts';
import { seenText } from './exclusion.ts';
import type { Wanted } from './exclusion.ts';
import { Overlay } from './overlay.ts';
import type { FolderIndexOptions, RefreshOptions } from './folder-options.ts';
import { shapeOf } from './shape.ts';
import { acquireIndexLock } from './index-lock.ts';
import type { CommittedFiles } from './committed-files.ts';
import { cutFile, encodeSegment } from './cut-file.ts';
import { SegmentEncoder } from './segment-encoder.ts';
import { SegmentTable } from './segment-table.ts';

export type { SearchHits } from './search-hits.ts';

/**
 * How long writes that no branch uses are kept, and how many bytes of them: some hundred branches of a large
 * repository.
 */
const PRUNE_LIMITS = { maxAgeMs: 30 * 86_400_000, maxBytes: 256 * 1024 * 1024 } as const;
/** Segments that the search for words hands over. */
const LEXICAL_LIMIT = 1_000;
/** Paths whose vectors are made before all others: those of the last few questions and saves. */
const NEAREST = 100;

/** One repository with its memory: kept up to date, asked for what it recalls. */
export class FolderIndex {
  readonly root: string;
  readonly engine: Engine;
  readonly adapter: Adapter;
  readonly ledger: Ledger;
  /** Said once: that a damaged database was set aside. */
  readonly notice: string | undefined;
  /** Files whose secrets are read in clear. */
  readonly isExempt: IsExempt;
  readonly wanted: Wanted;
  /** Whether the files lie below the root, somewhere else and only their memory is here, or in a commit. */
  readonly #files: 'here' | 'elsewhere' | CommittedFiles;
  readonly #overlay = new Overlay();
  /** Paths whose vectors are made first. */
  #nearest: readonly string[] = [];
  /** Where memories are kept, and the names that the repository had before. */
  readonly #place: { readonly home: string; readonly names: readonly string[] } | undefined;
  #segments: SegmentTable;
  #generation: number;

  private constructor(
    root: string,
    engine: Engine,
    adapter: Adapter,
    ledger: Ledger,
    place: { readonly home: string; readonly names: readonly string[] } | undefined,
    notice: string | undefined,
    isExempt: IsExempt,
    wanted: Wanted,
    files: 'here' | 'elsewhere' | CommittedFiles = 'here',
  ) {
    this.root = root;
    this.#place = place;
    this.#files = files;
    this.engine = engine;
    this.adapter = adapter;
    this.ledger = ledger;
    this.notice = notice;
    this.isExempt = isExempt;
    this.wanted = wanted;
    this.#segments = new SegmentTable(ledger.identity.shape);
    this.#generation = -1;
  }

  /** Opens the memory of the folder `root`, or begins it. Throws `ask/…`, `ledger/…`, `engine/model-file`. */
  static async open(options: FolderIndexOptions): Promise<FolderIndex> {
    const root = await realFolder(options.root);
    const { baseFolder, adapterFolder } = options.engine.settings;
    const adapter = await readAdapter(adapterFolder, baseFolder);
    const home = options.home ?? homeFolder();
    prepareHome(home);
    sweepRemoved(home);
    const { repository, checkout, former } = await identify(root);
    const identity = { repository, checkout, adapter: adapter.id, shape: shapeOf(adapter) };
    const opened = Ledger.open(memoryFolder(repository, home), identity, {
      forceRebuild: options.forceRebuild,
      home,
      former: former.map((name) => ({ place: memoryFolder(name, home), repository: name })),
    });
    const notice = opened.kind === 'recovered' ? opened.message : undefined;
    const exceptions = includes(options.secretExceptions ?? []);
    const isExempt = (path: string) => exceptions.matches(path);
    const wanted = { include: options.include ?? [], exclude: options.exclude ?? [] };
    const place = { home, names: former };
    return new FolderIndex(root, options.engine, adapter, opened.ledger, place, notice, isExempt, wanted);
  }

  /** A memory whose files are not here: it ranks, and has no lines to read. `name` stands for its folder. */
  static withoutFiles(name: string, engine: Engine, adapter: Adapter, ledger: Ledger): FolderIndex {
    const wanted = { include: [], exclude: [] };
    return new FolderIndex(name, engine, adapter, ledger, undefined, undefined, noneExempt, wanted, 'elsewhere');
  }

  /** The files of a commit, as their ledger has them: by the rules of the folder that they belong to. */
  static ofCommit({ root, engine, adapter, isExempt, wanted }: FolderIndex, ledger: Ledger, files: CommittedFiles) {
    return new FolderIndex(root, engine, adapter, ledger, undefined, undefined, isExempt, wanted, files);
  }

  /** Where its memory is kept; undefined for one that has no folder. */
  get home(): string | undefined {
    return this.#place?.home;
  }

  /** What git knows the files by. */
  get revision(): string {
    return typeof this.#files === 'object' ? this.#files.commit : 'HEAD';
  }

  /** Brings words and vectors up to the files on disk. */
  async refresh(options: RefreshOptions): Promise<IngestReport> {
    return this.embed(options, await this.indexWords(options));
  }

  /** Brings the words up to the files on disk: what was read can be asked about, whether it has vectors or not. */
  indexWords(options: RefreshOptions): Promise<Words> {
    if (options.paths) this.prefer(options.paths);
    return indexWords(this.#how(options));
  }

  /** Makes the vectors that are missing. Of several processes that make all of them, one does at a time. */
  async embed(options: RefreshOptions, words: Words): Promise<IngestReport> {
    const how = this.#how(options);
    if (words.paths) return embedWords(how, words);
    const { signal, onWait } = options;
    const releaseLock = await acquireIndexLock(this.ledger.location, this.root, signal, () => onWait?.());
    try {
      const report = await embedWords(how, words);
      this.#prune();
      return report;
    } finally {
      await releaseLock();
    }
  }

  /**
   * Encodes these segments in their order, until `until` on the clock of performance.now(); one is tried at least. What
   * was encoded is stored, whatever ends it. Throws `engine/…` but for single segments; the signal's reason.
   */
  async embedSegments(segmentIds: readonly number[], until: number, signal?: AbortSignal): Promise<void> {
    const { root, ledger, engine } = this;
    const textOf = (path: string) => this.#textOf(path);
    const encoder = new SegmentEncoder({ root, ledger, engine, textOf, priority: 'question', signal });
    const places = segmentIds.flatMap((id) => this.place(id) ?? []);
    const records = [];
    try {
      for await (const record of encoder.encodeUntil(until, places)) records.push(record);
    } finally {
      if (records.length > 0) this.#follow(ledger.embed(records));
    }
  }

  /** What is asked about or worked on: its vectors are made before all others. */
  prefer(paths: readonly string[]): void {
    this.#nearest = [...new Set([...paths, ...this.#nearest])].slice(0, NEAREST);
  }

  #how(options: RefreshOptions): IngestOptions {
    const { root, ledger, engine, isExempt } = this;
    const onChange = (change: Change) => {
      this.#follow(change);
    };
    return { ...options, ...this.wanted, root, ledger, engine, isExempt, onChange, nearest: () => this.#nearest };
  }

  /** Segments that can be asked about now: by their words at least. */
  get length(): number {
    return this.#table().length;
  }

  /** Those of them that have vectors. */
  get embedded(): number {
    return this.#table().embedded;
  }

  /** Segments without vectors. */
  missing(): number[] {
    return this.#table().notEmbedded();
  }

  /** Whether a segment has vectors now. */
  isEmbedded(segmentId: number): boolean {
    return this.#table().isEmbedded(segmentId);
  }

  /** Shares of what has vectors, what has none, and what the words find. Without keys, nothing has vectors. */
  find({ keys, words, scope }: Query): SearchHits {
    const table = this.#table();
    const list = table.list(scope);
    const shares = table.recall(keys, this.adapter.temperature, scope && list);
    const inTable = (hit: LexicalHit) => table.place(hit.segmentId) !== undefined;
    const segments = this.ledger.lexicalSearch(words, LEXICAL_LIMIT, scope).filter(inTable);
    return {
      shares,
      list: keys.length > 0 ? list : { ...list, embedded: 0 },
      segments:
        this.#overlay.size > 0
          ? [...segments, ...this.#overlay.hits(words, (word) => this.#weight(word), scope)]
          : segments,
      files: this.ledger.fileSearch(words).filter(({ path }) => scope?.has(path) ?? true),
      cosine: shares.cosine,
      matchedTerms: words.filter((word) => this.#stands(word)),
    };
  }

  /**
   * Takes files out of the memory for good and marks them as forgotten, so that no later reading brings them back
   * unasked. The certificate that nothing of them is left.
   */
  async forget(paths: readonly string[], signal?: AbortSignal): Promise<Certificate> {
    const mark = { meta: noMeta(0), state: skippedState('forgotten') };
    const { change, certificate } = await this.ledger.forget(paths, { ...this.#place, mark, signal });
    this.#follow(change);
    return certificate;
  }

  /** Shares of a few segments among themselves. */
  sharesAmong(key: Float32Array, segmentIds: readonly number[]): Shares {
    return this.#table().recallAmong([key], this.adapter.temperature, segmentIds);
  }

  /** Where a recalled segment lies, unsaved ones included. */
  place(segmentId: number): SegmentPlace | undefined {
    return this.#segments.place(segmentId);
  }

  /** How many segments each file has in memory now. */
  segmentCounts(): ReadonlyMap<string, number> {
    return this.#table().counts();
  }

  /** How many segments of each file have no vectors yet; files that are embedded are left out. */
  notEmbeddedCounts(): ReadonlyMap<string, number> {
    return this.#table().notEmbeddedCounts();
  }

  /** Segments that hold a term, those that say most of it first; unsaved text included. */
  holding(term: string, limit: number, scope?: Scope): SegmentPlace[] {
    this.#table();
    const unsaved = [...this.#overlay.segments()].filter(
      ({ path, terms: own }) => own.has(term) && (scope?.has(path) ?? true),
    );
    const stored = this.ledger
      .lexicalSearch([term], limit, scope)
      .flatMap(({ segmentId }) => this.place(segmentId) ?? []);
    return [...unsaved, ...stored].slice(0, limit);
  }

  /** Every segment, unsaved text included. */
  everywhere(scope?: Scope): SegmentPlace[] {
    return this.#table().everywhere(scope);
  }

  /** Files that have something in memory now. */
  paths(): string[] {
    return [...this.#table().list().paths];
  }

  /** A file as it lies on disk, its secrets masked unless it is an exception. */
  readText(path: string) {
    // What the memory holds was read by the walk's rules, be it because `include` names it.
    const included = this.ledger.file(path)?.state.kind === 'ingested';
    return readText(this.root, path, { included, isExempt: this.isExempt });
  }

  /** The lines of a file as the user sees them: those in the editor where they are not saved, else those on disk. */
  async lines(path: string): Promise<readonly string[] | undefined> {
    const unsaved = this.#overlay.file(path);
    if (unsaved) return unsaved.lines;
    const text = await this.#textOf(path);
    return text === undefined ? undefined : splitLines(text);
  }

  async #textOf(path: string): Promise<string | undefined> {
    if (this.#files === 'elsewhere') return undefined;
    if (typeof this.#files === 'object') return this.#files.text(path);
    const content = await this.readText(path);
    return content.kind === 'text' ? content.text : undefined;
  }

  /**
   * Lays text over a file of the memory: an editor's that is not saved, or a commit's. Without a text, or with one that
   * is left out, the disk counts again.
   */
  async overlay(
    path: string,
    text: string | undefined,
    signal?: AbortSignal,
    source: 'editor' | 'commit' = 'editor',
  ): Promise<void> {
    const seen = text === undefined ? undefined : seenText(this.ledger.file(path), path, text, source, this.isExempt);
    if (seen === undefined) {
      this.#uncover(path);
      return;
    }
    const asked = { priority: 'save', signal } as const;
    const segments = await cutFile(this.engine, this.adapter.id, path, seen, asked);
    const known = new Map<string, Uint8Array>();
    for (const { contentHash, record } of this.ledger.segmentsOf(path)) if (record) known.set(contentHash, record.keys);
    for (const { contentHash, keys } of this.#overlay.file(path)?.segments ?? []) known.set(contentHash, keys);
    const measured = [];
    for (const [ordinal, { header, text: own, ...segment }] of segments.entries()) {
      const encoded = () => encodeSegment(this.engine, this.ledger.identity.shape, { header, text: own }, asked);
      const keys = known.get(segment.contentHash) ?? (await encoded()).record.keys;
      measured.push({ ...segment, ordinal, keys, terms: new Set(terms(own)) });
    }
    this.#table();
    this.#uncover(path);
    for (const { segmentId } of this.ledger.segmentsOf(path)) this.#segments.remove(segmentId);
    this.#cover(this.#overlay.put(path, seen, measured));
  }

  close(): void {
    this.ledger.close();
  }

  /** The segments in RAM; read anew where another process has written meanwhile. */
  #table(): SegmentTable {
    const generation = this.ledger.generation();
    if (generation !== this.#generation) {
      this.#segments = new SegmentTable(this.ledger.identity.shape);
      this.#append(this.ledger.segments());
      for (const path of this.#overlay.paths()) this.#cover(this.#overlay.file(path));
      this.#generation = generation;
    }
    return this.#segments;
  }

  /** After everything was read: what no branch has used for long goes, and the database's log is worked in. */
  #prune(): void {
    try {
      this.ledger.scrub();
      this.ledger.prune(PRUNE_LIMITS);
    } catch (error) {
      // Another window writes at this moment, or merging words found no room; there will be another time.
      if (!isAppError(error, 'ledger/busy', 'ledger/full')) throw error;
    }
  }

  #follow(change: Change): void {
    // Nothing was read yet, or another process wrote in between: the next question reads all keys.
    if (this.#generation < 0 || change.generation !== this.#generation + 1) return;
    for (const id of change.removed) this.#segments.remove(id);
    this.#append(this.ledger.segmentsById([...change.added, ...change.embedded]));
    this.ledger.follow(change);
    this.#generation = change.generation;
  }

  /** Adds segments as they are stored, but for those under unsaved text. */
  #append(segments: Iterable<StoredSegment>): void {
    for (const segment of segments) if (!this.#overlay.file(segment.path)) this.#segments.append(segment);
  }

  #cover(file: ReturnType<Overlay['file']>): void {
    for (const segment of file?.segments ?? []) this.#segments.put(segment, segment.keys);
  }

  /** Takes unsaved text off and puts the stored segments back. */
  #uncover(path: string): void {
    if (!this.#overlay.file(path)) return;
    this.#table();
    for (const { segmentId } of this.#overlay.take(path)) this.#segments.remove(segmentId);
    this.#append(this.ledger.segmentsOf(path));
  }

  /** The weight of a word in the stored files: its inverse document frequency. */
  #weight(word: string): number {
    const holding = this.ledger.lexicalCount(word);
    return Math.log(1 + (this.#segments.length - holding + 0.5) / (holding + 0.5));
  }

  #stands(word: string): boolean {
    return this.#overlay.holds(word) || this.ledger.lexicalCount(word) > 0;
  }
}
