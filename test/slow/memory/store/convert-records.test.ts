import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { describe, expect, it } from 'vitest';

import { encodeRecord } from '../../../../src/memory/algebra/embedding-record.ts';
import type { EmbeddingRecord } from '../../../../src/memory/algebra/embedding-record.ts';
import { averagePairs, packKeys } from '../../../../src/memory/algebra/packed-keys.ts';
import { recordLayout, unpaired } from '../../../../src/memory/algebra/shape.ts';
import type { MemoryShape } from '../../../../src/memory/algebra/shape.ts';
import { convertRecords } from '../../../../src/memory/store/convert-records.ts';
import { terms } from '../../../../src/memory/search/tokenize.ts';
import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { FORMER_RECORDS, identityChecksum } from '../../../../src/memory/store/schema.ts';
import { asVersion } from '../../../unit/memory/former-database.ts';
import {
  encodeFormerRecord,
  IDENTITY,
  madeUpFile,
  madeUpRecord,
  madeUpVectors,
  PAIRED,
  put,
  setHashOf,
  SHAPE,
  withFolder,
} from '../../../unit/memory/support.ts';

const OTHER = '/other/checkout';
/** The shape that the model makes, whose records are stored with their keys averaged in pairs. */
const MADE = unpaired(PAIRED)!;

function pairedRecord(name: string): EmbeddingRecord {
  const { keys, values } = madeUpVectors(name, MADE);
  return { keys: averagePairs(packKeys(keys, MADE.keySize), MADE.keySize), values };
}

interface Former {
  readonly name: string;
  readonly version: 3 | 4;
  /** Of its records, and of those that they become. */
  readonly made: MemoryShape;
  readonly shape: MemoryShape;
  /** What a record becomes, by its content hash. */
  readonly recordOf: (name: string) => EmbeddingRecord;
}

const FORMER: readonly [Former, Former, Former, Former] = [
  { name: '3', version: 3, made: SHAPE, shape: SHAPE, recordOf: (name: string) => madeUpRecord(name) },
  { name: '3, keys in pairs', version: 3, made: MADE, shape: PAIRED, recordOf: pairedRecord },
  { name: '4', version: 4, made: SHAPE, shape: SHAPE, recordOf: (name: string) => madeUpRecord(name) },
  { name: '4, keys in pairs', version: 4, made: MADE, shape: PAIRED, recordOf: pairedRecord },
];

/** More records than some steps take. */
const filesOf = (recordOf: Former['recordOf']) => ({
  files: ['a.ts', 'src/b.ts', 'src/c.ts'].map((path) => madeUpFile(path, 1, 300, recordOf)),
  gone: madeUpFile('gone.ts', 1, 10, recordOf),
});
const identityOf = (shape: MemoryShape, checkout = IDENTITY.checkout) => ({ ...IDENTITY, shape, checkout });

/** A database as that version left it: two checkouts, ten records that no file uses. */
function makeFormer(location: string, { version, made }: Pick<Former, 'version' | 'made'>): void {
  const { files, gone } = filesOf((name) => madeUpRecord(name, made));
  const { ledger } = Ledger.open(location, identityOf(made));
  for (const file of [...files, gone]) put(ledger, file);
  ledger.drop(['gone.ts']);
  ledger.close();
  const other = Ledger.open(location, identityOf(made, OTHER)).ledger;
  put(other, files[1]!);
  other.close();
  asVersion(version, location, made);
}

/** A record as that version stored it. */
function blobOf({ version, made }: Former, name: string): Buffer {
  const vectors = madeUpVectors(name, made);
  if (version === 3) return Buffer.from(encodeFormerRecord(vectors, made));
  return Buffer.from(encodeRecord({ keys: packKeys(vectors.keys, made.keySize), values: vectors.values }, made));
}

/** As a process does that is killed after some transactions. */
function beginConverting(location: string, { shape }: Former, steps: number): void {
  const db = new DatabaseSync(location);
  db.exec('PRAGMA secure_delete = ON');
  const converting = convertRecords(db, { ...IDENTITY, layout: recordLayout(shape) });
  for (let step = 0; step < steps; step++) expect(converting.next().done).toBe(false);
  db.close();
}

