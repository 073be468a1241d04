import { createHash } from 'node:crypto';

/** Kept in user_version and again in `meta`, so that one flipped bit cannot make a database look newer. */
export const SCHEMA_VERSION = 2;

/**
 * The whole database. A write is stored once per content and shared by every checkout; files and segments belong to
 * one. No column holds source text: `lexical` is a contentless index over terms.
 *
 * AUTOINCREMENT: a segment id is never used twice, so a table in memory cannot mistake one segment for another.
 *
 * - `checkout.place`     the working folder; `generation` counts the changes of its files
 * - `file.digest`        sha256 over the path and the write keys: a leaf of the tree hash (tree-hash.ts)
 * - `file.seal`          CRC-32 over the whole row and its segments' lines, because SQLite does not check values
 * - `write.origin`       which path it was first encoded for (originOf), so that forgetting finds former versions too
 */
export const TABLES = {
  meta: `CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID`,
  checkout: `CREATE TABLE checkout (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  place TEXT NOT NULL UNIQUE,
  seen_ms INTEGER NOT NULL,
  generation INTEGER NOT NULL
) STRICT`,
  file: `CREATE TABLE file (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  checkout_id INTEGER NOT NULL REFERENCES checkout (id),
  path TEXT NOT NULL,
  blob_hash TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  mtime_ms REAL NOT NULL,
  lines INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('ingested', 'skipped', 'failed')),
  reason TEXT NOT NULL,
  sentence TEXT NOT NULL,
  digest BLOB NOT NULL,
  seal INTEGER NOT NULL,
  UNIQUE (checkout_id, path)
) STRICT`,
  write: `CREATE TABLE write (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
  tokens INTEGER NOT NULL,
  used_ms INTEGER NOT NULL,
  origin BLOB NOT NULL,
  blob BLOB NOT NULL
) STRICT`,
  write_by_origin: `CREATE INDEX write_by_origin ON write (origin)`,
  segment: `CREATE TABLE segment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  checkout_id INTEGER NOT NULL,
  file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  first INTEGER NOT NULL CHECK (first >= 0),
  last INTEGER NOT NULL CHECK (last >= first),
  tokens INTEGER NOT NULL,
  write_id INTEGER NOT NULL REFERENCES write (id),
  UNIQUE (file_id, ordinal)
) STRICT`,
  segment_by_write: `CREATE INDEX segment_by_write ON segment (write_id)`,
  lexical: `CREATE VIRTUAL TABLE lexical USING fts5 (
  path, text, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'"
)`,
} as const;

/**
 * What a walk saw of a file beside its size and time, so that a change that keeps both is seen. A table of its own,
 * which a process of a former version neither needs nor disturbs; it is made where it is missing. No part of the seal:
 * a wrong value costs one look at the file.
 */
export const FILE_STAT = `CREATE TABLE file_stat (
  file_id INTEGER PRIMARY KEY REFERENCES file (id) ON DELETE CASCADE,
  ctime_ms REAL NOT NULL,
  inode REAL NOT NULL
) STRICT`;

/** Settings of one connection. Each has its reason. */
export const CONNECTION = {
  /** ms another writer is waited for: longer than the largest transaction, a file of some thousand segments. */
  busyMs: 10_000,
  /** KiB of page cache. */
  cacheKib: 16_384,
  /** Pages of write-ahead log after which it is worked into the database, and the bytes its file is cut back to. */
  walPages: 256,
  walBytes: 4 * 1024 * 1024,
  /** ms after which opening a checkout notes once more that it is in use. */
  seenMs: 3_600_000,
  /** Bytes of a page. Writes are 1-6 KB: with 8 KB pages a fifth of the file was unused, with 16 KB 4 %. */
  pageBytes: 16_384,
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

/** Whose memory it is. `adapter` names base model and adapter together; a different one has its own database. */
export interface Identity {
  readonly repository: string;
  /** The working folder that opens it. Not part of the seal: one database serves many. */
  readonly checkout: string;
  readonly adapter: string;
  /** writeLayout() of the shape. */
  readonly layout: string;
}

/**
 * The path that a write was made for, 8 bytes of its sha256: found again when the path is forgotten, and not readable.
 */
export function originOf(path: string): Uint8Array {
  return createHash('sha256').update(path).digest().subarray(0, 8);
}

/** A write that came from a database that did not say what it was made for. */
export const NO_ORIGIN = new Uint8Array();

/** Checksum over the identity rows, so that a flipped bit there reads as damage and not as somebody else's database. */
export function identityChecksum(identity: Omit<Identity, 'checkout'>, version: string): string {
  return createHash('sha256')
    .update(JSON.stringify([version, identity.repository, identity.adapter, identity.layout]))
    .digest('hex');
}
