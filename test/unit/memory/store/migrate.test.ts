import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { terms } from '../../../../src/memory/search/tokenize.ts';
import { identityChecksum, originOf } from '../../../../src/memory/store/schema.ts';
import { recordLayout } from '../../../../src/memory/algebra/shape.ts';
import { encodeRecord } from '../../../../src/memory/algebra/embedding-record.ts';
import type { MadeUpFile } from '../support.ts';
import {
  encodeFormerRecord,
  IDENTITY,
  madeUpFile,
  madeUpVectors,
  put,
  setHashOf,
  SHAPE,
  thrownBy,
  withFolder,
} from '../support.ts';

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

/** Made with SQL alone: two files ingested, one removed again so that its records are unused, one skipped. */
function makeVersion1(location: string, version = '1'): void {
  const db = new DatabaseSync(location);
  for (const statement of VERSION_1) db.exec(statement);
  const identity = { ...IDENTITY, layout: recordLayout(SHAPE) };
  const meta = { ...identity, schema: version, seal: identityChecksum(identity, version), generation: '5' };
  for (const name of ['schema', 'repository', 'adapter', 'layout', 'seal', 'generation'] as const) {
    db.prepare('INSERT INTO meta VALUES (?, ?)').run(name, meta[name]);
  }
  db.exec(`PRAGMA user_version = ${version}`);
  let write = 0;
  for (const [at, { path, meta: file, segments }] of FILES.entries()) {
    const row = [at + 1, path, file.blobHash, file.bytes, file.mtimeMs, file.lines, 'ingested', '', ''];
    db.prepare('INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(...row);
    for (const [ordinal, segment] of segments.entries()) {
      const blob = encodeFormerRecord(madeUpVectors(segment.contentHash));
      const { start, end, tokens, contentHash } = segment;
      db.prepare('INSERT INTO write VALUES (?, ?, ?, 1234, ?)').run(
        ++write,
        Buffer.from(contentHash, 'hex'),
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
      expect(ledger.checkouts()).toMatchObject([{ folder: IDENTITY.checkout, files: 3, segments: 6 }]);
      expect(ledger.segmentsOf('src/b.ts').map(({ segmentId }) => segmentId)).toEqual([4, 5, 6]);
      expect(ledger.setHash().hex()).toBe(setHashOf(FILES.slice(0, 2)));
      expect(ledger.lexicalSearch(['export'], 10).length).toBe(6);
      expect(ledger.totals()).toMatchObject({ records: 9, unusedRecords: 3 });
      expect(await ledger.verify()).toMatchObject({ kind: 'sound', segments: 6, records: 9 });
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
      for (const [name, record] of FILES[0]!.writes) {
        const forms = [encodeRecord(record, SHAPE), encodeFormerRecord(madeUpVectors(name))];
        for (const blob of forms) expect(readFileSync(location).includes(Buffer.from(blob))).toBe(false);
      }
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
      const error = thrownBy(() => Ledger.open(location, IDENTITY, { maxBytes: 16_384 }));
      expect(error).toMatchObject({ code: 'ledger/full' });
      const { ledger } = Ledger.open(location, IDENTITY);
      expect(ledger.files().length).toBe(3);
      ledger.close();
    });
  });

  it('of which a table is not as it was made is damaged, and its records are kept', async () => {
    await withFolder((folder) => {
      const location = join(folder, 'x.sqlite');
      makeVersion1(location);
      const db = new DatabaseSync(location);
      db.exec('DROP INDEX segment_by_write');
      db.close();
      expect(Ledger.open(location, IDENTITY)).toMatchObject({ kind: 'recovered', recovered: 9 });
    });
  });
});

