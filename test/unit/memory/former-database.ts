import { DatabaseSync } from 'node:sqlite';

import { vectorsHash } from '../../../src/memory/algebra/set-hash.ts';
import { recordLayout } from '../../../src/memory/algebra/shape.ts';
import type { MemoryShape } from '../../../src/memory/algebra/shape.ts';
import { FORMER_LEXICAL, RECORD_BY_ORIGIN } from '../../../src/memory/store/former-schema.ts';
import { identityChecksum } from '../../../src/memory/store/schema.ts';
import { hashOfRows, storeSetHash } from '../../../src/memory/store/set-hash-store.ts';
import { drain } from '../../../src/memory/store/steps.ts';
import { encodeFormerRecord, IDENTITY, madeUpVectors, SHAPE } from './support.ts';

/**
 * Makes a database of made-up files what a version before made of them: an index of origins, the path before the text
 * in the index of words, and in version 3 keys of eight bits.
 */
export function asVersion(version: 3 | 4, location: string, shape: MemoryShape = SHAPE): void {
  const db = new DatabaseSync(location);
  db.exec('BEGIN');
  if (version === 3) {
    const renew = db.prepare('UPDATE record SET vectors = ?, vectors_hash = ? WHERE id = ?');
    for (const { id, name } of db.prepare('SELECT id, lower(hex(content_hash)) AS name FROM record').all()) {
      const vectors = encodeFormerRecord(madeUpVectors(String(name), shape), shape);
      renew.run(vectors, vectorsHash(vectors), Number(id));
    }
    for (const { id } of db.prepare('SELECT id FROM checkout').all()) {
      storeSetHash(db, Number(id), drain(hashOfRows(db, Number(id), 'hashes')));
    }
  }
  db.exec("CREATE VIRTUAL TABLE temp.word USING fts5vocab('main', 'lexical', 'instance')");
  const termsOf = (column: string) =>
    `coalesce(group_concat(term, ' ' ORDER BY offset) FILTER (WHERE col = '${column}'), '')`;
  const words = db.prepare(`SELECT doc, ${termsOf('path')}, ${termsOf('text')} FROM temp.word GROUP BY doc`);
  words.setReturnArrays(true);
  const rows = words.all() as unknown as [number, string, string][];
  db.exec(`DROP TABLE temp.word; DROP TABLE lexical; ${FORMER_LEXICAL}; ${RECORD_BY_ORIGIN};`);
  for (const row of rows) db.prepare('INSERT INTO lexical (rowid, path, text) VALUES (?, ?, ?)').run(...row);
  const checksum = identityChecksum({ ...IDENTITY, layout: recordLayout(shape) }, String(version));
  db.exec(`UPDATE meta SET value = '${version}' WHERE name = 'schema'`);
  db.prepare("UPDATE meta SET value = ? WHERE name = 'checksum'").run(checksum);
  db.exec(`PRAGMA user_version = ${version}; COMMIT; PRAGMA wal_checkpoint(TRUNCATE);`);
  db.close();
}
