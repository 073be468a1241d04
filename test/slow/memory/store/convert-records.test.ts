import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { describe, expect, it } from 'vitest';

import { encodeRecord } from '../../../../src/memory/algebra/embedding-record.ts';
import { recordLayout } from '../../../../src/memory/algebra/shape.ts';
import { convertRecords } from '../../../../src/memory/store/convert-records.ts';
import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { asVersion3 } from '../../../unit/memory/former-database.ts';
import {
  encodeFormerRecord,
  IDENTITY,
  madeUpFile,
  madeUpRecord,
  madeUpVectors,
  put,
  setHashOf,
  SHAPE,
  withFolder,
} from '../../../unit/memory/support.ts';

const LAYOUT = { ...IDENTITY, layout: recordLayout(SHAPE) };
const OTHER = '/other/checkout';
/** More records than some steps take. */
const FILES = ['a.ts', 'src/b.ts', 'src/c.ts'].map((path) => madeUpFile(path, 1, 300));
const GONE = madeUpFile('gone.ts', 1, 10);

/** A database as version 3 left it: two checkouts, ten records that no file uses. */
function makeVersion3(location: string): void {
  const { ledger } = Ledger.open(location, IDENTITY);
  for (const file of [...FILES, GONE]) put(ledger, file);
  ledger.drop(['gone.ts']);
  ledger.close();
  const other = Ledger.open(location, { ...IDENTITY, checkout: OTHER }).ledger;
  put(other, FILES[1]!);
  other.close();
  asVersion3(location);
}

/** As a process does that is killed after some transactions. */
function beginConverting(location: string, steps: number): void {
  const db = new DatabaseSync(location);
  db.exec('PRAGMA secure_delete = ON');
  const converting = convertRecords(db, LAYOUT);
  for (let step = 0; step < steps; step++) expect(converting.next().done).toBe(false);
  db.close();
}

async function expectWhole(location: string): Promise<void> {
  const { kind, ledger } = Ledger.open(location, IDENTITY);
  expect(kind).toBe('open');
  expect(ledger.setHash().hex()).toBe(setHashOf(FILES));
  expect(await ledger.verify()).toMatchObject({ kind: 'sound', segments: 1200, records: 910, notEmbedded: 0 });
  for (const { contentHash, record } of ledger.records()) expect(record).toEqual(madeUpRecord(contentHash));
  // Ids that were given once are not given again, and records that no file uses are found by their content.
  expect(Math.min(...put(ledger, { ...GONE, writes: new Map() }).added)).toBeGreaterThan(1210);
  ledger.close();
  const other = Ledger.open(location, { ...IDENTITY, checkout: OTHER }).ledger;
  expect(other.setHash().hex()).toBe(setHashOf([FILES[1]!]));
  other.close();
  const db = new DatabaseSync(location, { readOnly: true });
  expect(db.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'former%'").all()).toEqual([]);
  db.close();
}

describe('a database of version 3', () => {
  it('is brought up to this version with nothing encoded, and nothing of the former keys stays', () =>
    withFolder(async (folder) => {
      const location = join(folder, 'x.sqlite');
      makeVersion3(location);
      const [name] = FILES[0]!.writes.keys();
      const former = Buffer.from(encodeFormerRecord(madeUpVectors(name!)));
      expect(readFileSync(location).includes(former)).toBe(true);
      const before = readFileSync(location).length;
      await expectWhole(location);
      expect(readFileSync(location).includes(former.subarray(8, 24))).toBe(false);
      expect(readFileSync(location).length).toBeLessThanOrEqual(before);
    }));

  it.each([1, 2, 4])('is brought up to it by the next process where one was killed after %i steps', (steps) =>
    withFolder(async (folder) => {
      const location = join(folder, 'x.sqlite');
      makeVersion3(location);
      beginConverting(location, steps);
      const db = new DatabaseSync(location, { readOnly: true });
      // What a program of version 3 refuses.
      expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 4 });
      db.close();
      await expectWhole(location);
    }),
  );

  it('keeps its damage: a record, and a set hash that was not that of its rows', () =>
    withFolder(async (folder) => {
      const location = join(folder, 'x.sqlite');
      for (const [damage, what] of [
        ['UPDATE record SET vectors = zeroblob(40) WHERE id = 3', '1 stored records do not match'],
        ['UPDATE checkout SET set_hash = zeroblob(2048) WHERE id = 1', 'The set hash is not that'],
      ] as const) {
        makeVersion3(location);
        const db = new DatabaseSync(location);
        db.exec(damage);
        db.close();
        const { ledger } = Ledger.open(location, IDENTITY);
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
      makeVersion3(location);
      beginConverting(location, 2);
      const db = new DatabaseSync(location);
      db.exec('DROP INDEX segment_by_record');
      db.close();
      const opened = Ledger.open(location, IDENTITY);
      expect(opened).toMatchObject({ kind: 'recovered', recovered: 910 });
      for (const { contentHash, record } of opened.ledger.records()) expect(record).toEqual(madeUpRecord(contentHash));
      opened.ledger.close();
    }));

  it('is finished and cleared, half-way as it lies, where another database forgets what it holds', () =>
    withFolder(async (folder) => {
      const other = join(folder, 'other.sqlite');
      makeVersion3(other);
      beginConverting(other, 2);
      const place = { ...IDENTITY, repository: 'git:abc', checkout: '/third' };
      const { ledger } = Ledger.open(join(folder, 'now.sqlite'), place);
      put(ledger, GONE);
      await ledger.forget(['gone.ts']);
      ledger.close();
      for (const [name, record] of GONE.writes) {
        for (const blob of [encodeRecord(record, SHAPE), encodeFormerRecord(madeUpVectors(name))]) {
          expect(readFileSync(other).includes(Buffer.from(blob))).toBe(false);
        }
      }
    }));
});
