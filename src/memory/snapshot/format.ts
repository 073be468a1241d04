import { decodeRecord } from '../algebra/embedding-record.ts';
import { decodeFormerRecord } from '../algebra/former-record.ts';
import { layoutsBefore, recordLayout, shapeOfLayout } from '../algebra/shape.ts';
import type { MemoryShape } from '../algebra/shape.ts';

/** Bytes 68-71 of the file, "IMEM": what `file` and our own check look for (https://sqlite.org/fileformat2.html). */
export const APPLICATION_ID = 0x494d454d;
/**
 * Kept in user_version and again in the header. Version 1 stated the hash of sums of features, which nothing makes any
 * more; version 2 states the set hash of its segments; in version 3 keys have four bits, and tables and columns the
 * names that the ledger has; in version 4 the shipped model's keys are averaged in pairs. All are read.
 */
export const FORMAT_VERSION = 4;

/** Snapshots up to this version hold records of the version before (former-record.ts). */
const FORMER_RECORDS = 2;
/** From this version on keys may be averages. */
const AVERAGED = 4;

export const isKnownFormat = (version: number): boolean =>
  Number.isInteger(version) && version >= 1 && version <= FORMAT_VERSION;

/** Reads the records of a snapshot of some version. It throws `memory/record`. */
export const decoderOf = (version: number): typeof decodeRecord =>
  version <= FORMER_RECORDS ? decodeFormerRecord : decodeRecord;

/** The shape of a snapshot's records where a reader of this shape can use them; undefined for all others. */
export function shapeFor(layout: string, version: number, reader: MemoryShape): MemoryShape | undefined {
  const own = recordLayout(reader);
  const usable = version < AVERAGED ? layoutsBefore(own) : [own];
  return usable.includes(layout) ? shapeOfLayout(layout) : undefined;
}

/** By how many steps of four bits rounding may have moved a number: once, and once more where it is an average. */
export const roundingsOf = (version: number): number => (version < AVERAGED ? 1 : 2);

/** What the versions call the same things: the table of records, its columns, and what points to it. */
interface Names {
  readonly table: 'record' | 'write';
  readonly id: 'record_id' | 'write_id';
  readonly contentHash: 'content_hash' | 'key';
  readonly vectors: 'vectors' | 'blob';
  /** Of the header: how many records there are, and that a snapshot has no words. */
  readonly count: 'records' | 'writes';
  readonly noWords: 'omitted' | 'left-out';
}

const NAMES: Names = {
  table: 'record',
  id: 'record_id',
  contentHash: 'content_hash',
  vectors: 'vectors',
  count: 'records',
  noWords: 'omitted',
};
const FORMER_NAMES: Names = {
  table: 'write',
  id: 'write_id',
  contentHash: 'key',
  vectors: 'blob',
  count: 'writes',
  noWords: 'left-out',
};

export const namesOf = (version: number): Names => (version <= FORMER_RECORDS ? FORMER_NAMES : NAMES);

/** Every statement of the schema, letter for letter: a snapshot with anything more or less is refused. */
export function tablesOf(version: number): ReadonlyMap<string, string> {
  const { table, id, contentHash, vectors } = namesOf(version);
  return new Map([
    ...Object.entries(TABLES),
    ['segment', SEGMENT.replace('RECORD_ID', id)],
    [
      table,
      `CREATE TABLE ${table} (
  id INTEGER PRIMARY KEY,
  ${contentHash} BLOB NOT NULL,
  words BLOB NOT NULL,
  ${vectors} BLOB NOT NULL
) STRICT`,
    ],
  ]);
}

const TABLES = {
  header: `CREATE TABLE header (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID`,
  file: `CREATE TABLE file (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  blob_hash TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT`,
  term: `CREATE TABLE term (
  id INTEGER PRIMARY KEY,
  term TEXT NOT NULL
) STRICT`,
} as const;

const SEGMENT = `CREATE TABLE segment (
  file_id INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  RECORD_ID INTEGER NOT NULL,
  PRIMARY KEY (file_id, ordinal)
) STRICT, WITHOUT ROWID`;

/** First thing that whoever opens the file with another program reads. */
export const NOTICE =
  'CONFIDENTIAL: this file encodes source code (file names, the words of every file, and a compressed form of its text). ' +
  'Hand it on only to those who may read that source.';

/** What an import will look at. Nothing is allocated for a number that the file names and does not hold. */
export const LIMITS = {
  /** Bytes of the file: a million records of 3 KB with their words. */
  bytes: 4 * 2 ** 30,
  files: 1_000_000,
  segments: 2_000_000,
  records: 2_000_000,
  terms: 8_000_000,
  /** UTF-8 bytes of a path: Linux allows 4,096, with the root before it. */
  path: 2_048,
  /** UTF-8 bytes of one name in it: what most file systems allow. */
  name: 255,
  /** Characters of one term: the tokenizer makes none that is longer. */
  term: 64,
  /**
   * Terms of one segment, repeats counted: 256 tokens make some hundreds, a file of one line of 1 MiB fewer than this.
   */
  words: 2 ** 20,
  /**
   * Terms of all segments, for each byte of the file and at the least: unpacking must take time in proportion to the
   * file.
   */
  wordsPerByte: 16,
  wordsAtLeast: 2 ** 22,
  /** Characters of a header value, of a reason and of a blob hash. */
  value: 4_096,
  reason: 64,
  blobHash: 128,
  /** Lines of a file and tokens of a segment. */
  count: 2 ** 31 - 1,
} as const;

export const PAGE = {
  /** Records with their words are some 0.8 KB; the tables are few, so that large pages waste least. */
  bytes: 16_384,
  /** Rows between two chances for other work and for an abort. */
  rows: 256,
} as const;
