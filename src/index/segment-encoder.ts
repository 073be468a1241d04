import { isAppError } from '../common/app-error.ts';
import type { Engine, Priority } from '../engine/client/engine.ts';
import type { Ledger } from '../memory/store/ledger.ts';
import { originOf } from '../memory/store/schema.ts';
import type { SegmentPlace, StoredRecord } from '../memory/records.ts';
import { readText } from '../workspace/files/file.ts';
import { noneExempt } from '../workspace/files/secret.ts';
import type { IsExempt } from '../workspace/files/secret.ts';
import { cutFile, encodeSegment } from './cut-file.ts';
import type { CutSegment } from './cut-file.ts';

/** Files whose segments are kept: candidates of one question come from a few files in turn. */
const KEPT_FILES = 16;

export interface EncoderOptions {
  readonly root: string;
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly isExempt?: IsExempt;
  /** The text of a file, where it is not read from disk. */
  readonly textOf?: (path: string) => Promise<string | undefined>;
  readonly priority?: Priority;
  readonly signal?: AbortSignal | undefined;
}

/** Encodes segments that stand in a ledger without vectors, from their files as they lie on disk now. */
export class SegmentEncoder {
  readonly #options: EncoderOptions;
  readonly #files = new Map<string, Promise<ReadonlyMap<string, CutSegment>>>();
  encoded = 0;
  tokens = 0;
  milliseconds = 0;

  constructor(options: EncoderOptions) {
    this.#options = options;
  }

  /** Tokens per second of the model's own time; 0 while nothing was encoded. */
  get rate(): number {
    return this.milliseconds > 0 ? (1000 * this.tokens) / this.milliseconds : 0;
  }

  /**
   * The record of a segment; undefined where its file has changed since its words were read: the next reading of the
   * file sees that. Throws `engine/…`; the signal's reason.
   */
  async encode(place: SegmentPlace): Promise<StoredRecord | undefined> {
    const { ledger, engine } = this.#options;
    const segment = (await this.#cut(place.path)).get(place.contentHash);
    if (segment === undefined) return undefined;
    const { shape } = ledger.identity;
    const { record, tokens, milliseconds } = await encodeSegment(engine, shape, segment, this.#asked());
    this.encoded += 1;
    this.tokens += tokens;
    this.milliseconds += milliseconds;
    const { contentHash, tokens: size } = segment;
    return { contentHash, tokens: size, origin: originOf(place.path), record };
  }

  /**
   * The records of segments in their order, until `until` on the clock of performance.now(); one is tried at least. A
   * segment that the engine cannot encode is passed over: its words rank it. Throws as encode() does for all others.
   */
  async *encodeUntil(until: number, places: readonly SegmentPlace[]): AsyncGenerator<StoredRecord> {
    for (const [tried, place] of places.entries()) {
      if (tried > 0 && performance.now() >= until) return;
      try {
        const record = await this.encode(place);
        if (record) yield record;
      } catch (error) {
        if (!isOfOneSegment(error)) throw error;
      }
    }
  }

  #asked() {
    const { priority = 'ingest', signal } = this.#options;
    return { priority, signal };
  }

  /** The segments of a file by their content hash. */
  #cut(path: string): Promise<ReadonlyMap<string, CutSegment>> {
    const known = this.#files.get(path);
    if (known) return known;
    const [oldest] = this.#files.keys();
    if (this.#files.size >= KEPT_FILES && oldest !== undefined) this.#files.delete(oldest);
    const cut = this.#read(path);
    this.#files.set(path, cut);
    return cut;
  }

  async #read(path: string): Promise<ReadonlyMap<string, CutSegment>> {
    const { ledger, engine, textOf } = this.#options;
    const text = await (textOf ? textOf(path) : this.#onDisk(path));
    if (text === undefined) return new Map();
    const segments = await cutFile(engine, ledger.identity.adapter, path, text, this.#asked());
    return new Map(segments.map((segment) => [segment.contentHash, segment]));
  }

  async #onDisk(path: string): Promise<string | undefined> {
    const { root, isExempt = noneExempt } = this.#options;
    // What stands in the ledger was read by the walk's rules, be it because `include` names it.
    const content = await readText(root, path, { included: true, isExempt });
    return content.kind === 'text' ? content.text : undefined;
  }
}

/** Whether a segment failed and not the engine: a missing model ends the work, and so does the user. */
export const isOfOneSegment = (error: unknown) => isAppError(error, 'engine/gave-up', 'engine/internal');
