import type { FileHit } from '../memory/search/word-search.ts';
import type { LexicalHit } from '../memory/search/fusion.ts';
import type { Shares } from '../memory/search/similarity.ts';
import type { Scope } from '../memory/records.ts';
import type { SegmentList } from './segment-table.ts';

/** A question as an index is asked: its keys [d_k], none for a ranking by words, and its content words. */
export interface Query {
  readonly keys: readonly Float32Array[];
  readonly words: readonly string[];
  /** Paths to share among; every file when left out. */
  readonly scope?: Scope | undefined;
}

/** What one folder's index found: shares over the segments of the scope, and the searches for words. */
export interface SearchHits {
  /** Over the segments that have vectors. */
  readonly shares: Shares;
  /** The segments of the scope: first those of the shares, in their order. */
  readonly list: SegmentList;
  readonly segments: readonly LexicalHit[];
  readonly files: readonly FileHit[];
  /** Largest cosine of a question with a segment embedding; -1 where there is none. */
  readonly cosine: number;
  /** Words that stand in some file. */
  readonly matchedTerms: readonly string[];
}
