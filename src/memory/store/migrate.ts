import type { DatabaseSync } from 'node:sqlite';

import { FileChecksums } from './file-checksum.ts';
import { integer, text } from './row.ts';
import { NO_ORIGIN, originOf, SCHEMA_VERSION, identityChecksum, TABLES } from './schema.ts';
import type { Identity } from './schema.ts';
import { transaction } from './transaction.ts';

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
  lexical: TABLES.lexical,
} as const;

/** Schemas of former versions that can be brought up to this one. */
export const FORMER: ReadonlyMap<number, Readonly<Record<string, string>>> = new Map([[1, VERSION_1]]);

/**
 * Brings a database of version 1 up to this version in one transaction: nothing is encoded or read again. Its files
 * become those of the checkout that opens it. A process that is killed, or a full disk, leaves version 1 as it was.
 */
export function migrate(db: DatabaseSync, identity: Identity): void {
  // Tables are renamed aside and made anew; references to them by name must stay as they are. Neither setting changes
  // anything inside a transaction.
  db.exec('PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON;');
  try {
    transaction(db, () => {
      // Another process may have been first.
      if (integer(db.prepare('PRAGMA user_version').get() ?? {}, 'user_version') !== 1) return;
      rebuildTables(db, identity.checkout);
      const sealer = new FileChecksums(db);
      const origin = db.prepare(
        'UPDATE main.write SET origin = ? WHERE id IN (SELECT write_id FROM main.segment WHERE file_id = ?)',
      );
      for (const row of db.prepare('SELECT id, path FROM main.file').all()) {
        const id = integer(row, 'id');
        origin.run(originOf(text(row, 'path')), id);
        sealer.put(id);
      }
      const version = String(SCHEMA_VERSION);
      const put = db.prepare('UPDATE meta SET value = ? WHERE name = ?');
      put.run(version, 'schema');
      put.run(identityChecksum(identity, version), 'seal');
      db.exec(`DELETE FROM meta WHERE name = 'generation'; PRAGMA user_version = ${version};`);
    });
  } finally {
    db.exec('PRAGMA foreign_keys = ON; PRAGMA legacy_alter_table = OFF;');
  }
}

function rebuildTables(db: DatabaseSync, place: string): void {
  const changed = ['file', 'write', 'segment'] as const;
  for (const name of changed) db.exec(`ALTER TABLE "${name}" RENAME TO former_${name};`);
  for (const name of ['checkout', ...changed] as const) db.exec(TABLES[name]);
  const generation = "(SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'generation')";
  const begun = db
    .prepare(`INSERT INTO checkout (place, seen_ms, generation) VALUES (?, ?, coalesce(${generation}, 0)) RETURNING id`)
    .get(place, Date.now());
  const id = integer(begun ?? {}, 'id');
  const columns = 'path, blob_hash, bytes, mtime_ms, lines, state, reason, sentence';
  db.prepare(
    `INSERT INTO file (id, checkout_id, ${columns}, digest, seal) SELECT id, ?, ${columns}, x'', 0 FROM former_file`,
  ).run(id);
  db.prepare(
    `INSERT INTO write (id, key, tokens, used_ms, origin, blob) SELECT id, key, tokens, used_ms, ?, blob FROM former_write`,
  ).run(NO_ORIGIN);
  db.prepare(
    `INSERT INTO segment (id, checkout_id, file_id, ordinal, first, last, tokens, write_id)
     SELECT id, ?, file_id, ordinal, first, last, tokens, write_id FROM former_segment`,
  ).run(id);
  // Ids stay unused for ever also across this step.
  db.exec(`UPDATE sqlite_sequence SET seq = max(seq, (SELECT former.seq FROM sqlite_sequence AS former
             WHERE former.name = 'former_' || sqlite_sequence.name))
           WHERE 'former_' || name IN (SELECT name FROM sqlite_sequence);`);
  for (const name of changed) db.exec(`DROP TABLE former_${name};`);
  for (const name of ['write_by_origin', 'segment_by_write'] as const) db.exec(TABLES[name]);
}
