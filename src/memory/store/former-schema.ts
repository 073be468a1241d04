import type { DatabaseSync } from 'node:sqlite';

import { TABLES } from './schema.ts';

/** The index of words up to version 4. A database keeps it when it is brought up: queries name its columns. */
export const FORMER_LEXICAL = `CREATE VIRTUAL TABLE lexical USING fts5 (
  path, text, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'"
)`;

/** The index of records by their origin, up to version 4. */
export const RECORD_BY_ORIGIN = `CREATE INDEX record_by_origin ON record (origin)`;

/** Version 1 knew one checkout, which was the repository. */
const VERSION_1 = {
  meta: TABLES.meta,
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
  lexical: FORMER_LEXICAL,
} as const;

/** Version 2 knew many checkouts, and a record (`write`) for every segment. */
const VERSION_2 = {
  meta: TABLES.meta,
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
  lexical: FORMER_LEXICAL,
} as const;

/**
 * Versions 3 and 4 had the same tables. Records of version 3 had keys of eight bits, those of version 4 each key by
 * itself (former-record.ts).
 */
const VERSION_3 = { ...TABLES, record_by_origin: RECORD_BY_ORIGIN, lexical: FORMER_LEXICAL };

/** Schemas of former versions that can be brought up to this one. */
export const FORMER: ReadonlyMap<number, Readonly<Record<string, string>>> = new Map<number, Record<string, string>>([
  [1, VERSION_1],
  [2, VERSION_2],
  [3, VERSION_3],
  [4, VERSION_3],
]);

/** What a database calls its records and folders, for whoever looks into one that is not brought up to this version. */
export interface Names {
  readonly record: 'record' | 'write';
  readonly contentHash: 'content_hash' | 'key';
  readonly vectors: 'vectors' | 'blob';
  readonly recordId: 'record_id' | 'write_id';
  readonly message: 'message' | 'sentence';
  /** The column of a checkout; undefined where there are no checkouts (version 1). */
  readonly folder: 'folder' | 'place' | undefined;
}

/** Throws what SQLite throws where the schema cannot be read. */
export function namesIn(db: DatabaseSync): Names {
  const has = (name: string) => db.prepare('SELECT 1 FROM main.sqlite_schema WHERE name = ?').get(name) !== undefined;
  const [isFormer, hasCheckouts] = [has('write') && !has('record'), has('checkout')];
  if (!isFormer) {
    return {
      record: 'record',
      contentHash: 'content_hash',
      vectors: 'vectors',
      recordId: 'record_id',
      message: 'message',
      folder: 'folder',
    };
  }
  return {
    record: 'write',
    contentHash: 'key',
    vectors: 'blob',
    recordId: 'write_id',
    message: 'sentence',
    folder: hasCheckouts ? 'place' : undefined,
  };
}