function layoutIn(db: DatabaseSync): unknown {
  return db.prepare("SELECT value FROM meta WHERE name = 'layout'").get()?.value;
}

async function expectWhole(location: string, { shape, recordOf }: Former): Promise<void> {
  const { files, gone } = filesOf(recordOf);
  const { kind, ledger } = Ledger.open(location, identityOf(shape));
  expect(kind).toBe('open');
  expect(ledger.setHash().hex()).toBe(setHashOf(files, shape));
  expect(await ledger.verify()).toMatchObject({ kind: 'sound', segments: 1200, records: 910, notEmbedded: 0 });
  for (const { contentHash, record } of ledger.records()) expect(record).toEqual(recordOf(contentHash));
  // Words of text and of paths are found as before.
  const found = (word: string) => ledger.lexicalSearch(terms(word), 2000).map(({ segmentId }) => segmentId);
  expect(found('part7Of1').slice(0, 3).sort()).toEqual(
    files.map(({ path }) => ledger.segmentsOf(path)[7]!.segmentId).sort(),
  );
  expect(found('src').sort()).toEqual(
    ['src/b.ts', 'src/c.ts'].flatMap((path) => ledger.segmentsOf(path).map(({ segmentId }) => segmentId)).sort(),
  );
  // Ids that were given once are not given again, and records that no file uses are found by their content.
  expect(Math.min(...put(ledger, { ...gone, writes: new Map() }).added)).toBeGreaterThan(1210);
  ledger.close();
  const other = Ledger.open(location, identityOf(shape, OTHER)).ledger;
  expect(other.setHash().hex()).toBe(setHashOf([files[1]!], shape));
  other.close();
  const db = new DatabaseSync(location, { readOnly: true });
  expect(db.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'former%'").all()).toEqual([]);
  db.close();
}

describe.each(FORMER)('a database of version $name', (former) => {
  const [name] = filesOf(former.recordOf).files[0]!.writes.keys();

  it('is brought up to this version with nothing encoded, and nothing of the former keys stays', () =>
    withFolder(async (folder) => {
      const location = join(folder, 'x.sqlite');
      makeFormer(location, former);
      const blob = blobOf(former, name!);
      expect(readFileSync(location).includes(blob)).toBe(true);
      const before = readFileSync(location).length;
      await expectWhole(location, former);
      // What version 4 stored as this one does is still there.
      const stays = former.version === 4 && former.shape === SHAPE;
      expect(readFileSync(location).includes(blob.subarray(8, 24))).toBe(stays);
      expect(readFileSync(location).length).toBeLessThanOrEqual(before);
    }));

  it.each([1, 2, 4])('is brought up to it by the next process where one was killed after %i steps', (steps) =>
    withFolder(async (folder) => {
      const location = join(folder, 'x.sqlite');
      makeFormer(location, former);
      beginConverting(location, former, steps);
      const db = new DatabaseSync(location, { readOnly: true });
      // What a program of the version before refuses.
      expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 5 });
      db.close();
      await expectWhole(location, former);
    }),
  );

  it('keeps its damage: a record, and a set hash that was not that of its rows', () =>
    withFolder(async (folder) => {
      const location = join(folder, 'x.sqlite');
      for (const [damage, what] of [
        ['UPDATE record SET vectors = zeroblob(40) WHERE id = 3', '1 stored records do not match'],
        ['UPDATE checkout SET set_hash = zeroblob(2048) WHERE id = 1', 'The set hash is not that'],
      ] as const) {
        makeFormer(location, former);
        const db = new DatabaseSync(location);
        db.exec(damage);
        db.close();
        const { ledger } = Ledger.open(location, identityOf(former.shape));
        const verdict = await ledger.verify();
        expect(verdict).toMatchObject({ kind: 'unsound', needs: 'repair' });
        expect(JSON.stringify(verdict)).toContain(what);
        await ledger.repair();
        expect(await ledger.verify()).toMatchObject({ kind: 'sound' });
        ledger.close();
        rmSync(location);
      }
    }));

  it('gives all its records to a new one where it is damaged half-way', () =>
    withFolder((folder) => {
      const location = join(folder, 'x.sqlite');
      makeFormer(location, former);
      beginConverting(location, former, 2);
      const db = new DatabaseSync(location);
      db.exec('DROP INDEX segment_by_record');
      db.close();
      const opened = Ledger.open(location, identityOf(former.shape));
      expect(opened).toMatchObject({ kind: 'recovered', recovered: 910 });
      for (const { contentHash, record } of opened.ledger.records()) {
        expect(record).toEqual(former.recordOf(contentHash));
      }
      opened.ledger.close();
    }));

  it('is finished and cleared, half-way as it lies, where another database forgets what it holds', () =>
    withFolder(async (folder) => {
      const other = join(folder, 'other.sqlite');
      makeFormer(other, former);
      beginConverting(other, former, 2);
      const { gone } = filesOf(former.recordOf);
      const place = { ...identityOf(former.shape, '/third'), repository: 'git:abc' };
      const { ledger } = Ledger.open(join(folder, 'now.sqlite'), place);
      put(ledger, gone);
      await ledger.forget(['gone.ts']);
      ledger.close();
      for (const [hash, record] of gone.writes) {
        for (const blob of [encodeRecord(record, former.shape), blobOf(former, hash)]) {
          expect(readFileSync(other).includes(Buffer.from(blob))).toBe(false);
        }
      }
    }));
});