/** The tables of version 2 that version 1 had otherwise or not at all, letter for letter. */
const VERSION_2 = [
  VERSION_1[0]!,
  VERSION_1[1]!,
  `CREATE TABLE checkout (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  place TEXT NOT NULL UNIQUE,
  seen_ms INTEGER NOT NULL,
  generation INTEGER NOT NULL
) STRICT`,
  `CREATE TABLE file (
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
  `CREATE TABLE write (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
  tokens INTEGER NOT NULL,
  used_ms INTEGER NOT NULL,
  origin BLOB NOT NULL,
  blob BLOB NOT NULL
) STRICT`,
  `CREATE INDEX write_by_origin ON write (origin)`,
  `CREATE TABLE segment (
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
  VERSION_1[5]!,
  VERSION_1[6]!,
  `CREATE TABLE file_stat (
  file_id INTEGER PRIMARY KEY REFERENCES file (id) ON DELETE CASCADE,
  ctime_ms REAL NOT NULL,
  inode REAL NOT NULL
) STRICT`,
];

const OTHER = '/other/checkout';
const CHECK = '{"rules":"reading 2","masked":[[3,"token"]]}';

/** As version 2 computed it: CRC-32 over the file's columns and its segments' with their keys. */
function seal2(db: DatabaseSync, fileId: number): void {
  const columns = 'checkout_id, path, blob_hash, bytes, mtime_ms, lines, state, reason, sentence';
  const file = db.prepare(`SELECT ${columns} FROM file WHERE id = ?`).get(fileId)!;
  const segments = db
    .prepare(
      `SELECT segment.checkout_id, ordinal, first, last, segment.tokens, lower(hex(key)) FROM segment
       JOIN write ON write.id = write_id WHERE file_id = ? ORDER BY ordinal`,
    )
    .all(fileId);
  const checksum = crc32(JSON.stringify([file, ...segments].map((row) => Object.values(row))));
  db.prepare("UPDATE file SET seal = ?, digest = x'00' WHERE id = ?").run(checksum, fileId);
}

/** Made with SQL alone: two checkouts, the second with the first file of the first; an unused record; three skipped. */
function makeVersion2(location: string): void {
  const db = new DatabaseSync(location);
  for (const statement of VERSION_2) db.exec(statement);
  const identity = { ...IDENTITY, layout: recordLayout(SHAPE) };
  const meta = { ...identity, schema: '2', seal: identityChecksum(identity, '2'), swept_ms: '1234' };
  for (const name of ['schema', 'repository', 'adapter', 'layout', 'seal', 'swept_ms'] as const) {
    db.prepare('INSERT INTO meta VALUES (?, ?)').run(name, meta[name]);
  }
  db.exec(
    `PRAGMA user_version = 2; INSERT INTO checkout VALUES (1, '${IDENTITY.checkout}', 1, 5), (2, '${OTHER}', 2, 7)`,
  );
  const addFile = (id: number, checkout: number, { path, meta: file, segments }: MadeUpFile) => {
    const row = [id, checkout, path, file.blobHash, file.bytes, file.mtimeMs, file.lines, 'ingested', '', CHECK];
    db.prepare("INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'', 0)").run(...row);
    db.prepare('INSERT INTO file_stat VALUES (?, ?, ?)').run(id, file.stat!.ctimeMs, file.stat!.inode);
    for (const [ordinal, { start, end, tokens, contentHash, terms: words }] of segments.entries()) {
      const [key, blob] = [Buffer.from(contentHash, 'hex'), encodeFormerRecord(madeUpVectors(contentHash))];
      db.prepare('INSERT OR IGNORE INTO write VALUES (NULL, ?, ?, 1234, ?, ?)').run(key, tokens, originOf(path), blob);
      const { id: write } = db.prepare('SELECT id FROM write WHERE key = ?').get(key)!;
      const values = [checkout, id, ordinal, start, end, tokens, write!];
      const inserted = db.prepare('INSERT INTO segment VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)').run(...values);
      db.prepare('INSERT INTO lexical (rowid, path, text) VALUES (?, ?, ?)').run(
        inserted.lastInsertRowid,
        ...[terms(path).join(' '), words.join(' ')],
      );
    }
  };
  addFile(1, 1, FILES[0]!);
  addFile(2, 1, FILES[1]!);
  addFile(3, 2, FILES[0]!);
  addFile(4, 1, FILES[2]!);
  db.exec('DELETE FROM lexical WHERE rowid > 9; DELETE FROM segment WHERE file_id = 4; DELETE FROM file WHERE id = 4;');
  const skipped = "VALUES (?, 1, ?, ?, 9, 2.5, 0, 'skipped', ?, 'A sentence.', x'', 0)";
  db.prepare(`INSERT INTO file ${skipped}`).run(5, 'd.bin', 'reading 2', 'binary');
  db.prepare(`INSERT INTO file ${skipped}`).run(6, 'e.ts', '', 'forgotten');
  for (const id of [1, 2, 3, 5, 6]) seal2(db, id);
  db.close();
}

describe('a database of version 2', () => {
  const everyBlob = (location: string, table: string, column: string) => {
    const db = new DatabaseSync(location, { readOnly: true });
    const rows = db.prepare(`SELECT id, ${column} AS stored FROM ${table} ORDER BY id`).all();
    db.close();
    return rows.map(({ id, stored }) => [id, stored]);
  };

  it('is brought up to this version with everything in it, and no embedding is made anew', async () => {
    await withFolder(async (folder) => {
      const location = join(folder, 'x.sqlite');
      makeVersion2(location);
      const before = everyBlob(location, 'write', 'id || hex(key)');
      const opened = Ledger.open(location, IDENTITY);
      expect(opened.kind).toBe('open');
      const { ledger } = opened;
      expect(before.length).toBe(9);
      expect(everyBlob(location, 'record', 'id || hex(content_hash)')).toEqual(before);
      expect(ledger.checkouts()).toEqual([
        expect.objectContaining({ folder: OTHER, files: 1, segments: 3 }),
        expect.objectContaining({ folder: IDENTITY.checkout, files: 4, segments: 6 }),
      ]);
      expect(ledger.generation()).toBe(5);
      const secrets = { rules: 'reading 2', masked: [{ line: 3, rule: 'token' }] };
      const { meta } = FILES[0]!;
      expect(ledger.file('a.ts')).toEqual({ path: 'a.ts', ...meta, state: { kind: 'ingested' }, secrets });
      const left = { kind: 'skipped', message: 'A sentence.' };
      expect(ledger.file('d.bin')).toMatchObject({
        blobHash: '',
        state: { ...left, reason: 'binary' },
        secrets: { rules: 'reading 2', masked: [] },
      });
      expect(ledger.file('e.ts')).toMatchObject({ state: { ...left, reason: 'forgotten' } });
      expect(ledger.file('e.ts')?.secrets).toBeUndefined();
      for (const { path, segments, writes } of FILES.slice(0, 2)) {
        const stored = ledger.segmentsOf(path);
        expect(stored.map(({ start, end, tokens, contentHash }) => ({ start, end, tokens, contentHash }))).toEqual(
          segments.map(({ start, end, tokens, contentHash }) => ({ start, end, tokens, contentHash })),
        );
        expect(stored.map(({ record }) => record)).toEqual([...writes.values()]);
      }
      expect(ledger.lexicalSearch(['export'], 10).length).toBe(6);
      expect(ledger.totals()).toMatchObject({ records: 9, unusedRecords: 3, notEmbedded: 0 });
      expect(await ledger.verify()).toMatchObject({ kind: 'sound', segments: 9, records: 9, notEmbedded: 0 });
      // Nothing is to be encoded: also the records that no file uses are found by their content.
      expect(Math.min(...put(ledger, { ...FILES[2]!, writes: new Map() }).added)).toBeGreaterThan(12);
      ledger.close();
      const other = Ledger.open(location, { ...IDENTITY, checkout: OTHER }).ledger;
      expect(other.segmentsOf('a.ts').map(({ record }) => record)).toEqual([...FILES[0]!.writes.values()]);
      expect(await other.verify()).toMatchObject({ kind: 'sound' });
      other.close();
    });
  });

  it('does not hide a row that was changed before: it is found and repaired', async () => {
    await withFolder(async (folder) => {
      const location = join(folder, 'x.sqlite');
      makeVersion2(location);
      const db = new DatabaseSync(location);
      db.exec("UPDATE file SET lines = lines + 1 WHERE path = 'src/b.ts'");
      db.close();
      const { ledger } = Ledger.open(location, IDENTITY);
      expect(await ledger.verify()).toMatchObject({ kind: 'unsound', needs: 'repair' });
      expect(await ledger.repair()).toEqual(['src/b.ts']);
      expect(await ledger.verify()).toMatchObject({ kind: 'sound', records: 9 });
      ledger.close();
    });
  });

  it('that is damaged gives its records and what was forgotten to a new one', async () => {
    await withFolder((folder) => {
      const location = join(folder, 'x.sqlite');
      makeVersion2(location);
      const db = new DatabaseSync(location);
      db.exec('DROP INDEX segment_by_write');
      db.close();
      const opened = Ledger.open(location, IDENTITY);
      expect(opened).toMatchObject({ kind: 'recovered', recovered: 9 });
      expect(opened.ledger.file('e.ts')).toMatchObject({ state: { reason: 'forgotten', message: 'A sentence.' } });
      opened.ledger.close();
    });
  });

  it('is searched where it lies when another one forgets a file', async () => {
    await withFolder(async (folder) => {
      makeVersion2(join(folder, 'other.sqlite'));
      const third = { ...IDENTITY, checkout: '/third', repository: 'git:abc' };
      const { ledger } = Ledger.open(join(folder, 'now.sqlite'), third);
      put(ledger, FILES[1]!);
      const { certificate } = await ledger.forget(['src/b.ts']);
      expect(certificate.elsewhere.left).toContainEqual(
        expect.objectContaining({ why: 'same', checkout: IDENTITY.checkout, path: 'src/b.ts' }),
      );
      ledger.close();
    });
  });
});

describe('a database of a version that is not known', () => {
  it('is refused with a sentence where it is newer', async () => {
    await withFolder((folder) => {
      const location = join(folder, 'x.sqlite');
      makeVersion1(location, '9');
      const error = thrownBy(() => Ledger.open(location, IDENTITY));
      expect(error).toMatchObject({ code: 'ledger/newer' });
      expect((error as Error).message).toMatch(/made by a newer version of this program\. Update this program/);
    });
  });
});
