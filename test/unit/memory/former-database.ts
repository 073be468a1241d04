import { DatabaseSync } from 'node:sqlite';

import { vectorsHash } from '../../../src/memory/algebra/set-hash.ts';
import { recordLayout } from '../../../src/memory/algebra/shape.ts';
import { identityChecksum } from '../../../src/memory/store/schema.ts';
import { hashOfRows, storeSetHash } from '../../../src/memory/store/set-hash-store.ts';
import { drain } from '../../../src/memory/store/steps.ts';
import { encodeFormerRecord, IDENTITY, madeUpVectors, SHAPE } from './support.ts';

/** Makes a database of made-up files what version 3 made of them: the same tables, and keys of eight bits. */
export function asVersion3(location: string): void {
  const db = new DatabaseSync(location);
  db.exec('BEGIN');
  const renew = db.prepare('UPDATE record SET vectors = ?, vectors_hash = ? WHERE id = ?');
  for (const { id, name } of db.prepare('SELECT id, lower(hex(content_hash)) AS name FROM record').all()) {
    const vectors = encodeFormerRecord(madeUpVectors(String(name)));
    renew.run(vectors, vectorsHash(vectors), Number(id));
  }
  for (const { id } of db.prepare('SELECT id FROM checkout').all()) {
    storeSetHash(db, Number(id), drain(hashOfRows(db, Number(id), 'hashes')));
  }
  const checksum = identityChecksum({ ...IDENTITY, layout: recordLayout(SHAPE) }, '3');
  db.exec("UPDATE meta SET value = '3' WHERE name = 'schema'");
  db.prepare("UPDATE meta SET value = ? WHERE name = 'checksum'").run(checksum);
  db.exec('PRAGMA user_version = 3; COMMIT; PRAGMA wal_checkpoint(TRUNCATE);');
  db.close();
}
