import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { Ledger } from '../../../../src/memory/store/ledger.ts';
import type { StoredRecord } from '../../../../src/memory/records.ts';
import { originOf } from '../../../../src/memory/store/schema.ts';
import { exportSnapshot } from '../../../../src/memory/snapshot/export.ts';
import { IDENTITY, madeUpFile, put, withFolder, withLedger } from '../support.ts';
import type { MadeUpFile } from '../support.ts';

const putWords = (ledger: Ledger, { path, meta, segments }: MadeUpFile) => ledger.putWords(path, meta, segments);

function recordsOf({ path, segments, writes }: MadeUpFile): StoredRecord[] {
  return segments.map(({ contentHash, tokens }) => {
    return { contentHash, tokens, origin: originOf(path), record: writes.get(contentHash)! };
  });
}

function setHashOf(location: string): string {
  const db = new DatabaseSync(location, { readOnly: true });
  const [row] = db.prepare('SELECT hex(set_hash) AS hash FROM checkout WHERE folder = ?').all(IDENTITY.checkout);
  db.close();
  return String(row?.hash);
}

describe('segments that stand before their vectors', () => {
  it('are searched by words, have no record, and are no damage', () =>
    withLedger(async (ledger) => {
      const file = madeUpFile('src/a.ts', 1);
      const change = putWords(ledger, file);
      expect(change).toMatchObject({ removed: [], embedded: [], generation: 1 });
      expect(
        ledger
          .lexicalSearch(['export'], 10)
          .map(({ segmentId }) => segmentId)
          .sort(),
      ).toEqual(change.added);
      expect(ledger.fileSearch(['export']).map(({ path }) => path)).toEqual(['src/a.ts']);
      expect(ledger.segmentsOf('src/a.ts').map(({ record }) => record)).toEqual([undefined, undefined, undefined]);
      expect([...ledger.segments()].map(({ segmentId }) => segmentId)).toEqual(change.added);
      expect(ledger.notEmbedded().map(({ contentHash }) => contentHash)).toEqual(
        file.segments.map(({ contentHash }) => contentHash),
      );
      expect(ledger.notEmbedded(['src/a.ts'])).toEqual(ledger.notEmbedded());
      expect(ledger.notEmbedded(['src/b.ts'])).toEqual([]);
      expect(ledger.totals()).toMatchObject({ segments: 3, notEmbedded: 3, records: 0, unusedRecords: 0 });
      expect(await ledger.verify()).toMatchObject({ kind: 'sound', segments: 3, notEmbedded: 3 });
      expect(await ledger.repair()).toEqual([]);
    }));

  it('are the same ledger as if their vectors had come at once, when all have come', () =>
    withFolder(async (folder) => {
      const [one, other] = ['one', 'other'].map((name) => Ledger.open(join(folder, name), IDENTITY).ledger);
      const files = ['a.ts', 'src/b.ts', 'src/c.ts'].map((path) => madeUpFile(path, 1, 4));
      for (const file of files) put(one!, file);
      const added = files.flatMap((file) => putWords(other!, file).added);
      expect(other!.treeHash()).toBe(one!.treeHash());
      const records = files.flatMap(recordsOf).reverse();
      const embedded = records.flatMap((record) => other!.embed([record]).embedded);
      expect([...embedded].sort((a, b) => a - b)).toEqual(added);
      expect(other!.notEmbedded()).toEqual([]);
      expect(setHashOf(other!.location)).toBe(setHashOf(one!.location));
      expect([...other!.segments()].map(({ record }) => record)).toEqual(
        [...one!.segments()].map(({ record }) => record),
      );
      for (const ledger of [one!, other!]) {
        expect(await ledger.verify()).toMatchObject({ kind: 'sound', segments: 12, notEmbedded: 0 });
        ledger.close();
      }
    }));

  it('have their vectors at once where they are stored, and later where another checkout stores them', () =>
    withFolder(async (folder) => {
      const one = Ledger.open(folder, IDENTITY).ledger;
      const other = Ledger.open(folder, { ...IDENTITY, checkout: '/other' }).ledger;
      const [first, second] = [madeUpFile('a.ts', 1), madeUpFile('b.ts', 1)];
      put(one, first);
      putWords(other, first);
      expect(other.notEmbedded()).toEqual([]);
      putWords(other, second);
      put(one, second);
      expect(other.notEmbedded().length).toBe(3);
      expect(other.embedStored().embedded).toEqual(other.segmentsOf('b.ts').map(({ segmentId }) => segmentId));
      expect(other.notEmbedded()).toEqual([]);
      expect(setHashOf(one.location)).toMatch(/[1-9a-f]/);
      for (const ledger of [one, other]) {
        expect(await ledger.verify()).toMatchObject({ kind: 'sound', notEmbedded: 0 });
        ledger.close();
      }
    }));

  it('may change, be dropped or be forgotten before their vectors come, which are kept for other branches', () =>
    withLedger(async (ledger) => {
      const [a, b, c] = ['a.ts', 'b.ts', 'c.ts'].map((path) => madeUpFile(path, 1));
      for (const file of [a!, b!, c!]) putWords(ledger, file);
      putWords(ledger, madeUpFile('a.ts', 2));
      ledger.drop(['b.ts']);
      expect(ledger.embed(recordsOf(a!)).embedded).toEqual([]);
      expect(ledger.embed(recordsOf(b!)).embedded).toEqual([]);
      expect(ledger.totals()).toMatchObject({ segments: 6, notEmbedded: 6, records: 6, unusedRecords: 6 });
      const { certificate } = await ledger.forget(['c.ts']);
      expect(certificate).toMatchObject({ kind: 'forgotten', segments: 3 });
      expect(ledger.lexicalSearch(['export'], 10).length).toBe(3);
      expect(await ledger.verify()).toMatchObject({ kind: 'sound', segments: 3, notEmbedded: 3 });
    }));

  it('are no reason to doubt what is recorded, and a part of a file may have vectors', () =>
    withLedger(async (ledger) => {
      const file = madeUpFile('a.ts', 1, 4);
      putWords(ledger, file);
      const [, second] = recordsOf(file);
      ledger.embed([second!]);
      expect(ledger.segmentsOf('a.ts').map(({ record }) => record !== undefined)).toEqual([false, true, false, false]);
      expect(ledger.totals()).toMatchObject({ segments: 4, notEmbedded: 3 });
      expect(await ledger.verify()).toMatchObject({ kind: 'sound', notEmbedded: 3 });
      const again = ledger.putFile(file.path, file.meta, file.segments, file.writes);
      expect(again.removed.length).toBe(4);
      expect(await ledger.verify()).toMatchObject({ kind: 'sound', notEmbedded: 0 });
    }));

  it('stay out of a snapshot with their files, which it names', () =>
    withFolder(async (folder) => {
      const { ledger } = Ledger.open(folder, IDENTITY);
      put(ledger, madeUpFile('a.ts', 1));
      putWords(ledger, madeUpFile('b.ts', 1));
      const { header, notEmbedded } = await exportSnapshot(ledger, join(folder, 'x.imem'), {
        program: '0',
        repository: '',
      });
      expect(header).toMatchObject({ files: 1, segments: 3 });
      expect(notEmbedded).toEqual(['b.ts']);
      ledger.close();
    }));

  it('stand in a database that is damaged, and do not keep records from being recovered', () =>
    withFolder((folder) => {
      const { ledger } = Ledger.open(folder, IDENTITY);
      put(ledger, madeUpFile('a.ts', 1));
      putWords(ledger, madeUpFile('b.ts', 1));
      const { location } = ledger;
      ledger.close();
      const opened = Ledger.open(location, IDENTITY, { forceRebuild: true });
      expect(opened).toMatchObject({ kind: 'recovered', recovered: 3 });
      expect(opened.ledger.hasRecord(madeUpFile('a.ts', 1).segments.map(({ contentHash }) => contentHash)).size).toBe(
        3,
      );
      opened.ledger.close();
    }));
});
