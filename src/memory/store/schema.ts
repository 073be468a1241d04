import { createHash } from 'node:crypto';

/** Kept in user_version and again in `meta`, so that one flipped bit cannot make a database look newer. */
export const SCHEMA_VERSION = 5;

/** Where records of former versions lie until they have moved to `record` (convert-records.ts); then it is gone. */
export const FORMER_RECORDS = 'former_record';

/**
 * The whole database. An embedding record is stored once per content and shared by every checkout; files and segments
 * belong to one. No column holds source text: `lexical` is a contentless index over terms.
 *
 * AUTOINCREMENT: a segment id is never used twice, so a table in memory cannot mistake one segment for another.
 *
 * - `checkout.folder`    the working folder; `generation` counts the changes of its files
 * - `checkout.set_hash`  the sum over its embedded segments (set-hash.ts), kept up to date by every change
 * - `file.tree_leaf`     sha256 over the path and the content hashes: a leaf of the tree hash (tree-hash.ts)
 * - `file.secret_check`  JSON: the rules it was read under and what was masked; empty where nobody looked
 * - `file.ctime_ms`, `inode`  what a walk saw beside size and time; NULL where nobody looked; not in the checksum,
 *   because a wrong value costs one look at the file
 * - `file.checksum`      CRC-32 over the row and its segments' rows, because SQLite does not check values
 * - `segment.record_id`  NULL while the segment is not embedded: its words are found, it has no vectors
 * - `record.origin`      the path it was first encoded for (originOf), so that forgetting finds former versions too;
 *   without an index, because whoever asks for it reads the whole database anyway
 * - `lexical.text`       comes first: FTS5 names the column at each place of a word in any other
 */
export const TABLES = {
  meta: `CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID`,
  checkout: `CREATE TABLE checkout (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  folder TEXT NOT NULL UNIQUE,
  seen_ms INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  set_hash BLOB NOT NULL CHECK (length(set_hash) = 2048)
) STRICT`,
  file: `CREATE TABLE file (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  checkout_id INTEGER NOT NULL REFERENCES checkout (id),
  path TEXT NOT NULL,
  blob_hash TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  mtime_ms REAL NOT NULL,
  ctime_ms REAL,
  inode REAL,
  lines INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('ingested', 'skipped', 'failed')),
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  secret_check TEXT NOT NULL,
  tree_leaf BLOB NOT NULL,
  checksum INTEGER NOT NULL,
  UNIQUE (checkout_id, path)
) STRICT`,
  record: `CREATE TABLE record (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  content_hash BLOB NOT NULL UNIQUE CHECK (length(content_hash) = 32),
  tokens INTEGER NOT NULL,
  used_ms INTEGER NOT NULL,
  origin BLOB NOT NULL,
  vectors_hash BLOB NOT NULL CHECK (length(vectors_hash) = 32),
  vectors BLOB NOT NULL
) STRICT`,
  segment: `CREATE TABLE segment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  checkout_id INTEGER NOT NULL,
  file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  start_line INTEGER NOT NULL CHECK (start_line >= 0),
  end_line INTEGER NOT NULL CHECK (end_line >= start_line),
  tokens INTEGER NOT NULL,
  content_hash BLOB NOT NULL CHECK (length(content_hash) = 32),
  record_id INTEGER REFERENCES record (id),
  UNIQUE (file_id, ordinal)
) STRICT`,
  segment_by_record: `CREATE INDEX segment_by_record ON segment (record_id)`,
  segment_not_embedded: `CREATE INDEX segment_not_embedded ON segment (content_hash) WHERE record_id IS NULL`,
  lexical: `CREATE VIRTUAL TABLE lexical USING fts5 (
  text, path, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'"
)`,
} as const;

/** Settings of one connection. Each has its reason. */
export const CONNECTION = {
  /** ms another writer is waited for: longer than the largest transaction, a file of some thousand segments. */
  busyMs: 10_000,
  /** KiB of page cache. */
  cacheKib: 16_384,
  /** Bytes of write-ahead log after which it is worked into the database, and to which its file is cut back. */
  walBytes: 4 * 1024 * 1024,
  /** ms after which opening a checkout notes once more that it is in use. */
  seenMs: 3_600_000,
  /**
   * Bytes of a page. 13 records of some 0.6 KB fill 97 % of 8 KB; the last page of each table is half empty, which is a
   * twentieth of a small folder's index with pages of 16 KB.
   */
  pageBytes: 8_192,
} as const;

/**
 * What a connection sees of one checkout: views of its own hide the tables of the same names, so every query that asks
 * for `file` or `segment` is of this checkout and cannot forget to be. Changes name `main.file` and `main.segment`.
 */
export function checkoutViews(checkoutId: number): string {
  const id = Math.trunc(checkoutId);
  return `CREATE TEMP VIEW file AS SELECT * FROM main.file WHERE checkout_id = ${id};
          CREATE TEMP VIEW segment AS SELECT * FROM main.segment WHERE checkout_id = ${id};`;
}

/** Of a record: no segment of any checkout uses it. */
export const UNUSED = 'NOT EXISTS (SELECT 1 FROM main.segment WHERE segment.record_id = record.id)';

/** Whose memory it is. `adapter` names base model and adapter together; a different one has its own database. */
export interface Identity {
  readonly repository: string;
  /** The working folder that opens it. Not part of the checksum: one database serves many. */
  readonly checkout: string;
  readonly adapter: string;
  /** recordLayout() of the shape. */
  readonly layout: string;
}

/**
 * The path that a record was made for, 8 bytes of its sha256: found again when the path is forgotten, and not readable.
 */
export function originOf(path: string): Uint8Array {
  return createHash('sha256').update(path).digest().subarray(0, 8);
}

/** The origins of paths in JSON, as SQL's unhex() reads them. */
export function originsOf(paths: readonly string[]): string {
  return JSON.stringify(paths.map((path) => Buffer.from(originOf(path)).toString('hex')));
}

/** A record that came from a database that did not say what it was made for. */
export const NO_ORIGIN = new Uint8Array();

/** Checksum over the identity rows, so that a flipped bit there reads as damage and not as somebody else's database. */
export function identityChecksum(identity: Omit<Identity, 'checkout'>, version: string): string {
  return createHash('sha256')
    .update(JSON.stringify([version, identity.repository, identity.adapter, identity.layout]))
    .digest('hex');
}
