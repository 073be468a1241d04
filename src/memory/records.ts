import type { MemoryShape } from './algebra/shape.ts';
import type { EmbeddingRecord } from './algebra/embedding-record.ts';

/** Whose memory, and what its records look like. */
export interface LedgerIdentity {
  /** Names the repository: the same for all its branches and worktrees. */
  readonly repository: string;
  /** The working folder whose files these are: what is read and changed belongs to it, records are shared. */
  readonly checkout: string;
  /** Base model and adapter with their versions: what contentHash() was given. */
  readonly adapter: string;
  readonly shape: MemoryShape;
}

/** What became of a file. Every file that was seen has one, so that nothing is left out silently. */
export type FileState =
  | { readonly kind: 'ingested' }
  /** Not wanted: binary, too large, a secret … `reason` is a short name, `message` what the user reads. */
  | { readonly kind: 'skipped'; readonly reason: string; readonly message: string }
  /** Wanted, but it could not be read or encoded. */
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string };

/** Reason of a skipped file that was taken out on request: it stays out, whatever database is begun anew. */
export const FORGOTTEN = 'forgotten';

/** What the file system says of a file beside its size and time, and what a change that keeps both does not keep. */
export interface FileStat {
  readonly ctimeMs: number;
  /** 0 where the file system has none. */
  readonly inode: number;
}

/** Which rules a file was read under, and what was masked in it: what it is by name, and its line, counted from 1. */
export interface SecretCheck {
  readonly rules: string;
  readonly masked: readonly { readonly line: number; readonly rule: string }[];
}

export interface FileMeta {
  /** Hash of the content (a git blob hash or another the caller keeps to); '' when it could not be read. */
  readonly blobHash: string;
  readonly bytes: number;
  readonly mtimeMs: number;
  readonly lines: number;
  /** Left out where nobody looked, or a former version of the program did. */
  readonly stat?: FileStat | undefined;
  /** Left out where the file was not read, or before secrets were looked for. */
  readonly secrets?: SecretCheck | undefined;
}

export interface FileRecord extends FileMeta {
  /** Relative to the repository's root, with '/'. */
  readonly path: string;
  readonly state: FileState;
}

/** A segment as it is handed over. */
export interface SegmentEntry {
  /** First and last line as the segmenter counts them; the ledger only asks that 0 <= start <= end. */
  readonly start: number;
  readonly end: number;
  /** Model tokens in the segment. */
  readonly tokens: number;
  /** contentHash() of its text. */
  readonly contentHash: string;
  /** terms() of its text, repeats kept. */
  readonly terms: readonly string[];
}

/** Where a segment lies. */
export interface SegmentPlace {
  readonly segmentId: number;
  readonly path: string;
  readonly ordinal: number;
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  readonly contentHash: string;
}

export interface StoredSegment extends SegmentPlace {
  /** Undefined while the segment is not embedded: its words are found, it has no vectors yet. */
  readonly record: EmbeddingRecord | undefined;
}

/** What one change did, so that a table in memory can follow without reading everything again. */
export interface Change {
  readonly removed: readonly number[];
  readonly added: readonly number[];
  /** Segments that stood without vectors and have them now. */
  readonly embedded: readonly number[];
  /** Generation after the change; more than one above the last known means that another process wrote in between. */
  readonly generation: number;
}

/** One working folder of the repository. */
export interface CheckoutRecord {
  readonly folder: string;
  /** ms since 1970 when it was last opened, to the hour. */
  readonly seenMs: number;
  readonly files: number;
  readonly segments: number;
}

/** A record as it is stored, for whoever carries records from one ledger to another. */
export interface StoredRecord {
  /** contentHash(), hex */
  readonly contentHash: string;
  /** Model tokens of its segment. */
  readonly tokens: number;
  /** originOf() the path it was made for; empty when that is not known. */
  readonly origin: Uint8Array;
  readonly record: EmbeddingRecord;
}

/** A set of files. Its set hash is the sum over their segments. */
export type Scope = ReadonlySet<string>;

export interface Totals {
  readonly files: Readonly<Record<FileState['kind'], number>>;
  /** Files by state and reason, most first; ingested files have no reason. */
  readonly reasons: readonly { readonly kind: FileState['kind']; readonly reason: string; readonly files: number }[];
  readonly segments: number;
  /** Segments that stand without vectors. */
  readonly notEmbedded: number;
  /** Model tokens of all segments. */
  readonly tokens: number;
  /** Working folders that share the database. The following counts are of all of them together. */
  readonly checkouts: number;
  readonly records: number;
  /** Records kept for other branches: no segment uses them now. */
  readonly unusedRecords: number;
  /** Database and its log on disk. */
  readonly databaseBytes: number;
}

export type Verdict =
  | {
      readonly kind: 'sound';
      readonly segments: number;
      /** Segments that stand without vectors, which is no damage. */
      readonly notEmbedded: number;
      readonly records: number;
      /** Hashes of this checkout, made anew from its rows: of its embedded segments, and of its files. */
      readonly setHash: string;
      readonly treeHash: string;
    }
  | {
      readonly kind: 'unsound';
      /** repair() is enough, or the database has to be opened again with `forceRebuild`. */
      readonly needs: 'repair' | 'rebuild';
      readonly message: string;
      readonly faults: readonly string[];
    };