describe('a database of version 4 whose own change was cut short', () => {
  it.each([
    { made: SHAPE, former: FORMER[2] },
    { made: MADE, former: FORMER[3] },
  ])('is brought up to this version, $made.tokens keys', ({ made, former }) =>
    withFolder(async (folder) => {
      const location = join(folder, 'x.sqlite');
      makeFormer(location, { ...former, version: 3 });
      beginConverting(location, { ...former, shape: made }, 2);
      // As that version began: its number, and its index beside its records.
      const db = new DatabaseSync(location);
      const checksum = identityChecksum({ ...IDENTITY, layout: recordLayout(made) }, '4');
      db.exec(`CREATE INDEX record_by_origin ON record (origin); UPDATE meta SET value = '4' WHERE name = 'schema';
               UPDATE meta SET value = '${checksum}' WHERE name = 'checksum'; PRAGMA user_version = 4;`);
      expect(db.prepare(`SELECT count(*) > 0 AS moves FROM ${FORMER_RECORDS}`).get()).toEqual({ moves: 1 });
      db.close();
      await expectWhole(location, former);
    }),
  );
});

it('a process that brings records to one layout helps one that has begun to bring them to the next', () =>
  withFolder(async (folder) => {
    const location = join(folder, 'x.sqlite');
    makeFormer(location, FORMER[3]);
    const db = new DatabaseSync(location);
    const first = convertRecords(db, { ...IDENTITY, layout: recordLayout(MADE) });
    expect([first.next().done, first.next().done]).toEqual([false, false]);
    beginConverting(location, FORMER[3], 2);
    expect([...first].length).toBe(3);
    expect(layoutIn(db)).toBe(recordLayout(PAIRED));
    db.close();
    await expectWhole(location, FORMER[3]);
  }));

it.each([2, 5])('no process takes records back from a layout to which another has brought them in %i steps', (steps) =>
  withFolder(async (folder) => {
    const location = join(folder, 'x.sqlite');
    makeFormer(location, FORMER[3]);
    const db = new DatabaseSync(location);
    // It has looked at the database, as it was, and not begun.
    const late = convertRecords(db, { ...IDENTITY, layout: recordLayout(MADE) });
    beginConverting(location, FORMER[3], steps);
    expect([...late].length).toBeGreaterThan(0);
    expect(layoutIn(db)).toBe(recordLayout(PAIRED));
    db.close();
    await expectWhole(location, FORMER[3]);
  }),
);

it('a database of this version whose keys stand each by itself is brought to the layout of whoever opens it', () =>
  withFolder(async (folder) => {
    const location = join(folder, 'x.sqlite');
    makeFormer(location, FORMER[3]);
    const { ledger } = Ledger.open(location, identityOf(MADE));
    expect(ledger.totals().records).toBe(910);
    ledger.close();
    await expectWhole(location, FORMER[3]);
  }));
