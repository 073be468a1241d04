import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { describe, expect, it } from 'vitest';

import { CompressiveMemory } from '../../../../src/memory/algebra/compressive-memory.ts';
import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { terms } from '../../../../src/memory/search/tokenize.ts';
import { identityChecksum } from '../../../../src/memory/store/schema.ts';
import { writeLayout } from '../../../../src/memory/algebra/shape.ts';
import { encodeRecord } from '../../../../src/memory/algebra/embedding-record.ts';
import { IDENTITY, madeUpFile, madeUpWrite, put, SHAPE, thrownBy, withFolder } from '../support.ts';

/** The database as version 1 made it, letter for letter. */
const VERSION_1 = [
  'PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;',
  `CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID`,
  `CREATE TABLE file (
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
  `CREATE TABLE write (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
  tokens INTEGER NOT NULL,
  used_ms INTEGER NOT NULL,
  blob BLOB NOT NULL
) STRICT`,
  `CREATE TABLE segment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  first INTEGER NOT NULL CHECK (first >= 0),
  last INTEGER NOT NULL CHECK (last >= first),
  tokens INTEGER NOT NULL,
  write_id INTEGER NOT NULL REFERENCES write (id),
  UNIQUE (file_id, ordinal)
) STRICT`,
  'CREATE INDEX segment_by_write ON segment (write_id)',
  `CREATE VIRTUAL TABLE lexical USING fts5 (
  path, text, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'"
)`,
];

const FILES = ['a.ts', 'src/b.ts', 'src/c.ts'].map((path) => madeUpFile(path, 1));

/** Made with SQL alone: two files ingested, one removed again so that its writes are unused, one skipped. */
function makeVersion1(location: string, version = '1'): void {
  const db = new DatabaseSync(location);
  for (const statement of VERSION_1) db.exec(statement);
  const identity = { ...IDENTITY, layout: writeLayout(SHAPE) };
  const meta = { ...identity, schema: version, seal: identityChecksum(identity, version), generation: '5' };
  for (const name of ['schema', 'repository', 'adapter', 'layout', 'seal', 'generation'] as const) {
    db.prepare('INSERT INTO meta VALUES (?, ?)').run(name, meta[name]);
  }
  db.exec(`PRAGMA user_version = ${version}`);
  let write = 0;
  for (const [at, { path, meta: file, segments, writes }] of FILES.entries()) {
    const row = [at + 1, path, file.blobHash, file.bytes, file.mtimeMs, file.lines, 'ingested', '', ''];
    db.prepare('INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(...row);
    for (const [ordinal, segment] of segments.entries()) {
      const blob = encodeRecord(writes.get(segment.writeKey)!, SHAPE);
      const { start, end, tokens, writeKey } = segment;
      db.prepare('INSERT INTO write VALUES (?, ?, ?, 1234, ?)').run(
        ++write,
        Buffer.from(writeKey, 'hex'),
        tokens,
        blob,
      );
      const values = [write, at + 1, ordinal, start, end, tokens, write];
      db.prepare('INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, ?)').run(...values);
      const words = [terms(path).join(' '), segment.terms.join(' ')];
      db.prepare('INSERT INTO lexical (rowid, path, text) VALUES (?, ?, ?)').run(write, ...words);
    }
  }
  db.exec('DELETE FROM lexical WHERE rowid > 6; DELETE FROM segment WHERE file_id = 3; DELETE FROM file WHERE id = 3;');
  db.exec("INSERT INTO file VALUES (4, 'd.bin', '', 9, 2.5, 0, 'skipped', 'binary', 'Not text.')");
  db.close();
}

describe('a database of version 1', () => {
  it('is brought up to this version with everything in it', async () => {
    await withFolder(async (folder) => {
      const location = join(folder, 'x.sqlite');
      makeVersion1(location);
      const opened = Ledger.open(location, IDENTITY);
      expect(opened.kind).toBe('open');
      const { ledger } = opened;
      expect(ledger.files().map(({ path, state }) => [path, state.kind])).toEqual([
        ['a.ts', 'ingested'],
        ['d.bin', 'skipped'],
        ['src/b.ts', 'ingested'],
      ]);
      expect(ledger.generation()).toBe(5);
      expect(ledger.checkouts()).toMatchObject([{ place: IDENTITY.checkout, files: 3, segments: 6 }]);
      expect(ledger.segmentsOf('src/b.ts').map(({ segmentId }) => segmentId)).toEqual([4, 5, 6]);
      const memory = new CompressiveMemory(SHAPE);
      for (const { writes } of FILES.slice(0, 2)) for (const write of writes.values()) memory.add(write);
      expect((await ledger.memory()).hash()).toBe(memory.hash());
      expect(ledger.lexicalSearch(['export'], 10).length).toBe(6);
      expect(ledger.totals()).toMatchObject({ writes: 9, unusedWrites: 3 });
      expect(await ledger.verify()).toMatchObject({ kind: 'sound', segments: 6, writes: 9 });
      // Ids that were given once are not given again.
      const added = put(ledger, { ...FILES[2]!, writes: new Map() }).added;
      expect(Math.min(...added)).toBeGreaterThan(9);
      ledger.close();
      const again = Ledger.open(location, IDENTITY);
      expect(again.kind).toBe('open');
      expect(await again.ledger.verify()).toMatchObject({ kind: 'sound' });
      again.ledger.close();
    });
  });

  it('is searched and cleared when the folder whose name it had forgets a file', async () => {
    await withFolder(async (folder) => {
      const location = join(folder, 'former.sqlite');
      makeVersion1(location);
      const { ledger } = Ledger.open(join(folder, 'now.sqlite'), { ...IDENTITY, repository: 'git:abc' });
      // The other one has the same hash here, and is still in the folder.
      for (const file of FILES.slice(0, 2)) put(ledger, file);
      const { certificate } = await ledger.forget(['a.ts'], { names: [IDENTITY.repository] });
      expect(certificate.elsewhere).toMatchObject({ cleared: [{ place: location, files: 1 }] });
      const blobs = [...FILES[0]!.writes.values()].map((write) => encodeRecord(write, SHAPE));
      for (const blob of blobs) expect(readFileSync(location).includes(Buffer.from(blob))).toBe(false);
      ledger.close();
      const former = Ledger.open(location, IDENTITY).ledger;
      expect(former.files().map(({ path }) => path)).toEqual(['d.bin', 'src/b.ts']);
      expect(await former.verify()).toMatchObject({ kind: 'sound' });
      former.close();
    });
  });

  it('stays as it was when there is no room for the change', async () => {
    await withFolder((folder) => {
      const location = join(folder, 'x.sqlite');
      makeVersion1(location);
      expect(thrownBy(() => Ledger.open(location, IDENTITY, { maxBytes: 16_384 }))).toMatchObject({ kind: 'full' });
      const { ledger } = Ledger.open(location, IDENTITY);
      expect(ledger.files().length).toBe(3);
      ledger.close();
    });
  });

  it('of which a table is not as it was made is damaged, and its writes are kept', async () => {
    await withFolder((folder) => {
      const location = join(folder, 'x.sqlite');
      makeVersion1(location);
      const db = new DatabaseSync(location);
      db.exec('DROP INDEX segment_by_write');
      db.close();
      expect(Ledger.open(location, IDENTITY)).toMatchObject({ kind: 'recovered', salvaged: 9 });
    });
  });
});

describe('a database of a version that is not known', () => {
  it('is refused with a sentence where it is newer', async () => {
    await withFolder((folder) => {
      const location = join(folder, 'x.sqlite');
      makeVersion1(location, '3');
      const error = thrownBy(() => Ledger.open(location, IDENTITY));
      expect(error).toMatchObject({ kind: 'newer' });
      expect((error as Error).message).toMatch(/made by a newer version of this program\. Update this program/);
    });
  });
});

it('made-up writes are what the SQL above stored', () => {
  const [key, write] = [...FILES[0]!.writes][0]!;
  expect(write).toEqual(madeUpWrite(key));
});
