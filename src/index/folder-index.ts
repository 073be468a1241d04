import { isAppError } from '../common/app-error.ts';
import { readAdapter } from '../engine/weights/adapter.ts';
import type { Adapter } from '../engine/weights/adapter.ts';
import type { Engine, Priority } from '../engine/client/engine.ts';
import { ingest } from './ingest.ts';
import type { IngestProgress, IngestReport } from './ingest.ts';
import { noMeta, skippedState } from './plan.ts';
import type { Certificate } from '../memory/store/forget.ts';
import { EmbeddingTable } from '../memory/search/embedding-table.ts';
import { Ledger } from '../memory/store/ledger.ts';
import { terms } from '../memory/search/tokenize.ts';
import type { LexicalHit } from '../memory/search/fusion.ts';
import { nearest, recall } from '../memory/search/similarity.ts';
import type { Shares } from '../memory/search/similarity.ts';
import type { Change, Scope, SegmentPlace } from '../memory/records.ts';
import { quantize, contentHash } from '../memory/algebra/embedding-record.ts';
import { readText } from '../workspace/files/file.ts';
import { segmentHeader } from '../workspace/segment/header.ts';
import { splitLines } from '../workspace/segment/line.ts';
import { identify } from '../workspace/git/repository.ts';
import { includes } from '../workspace/walk/rules.ts';
import { noneExempt } from '../workspace/files/secret.ts';
import type { IsExempt } from '../workspace/files/secret.ts';
import type { Entry } from '../workspace/walk/walk.ts';
import { homeFolder, memoryFolder, prepareHome, realFolder } from './storage-path.ts';
import type { Query, SearchHits } from './search-hits.ts';
import { seenText } from './exclusion.ts';
import { Overlay } from './overlay.ts';
import { shapeOf } from './shape.ts';
import { acquireIndexLock } from './index-lock.ts';

export type { SearchHits } from './search-hits.ts';

export interface FolderIndexOptions {
  readonly root: string;
  readonly engine: Engine;
  readonly home?: string;
  /** Patterns of files whose secrets are read in clear: their owner has said so. */
  readonly secretExceptions?: readonly string[];
  /** The database is set aside even though it looks whole, and begun anew. */
  readonly forceRebuild?: boolean;
}

export interface RefreshOptions {
  readonly signal?: AbortSignal;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** Files that were forgotten on request are read again. */
  readonly remember?: boolean;
  /** Only these are looked at, relative to the root. */
  readonly paths?: readonly string[];
  /** Only these files, which a walk has just found. */
  readonly entries?: readonly Entry[];
  readonly priority?: Priority;
  readonly onProgress?: (progress: IngestProgress) => void;
  /** Told again and again while another process reads everything: this one waits, and need not encode it once more. */
  readonly onWait?: () => void;
}

/**
 * How long writes that no branch uses are kept, and how many bytes of them: some hundred branches of a large
 * repository.
 */
