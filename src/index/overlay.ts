import type { Scope, SegmentPlace } from '../memory/records.ts';
import type { LexicalHit } from '../memory/search/fusion.ts';
import { splitLines } from '../workspace/segment/line.ts';

/** A segment of text that stands in an editor alone. Its id is negative, so that it never meets one of the ledger's. */
export interface OverlaySegment extends SegmentPlace {
  /** [P, d_k / 2], as the ledger would store them. */
  readonly keys: Uint8Array;
  readonly terms: ReadonlySet<string>;
}

export interface OverlayFile {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly segments: readonly OverlaySegment[];
}

/**
 * Unsaved text, laid over the files of a ledger: the memory loses the file's stored segments and gains these, in RAM
 * alone. Nothing of it is ever written to disk; taking it off gives back exactly what was there before.
 */
export class Overlay {
  readonly #files = new Map<string, OverlayFile>();
  readonly #segments = new Map<number, OverlaySegment>();
  #nextId = -1;

  get size(): number {
    return this.#files.size;
  }

  paths(): IterableIterator<string> {
    return this.#files.keys();
  }

  file(path: string): OverlayFile | undefined {
    return this.#files.get(path);
  }

  segment(id: number): OverlaySegment | undefined {
    return this.#segments.get(id);
  }

  segments(): IterableIterator<OverlaySegment> {
    return this.#segments.values();
  }

  /** Whether a term stands in some unsaved text. */
  holds(term: string): boolean {
    for (const { terms } of this.#segments.values()) if (terms.has(term)) return true;
    return false;
  }

  /**
   * What the words find in unsaved text, each word at the weight that it has in the stored files: the full-text index
   * knows nothing of text that is not saved.
   */
  hits(words: readonly string[], weightOf: (word: string) => number, scope: Scope | undefined): LexicalHit[] {
    const weights = words.map(weightOf);
    const hits: LexicalHit[] = [];
    for (const { segmentId, path, terms } of this.#segments.values()) {
      if (scope && !scope.has(path)) continue;
      const bm25 = words.reduce((sum, word, at) => sum + (terms.has(word) ? (weights[at] ?? 0) : 0), 0);
      if (bm25 > 0) hits.push({ segmentId, bm25 });
    }
    return hits;
  }

  /** Lays the text over the file, in place of an earlier one. */
  put(path: string, text: string, segments: readonly Omit<OverlaySegment, 'segmentId' | 'path'>[]): OverlayFile {
    this.take(path);
    const own = segments.map((segment) => ({ ...segment, path, segmentId: this.#nextId-- }));
    for (const segment of own) this.#segments.set(segment.segmentId, segment);
    const file = { path, text, lines: splitLines(text), segments: own };
    this.#files.set(path, file);
    return file;
  }

  /** Takes the file's text off; the segments that went. */
  take(path: string): readonly OverlaySegment[] {
    const segments = this.#files.get(path)?.segments ?? [];
    for (const { segmentId } of segments) this.#segments.delete(segmentId);
    this.#files.delete(path);
    return segments;
  }
}
