import type { Change, SegmentPlace, StoredRecord } from '../memory/records.ts';
import { roleOf } from '../workspace/files/role.ts';
import { ROLE_ORDER } from './plan.ts';
import { isOfOneSegment, SegmentEncoder } from './segment-encoder.ts';
import type { EncoderOptions } from './segment-encoder.ts';
import { isSuperseded } from './superseded.ts';

/** The most segments of one transaction, which holds those of one file: a process that is killed loses them. */
const BATCH = 8;

export interface VectorsOptions extends EncoderOptions {
  /** The files whose segments are encoded; all where it is undefined. */
  readonly paths: ReadonlySet<string> | undefined;
  readonly remember?: boolean | undefined;
  /** Paths that are asked about or worked on, nearest first: they come before all others. */
  readonly nearest?: () => Iterable<string>;
  readonly onProgress?: (progress: VectorsProgress) => void;
  readonly onChange?: (change: Change) => void;
}

/** Where the pass stands; both pairs count from what had no vectors when it began. */
export interface VectorsProgress {
  readonly segments: number;
  readonly ofSegments: number;
  readonly tokens: number;
  readonly ofTokens: number;
  /** Tokens per second of the model's own time. */
  readonly rate: number;
  readonly path: string;
}

/**
 * Encodes the segments that stand without vectors, file by file: what is asked about or worked on first, then what
 * speaks of the program itself. A stop at any moment loses at most the last few segments.
 */
export class VectorsPass {
  readonly #options: VectorsOptions;
  readonly #encoder: SegmentEncoder;
  /** Segments without vectors, by their file. */
  readonly #waiting: Map<string, SegmentPlace[]>;
  readonly #order: string[];
  readonly #ofSegments: number;
  readonly #ofTokens: number;
  #segments = 0;
  #tokens = 0;
  #at = 0;
  #records: StoredRecord[] = [];
  #foundStored = false;
  /** Segments that had the text of one that was encoded. */
  reused = 0;
  failed = 0;

  constructor(options: VectorsOptions) {
    this.#options = options;
    this.#encoder = new SegmentEncoder(options);
    const { ledger, paths } = options;
    let places = ledger.notEmbedded(paths);
    if (places.length > 0) {
      // Another checkout, or another process, may have encoded the same text meanwhile.
      const change = ledger.embedStored();
      this.#changed(change);
      if (change.embedded.length > 0) places = ledger.notEmbedded(paths);
    }
    this.#waiting = Map.groupBy(places, ({ path }) => path);
    const order = new Map([...this.#waiting.keys()].map((path) => [path, ROLE_ORDER.indexOf(roleOf(path))]));
    this.#order = [...this.#waiting.keys()].sort(
      (a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0) || (a < b ? -1 : 1),
    );
    this.#ofSegments = places.length;
    this.#ofTokens = places.reduce((sum, { tokens }) => sum + tokens, 0);
  }

  get encoder(): Pick<SegmentEncoder, 'encoded' | 'tokens' | 'milliseconds'> {
    return this.#encoder;
  }

  /** @throws `engine/…`, `ledger/…`; the signal's reason when it is aborted, with everything before it saved */
  async run(): Promise<void> {
    try {
      for (let path = this.#next(); path !== undefined; path = this.#next()) {
        this.#options.signal?.throwIfAborted();
        await this.#file(path);
        this.#store();
      }
    } finally {
      this.#store();
      if (this.#foundStored) this.#changed(this.#options.ledger.embedStored());
    }
  }

  #next(): string | undefined {
    for (const path of this.#options.nearest?.() ?? []) if (this.#waiting.has(path)) return path;
    while (this.#at < this.#order.length) {
      const path = this.#order[this.#at];
      if (path !== undefined && this.#waiting.has(path)) return path;
      this.#at += 1;
    }
    return undefined;
  }

  async #file(path: string): Promise<void> {
    const { ledger, onProgress } = this.#options;
    const before = ledger.file(path);
    const places = this.#waiting.get(path) ?? [];
    this.#waiting.delete(path);
    try {
      for (const [at, place] of places.entries()) {
        onProgress?.(this.#progress(path));
        await this.#segment(place);
        if (this.#records.length < BATCH) continue;
        this.#store();
        const [nearest] = this.#options.nearest?.() ?? [];
        if (nearest === undefined || nearest === path || !this.#waiting.has(nearest)) continue;
        this.#waiting.set(path, places.slice(at + 1));
        return;
      }
    } catch (error) {
      if (!isOfOneSegment(error)) throw error;
      if (before === undefined) return;
      this.failed += 1;
      const state = { kind: 'failed', reason: error.code.replace('engine/', ''), message: error.message } as const;
      const superseded = () => isSuperseded(this.#options, before, path, before);
      this.#changed(ledger.skipFile(path, before, state, superseded));
    }
  }

  async #segment(place: SegmentPlace): Promise<void> {
    this.#segments += 1;
    this.#tokens += place.tokens;
    const isWaiting = this.#records.some(({ contentHash }) => contentHash === place.contentHash);
    if (isWaiting || this.#options.ledger.hasRecord([place.contentHash]).size > 0) {
      // Encoded meanwhile: for a question, by another process, or in another file of the same text.
      this.reused += 1;
      this.#foundStored = true;
      return;
    }
    const record = await this.#encoder.encode(place);
    if (record) this.#records.push(record);
  }

  #store(): void {
    const records = this.#records;
    this.#records = [];
    if (records.length > 0) this.#changed(this.#options.ledger.embed(records));
  }

  #changed(change: Change): void {
    this.#options.onChange?.(change);
  }

  #progress(path: string): VectorsProgress {
    return {
      segments: this.#segments,
      ofSegments: this.#ofSegments,
      tokens: this.#tokens,
      ofTokens: this.#ofTokens,
      rate: this.#encoder.rate,
      path,
    };
  }
}