const SWEEP = { maxAgeMs: 30 * 86_400_000, maxBytes: 256 * 1024 * 1024 } as const;
/** Segments that the search for words hands over. */
const LEXICAL_LIMIT = 1_000;

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
  /** Whether the files lie below the root, or somewhere else and only their memory is here. */
  readonly #files: 'here' | 'elsewhere';
  readonly #overlay = new Overlay();
  readonly #places = new Map<number, SegmentPlace>();
  /** Where memories are kept, and the names that the repository had before. */
  readonly #place: { readonly home: string; readonly names: readonly string[] } | undefined;
  #keys: EmbeddingTable;
  #generation: number;

  private constructor(
    root: string,
    engine: Engine,
    adapter: Adapter,
    ledger: Ledger,
    place: { readonly home: string; readonly names: readonly string[] } | undefined,
    notice: string | undefined,
    isExempt: IsExempt,
    files: 'here' | 'elsewhere' = 'here',
  ) {
    this.root = root;
    this.#place = place;
    this.#files = files;
    this.engine = engine;
    this.adapter = adapter;
    this.ledger = ledger;
    this.notice = notice;
    this.isExempt = isExempt;
    this.#keys = new EmbeddingTable(ledger.identity.shape);
    this.#generation = -1;
  }

  /** Opens the memory of the folder `root`, or begins it. Throws `ask/…`, `ledger/…`, `engine/model-file`. */
  static async open(options: FolderIndexOptions): Promise<FolderIndex> {
    const root = await realFolder(options.root);
    const { baseFolder, adapterFolder } = options.engine.settings;
    const adapter = await readAdapter(adapterFolder, baseFolder);
    const home = options.home ?? homeFolder();
    prepareHome(home);
    const { repository, checkout, former } = await identify(root);
    const identity = { repository, checkout, adapter: adapter.id, shape: shapeOf(adapter) };
    const opened = Ledger.open(memoryFolder(repository, home), identity, {
      ...(options.forceRebuild === undefined ? {} : { forceRebuild: options.forceRebuild }),
      home,
      former: former.map((name) => ({ place: memoryFolder(name, home), repository: name })),
    });
    const notice = opened.kind === 'recovered' ? opened.sentence : undefined;
    const exceptions = includes(options.secretExceptions ?? []);
    const isExempt = (path: string) => exceptions.matches(path);
    return new FolderIndex(root, options.engine, adapter, opened.ledger, { home, names: former }, notice, isExempt);
  }

  /**
   * A memory whose files are not here: it recalls and ranks, and has no lines to read. `name` stands for its folder.
   */
  static withoutFiles(name: string, engine: Engine, adapter: Adapter, ledger: Ledger): FolderIndex {
    return new FolderIndex(name, engine, adapter, ledger, undefined, undefined, noneExempt, 'elsewhere');
  }

  /** Brings the memory up to the files on disk. Of several processes that read everything, one does at a time. */
  async refresh(options: RefreshOptions): Promise<IngestReport> {
    if (options.paths || options.entries) return this.#ingest(options);
    const { signal, onWait } = options;
    const releaseLock = await acquireIndexLock(this.ledger.location, this.root, signal, () => onWait?.());
    try {
      const report = await this.#ingest(options);
      this.#sweep();
      return report;
    } finally {
      await releaseLock();
    }
  }

  #ingest(options: RefreshOptions): Promise<IngestReport> {
    return ingest({
      ...options,
      root: this.root,
      ledger: this.ledger,
      engine: this.engine,
      isExempt: this.isExempt,
      onChange: (change) => {
        this.#follow(change);
      },
    });
  }

  /** Segments that can be recalled now. */
  get length(): number {
    return this.#table().length;
  }

  /** Exact shares of the memory's read, and what the words find, over a scope. */
  find({ keys, words, scope }: Query): SearchHits {
    const table = this.#table();
    const ids = scope ? this.#idsIn(scope) : undefined;
    const shares = recall(table, keys, this.adapter.temperature, ids);
    const inTable = (hit: LexicalHit) => this.#places.has(hit.segmentId);
    const segments = this.ledger.lexicalSearch(words, LEXICAL_LIMIT, scope).filter(inTable);
    const files = this.ledger.fileSearch(words);
    return {
      shares,
      segments: this.#overlay.size > 0 ? [...segments, ...this.#unsavedHits(words, scope)] : segments,
      files: scope ? files.filter(({ path }) => scope.has(path)) : files,
      cosine: table.length > 0 ? Math.max(...keys.map((key) => nearest(table, key))) : -1,
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
    return recall(this.#table(), [key], this.adapter.temperature, segmentIds);
  }

  /** Where a recalled segment lies, unsaved ones included. */
  place(segmentId: number): SegmentPlace | undefined {
    return this.#places.get(segmentId);
  }

  /** How many segments each file has in memory now. */
  segmentCounts(): ReadonlyMap<string, number> {
    this.#table();
    const counts = new Map<string, number>();
    for (const { path } of this.#places.values()) counts.set(path, (counts.get(path) ?? 0) + 1);
    return counts;
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
    this.#table();
    return [...this.#places.values()].filter(({ path }) => scope?.has(path) ?? true);
  }

  /** Files that have something in memory now. */
  paths(): string[] {
    return [...this.segmentCounts().keys()];
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
    if (this.#files === 'elsewhere') return undefined;
    const content = await this.readText(path);
    return content.kind === 'text' ? splitLines(content.text) : undefined;
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
    const asked = { priority: 'save', ...(signal ? { signal } : {}) } as const;
    const segments = await this.engine.segment(seen, asked);
    const known = new Map(
      this.ledger
        .segmentsOf(path)
        .flatMap(({ contentHash: key, record }) => (record ? [[key, record.keys] as const] : [])),
    );
    for (const { contentHash: key, keys } of this.#overlay.file(path)?.segments ?? []) known.set(key, keys);
    const measured = [];
    for (const [ordinal, segment] of segments.entries()) {
      const header = segmentHeader(path, segment);
      const key = contentHash(this.adapter.id, header, segment.text);
      const keys = known.get(key) ?? (await this.#encode(header, segment.text, asked));
      const { start, end, tokens } = segment;
      measured.push({ ordinal, start, end, tokens, contentHash: key, keys, terms: new Set(terms(segment.text)) });
    }
    const table = this.#table();
    this.#uncover(path);
    for (const { segmentId } of this.ledger.segmentsOf(path)) {
      table.remove(segmentId);
      this.#places.delete(segmentId);
    }
    this.#cover(this.#overlay.put(path, seen, measured));
  }

  close(): void {
    this.ledger.close();
  }

  async #encode(header: string, text: string, asked: { readonly priority: Priority; readonly signal?: AbortSignal }) {
    const { keys } = await this.engine.encode(header, text, asked);
    return quantize({ keys, values: new Float32Array(0) }, this.ledger.identity.shape, []).keys;
  }

  /** The keys in memory; read anew where another process has written meanwhile. */
  #table(): EmbeddingTable {
    const generation = this.ledger.generation();
    if (generation !== this.#generation) {
      this.#keys = new EmbeddingTable(this.ledger.identity.shape);
      this.#places.clear();
      for (const { record, ...place } of this.ledger.segments()) {
        if (this.#overlay.file(place.path)) continue;
        if (record) this.#keys.append(place.segmentId, record.keys);
        this.#places.set(place.segmentId, place);
      }
      for (const path of this.#overlay.paths()) this.#cover(this.#overlay.file(path));
      this.#generation = generation;
    }
    return this.#keys;
  }

  /** After everything was read: what no branch has used for long goes, and the database's log is worked in. */
  #sweep(): void {
    try {
      this.ledger.scrub();
      this.ledger.sweep(SWEEP);
    } catch (error) {
      // Another window writes at this moment; there will be another time.
      if (!isAppError(error, 'ledger/busy')) throw error;
    }
  }

  #follow(change: Change): void {
    // Nothing was read yet, or another process wrote in between: the next question reads all keys.
    if (this.#generation < 0 || change.generation !== this.#generation + 1) return;
    for (const id of change.removed) {
      this.#keys.remove(id);
      this.#places.delete(id);
    }
    // A segment that is embedded has its place already, and gets its vectors.
    const added = new Set([...change.added, ...change.embedded]);
    for (const path of new Set([...this.ledger.locate(added).values()].map((place) => place.path))) {
      if (!this.#overlay.file(path)) this.#appendStored(path, added);
    }
    this.#generation = change.generation;
  }

  #appendStored(path: string, wanted?: ReadonlySet<number>): void {
    for (const { record, ...place } of this.ledger.segmentsOf(path)) {
      if (wanted && !wanted.has(place.segmentId)) continue;
      if (record) this.#keys.append(place.segmentId, record.keys);
      this.#places.set(place.segmentId, place);
    }
  }

  #cover(file: ReturnType<Overlay['file']>): void {
    for (const segment of file?.segments ?? []) {
      this.#keys.append(segment.segmentId, segment.keys);
      this.#places.set(segment.segmentId, segment);
    }
  }

  /** Takes unsaved text off and puts the stored segments back. */
  #uncover(path: string): void {
    if (!this.#overlay.file(path)) return;
    this.#table();
    for (const { segmentId } of this.#overlay.take(path)) {
      this.#keys.remove(segmentId);
      this.#places.delete(segmentId);
    }
    this.#appendStored(path);
  }

  #stands(word: string): boolean {
    return this.#overlay.holds(word) || this.ledger.lexicalSearch([word], 1).length > 0;
  }

  #idsIn(scope: Scope): number[] {
    const ids: number[] = [];
    for (const { segmentId, path } of this.#places.values()) if (scope.has(path)) ids.push(segmentId);
    return ids;
  }

  /**
   * What the words find in unsaved text, each word at the weight that it has in the stored files (its inverse document
   * frequency; the full-text index knows nothing of text that is not saved).
   */
  #unsavedHits(words: readonly string[], scope: Scope | undefined): LexicalHit[] {
    const all = this.#places.size;
    const weights = words.map((word) => {
      const holding = this.ledger.lexicalSearch([word], LEXICAL_LIMIT).length;
      return Math.log(1 + (all - holding + 0.5) / (holding + 0.5));
    });
    const hits: LexicalHit[] = [];
    for (const segment of this.#overlay.segments()) {
      if (scope && !scope.has(segment.path)) continue;
      const bm25 = words.reduce((sum, word, at) => sum + (segment.terms.has(word) ? (weights[at] ?? 0) : 0), 0);
      if (bm25 > 0) hits.push({ segmentId: segment.segmentId, bm25 });
    }
    return hits;
  }
}
