import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';

import { SET_HASH_BYTES, vectorsHash } from '../algebra/set-hash.ts';
import { drain } from './steps.ts';
import { FileChecksums } from './file-checksum.ts';
import { integer, text } from './row.ts';
import { RECORD_BY_ORIGIN } from './former-schema.ts';
import { NO_ORIGIN, originOf, identityChecksum, TABLES } from './schema.ts';
import type { Identity } from './schema.ts';
import { hashOfRows, storeSetHash } from './set-hash-store.ts';
import { transaction } from './transaction.ts';

/** Tables that are made anew; `write` becomes `record`. */
const FORMER_TABLES = ['checkout', 'file', 'write', 'segment', 'file_stat'] as const;
/** The version that this step ends with. */
const VERSION = 3;
/** What a skipped file of version 2 has in place of a hash: the rules under which it was looked at. */
const RULES = 'reading ';

/**
 * Brings a database of version 1 or 2 up to version 3 in one transaction: nothing is encoded or read again. Files of
 * version 1 become those of the checkout that opens it. A process that is killed, or a full disk, leaves the database
 * as it was.
 */
export function migrate(db: DatabaseSync, identity: Identity): void {
  // Tables are renamed aside and made anew; references to them by name must stay as they are. Neither setting changes
  // anything inside a transaction.
  db.exec('PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON;');
  db.function('vectors_hash', { deterministic: true }, (vectors) =>
    vectorsHash(vectors instanceof Uint8Array ? vectors : new Uint8Array()),
  );
  try {
    transaction(db, () => {
      const from = integer(db.prepare('PRAGMA user_version').get() ?? {}, 'user_version');
      // Another process may have been first.
      if (from >= VERSION) return;
      const broken = from === 1 ? new Set<number>() : brokenFiles(db);
      rebuildTables(db, from, identity.checkout);
      renew(db, from, broken);
      const version = String(VERSION);
      db.prepare("UPDATE meta SET value = ? WHERE name = 'schema'").run(version);
      db.prepare("UPDATE meta SET name = 'checksum', value = ? WHERE name = 'seal'").run(
        identityChecksum(identity, version),
      );
      db.exec(`UPDATE meta SET name = 'pruned_ms' WHERE name = 'swept_ms';
               DELETE FROM meta WHERE name = 'generation'; PRAGMA user_version = ${version};`);
    });
  } finally {
    db.exec('PRAGMA foreign_keys = ON; PRAGMA legacy_alter_table = OFF;');
  }
}

/** Copies every row, under its id, into the tables of this version. */
function rebuildTables(db: DatabaseSync, from: number, folder: string): void {
  const names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const present = new Set(names.map((row) => text(row, 'name')));
  const former = FORMER_TABLES.filter((name) => present.has(name));
  for (const name of former) db.exec(`ALTER TABLE "${name}" RENAME TO former_${name};`);
  for (const name of ['checkout', 'file', 'record', 'segment'] as const) db.exec(TABLES[name]);
  const checkout =
    from === 1
      ? `SELECT 1, ?, ${Date.now()}, coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'generation'), 0)`
      : 'SELECT id, place, seen_ms, generation';
  db.prepare(
    `INSERT INTO checkout (id, folder, seen_ms, generation, set_hash)
     SELECT former.*, zeroblob(${SET_HASH_BYTES}) FROM (${checkout} ${from === 1 ? '' : 'FROM former_checkout'}) AS former`,
  ).run(...(from === 1 ? [folder] : []));
  const stat = present.has('file_stat') ? 'LEFT JOIN former_file_stat ON file_id = id' : '';
  const [ctime, inode] = stat === '' ? ['NULL', 'NULL'] : ['ctime_ms', 'inode'];
  // Version 2 kept the check for secrets in whichever column was free.
  const isRules = `blob_hash GLOB '${RULES}*'`;
  db.exec(
    `INSERT INTO file (id, checkout_id, path, blob_hash, bytes, mtime_ms, ctime_ms, inode, lines, state, reason,
       message, secret_check, tree_leaf, checksum)
     SELECT id, ${from === 1 ? '1' : 'checkout_id'}, path, iif(${isRules}, '', blob_hash), bytes, mtime_ms, ${ctime},
       ${inode}, lines, state, reason, iif(state = 'ingested', '', sentence),
       CASE WHEN state = 'ingested' THEN sentence
         WHEN state = 'skipped' AND ${isRules} THEN json_object('rules', blob_hash, 'masked', json_array())
         ELSE '' END, x'', 0
     FROM former_file ${stat}`,
  );
  db.prepare(
    `INSERT INTO record (id, content_hash, tokens, used_ms, origin, vectors_hash, vectors)
     SELECT id, key, tokens, used_ms, ${from === 1 ? '?' : 'origin'}, vectors_hash(blob), blob FROM former_write`,
  ).run(...(from === 1 ? [NO_ORIGIN] : []));
  db.exec(
    `INSERT INTO segment (id, checkout_id, file_id, ordinal, start_line, end_line, tokens, content_hash, record_id)
     SELECT former_segment.id, ${from === 1 ? '1' : 'checkout_id'}, file_id, ordinal, first, last,
       former_segment.tokens, key, write_id
     FROM former_segment JOIN former_write ON former_write.id = write_id`,
  );
  // Ids stay unused for ever also across this step.
  db.exec(`UPDATE sqlite_sequence SET seq = max(seq, (SELECT former.seq FROM sqlite_sequence AS former
             WHERE former.name = replace('former_' || sqlite_sequence.name, 'former_record', 'former_write')))
           WHERE replace('former_' || name, 'former_record', 'former_write') IN (SELECT name FROM sqlite_sequence);`);
  for (const name of former) db.exec(`DROP TABLE former_${name};`);
  db.exec(`${RECORD_BY_ORIGIN}; ${TABLES.segment_by_record}; ${TABLES.segment_not_embedded};`);
}

/** Ids of files whose seal, as version 2 computed it, does not hold. */
function brokenFiles(db: DatabaseSync): Set<number> {
  const files = db
    .prepare(`SELECT checkout_id, path, blob_hash, bytes, mtime_ms, lines, state, reason, sentence, id, seal FROM file`)
    .all();
  const segments = db.prepare(
    `SELECT segment.checkout_id, ordinal, first, last, segment.tokens, lower(hex(key)) FROM segment
     JOIN write ON write.id = write_id WHERE file_id = ? ORDER BY ordinal`,
  );
  const broken = new Set<number>();
  for (const { id, seal, ...file } of files) {
    const rows = [file, ...segments.all(id ?? 0)].map((row) => Object.values(row));
    if (crc32(JSON.stringify(rows)) !== seal) broken.add(Number(id));
  }
  return broken;
}

/** What version 3 keeps beside the rows: origins that version 1 did not know, tree leaves, checksums, set hashes. */
function renew(db: DatabaseSync, from: number, broken: ReadonlySet<number>): void {
  const checksums = new FileChecksums(db);
  const origin = db.prepare(
    'UPDATE main.record SET origin = ? WHERE id IN (SELECT record_id FROM main.segment WHERE file_id = ?)',
  );
  for (const row of db.prepare('SELECT id, path FROM main.file').all()) {
    const id = integer(row, 'id');
    if (from === 1) origin.run(originOf(text(row, 'path')), id);
    // What was changed before keeps a checksum that does not hold: verify() finds it.
    if (!broken.has(id)) checksums.put(id);
  }
  for (const row of db.prepare('SELECT id FROM checkout').all()) {
    const id = integer(row, 'id');
    storeSetHash(db, id, drain(hashOfRows(db, id, 'hashes')));
  }
}
