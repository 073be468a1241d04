import { createHash } from 'node:crypto';

/** Kept in user_version and again in `meta`, so that one flipped bit cannot make a database look newer. */
export const SCHEMA_VERSION = 1;

/**
 * The whole database. A write is stored once per content; files and segments point at it. No column holds source text:
 * `lexical` is a contentless index over terms.
 *
 * AUTOINCREMENT: a segment id is never used twice, so a table in memory cannot mistake one segment for another.
 */
export const TABLES = {
  meta: `CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID`,
  file: `CREATE TABLE file (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL UNIQUE,
  blob_hash TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  mtime_ms REAL NOT NULL,
  lines INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('ingested', 'skipped', 'failed')),
  reason TEXT NOT NULL,
  sentence TEXT NOT NULL
) STRICT`,
  write: `CREATE TABLE write (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
  tokens INTEGER NOT NULL,
  used_ms INTEGER NOT NULL,
  blob BLOB NOT NULL
) STRICT`,
  segment: `CREATE TABLE segment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
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

/** Settings of one connection. Each has its reason. */
export const CONNECTION = {
  /** ms another writer is waited for: longer than the largest transaction, a file of some thousand segments. */
  busyMs: 10_000,
  /** KiB of page cache. */
  cacheKib: 16_384,
  /** Pages of write-ahead log after which it is worked into the database, and the bytes its file is cut back to. */
  walPages: 256,
  walBytes: 4 * 1024 * 1024,
  /** Bytes of a page. Writes are 1-6 KB: with 8 KB pages a fifth of the file was unused, with 16 KB 4 %. */
  pageBytes: 16_384,
} as const;

/** Whose memory it is. `adapter` names base model and adapter together; a different one has its own database. */
export interface Identity {
  readonly repository: string;
  readonly adapter: string;
  /** writeLayout() of the shape. */
  readonly layout: string;
}

/** Checksum over the identity rows, so that a flipped bit there reads as damage and not as somebody else's database. */
export function seal(identity: Identity, version: string): string {
  return createHash('sha256')
    .update(JSON.stringify([version, identity.repository, identity.adapter, identity.layout]))
    .digest('hex');
}
