import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { Ledger } from '../../../src/memory/store/ledger.ts';
import type { LedgerIdentity } from '../../../src/memory/store/ledger.ts';
import { IDENTITY, madeUpFile, put, thrownBy, withFolder } from './support.ts';
import type { MadeUpFile } from './support.ts';

const at = (checkout: string): LedgerIdentity => ({ ...IDENTITY, checkout });

/** Two checkouts of one repository, closed after use. */
function withTwo<T>(use: (one: Ledger, two: Ledger, folder: string) => T | Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    for (const name of ['one', 'two']) mkdirSync(join(folder, name));
    const one = Ledger.open(folder, at(join(folder, 'one'))).ledger;
    const two = Ledger.open(folder, at(join(folder, 'two'))).ledger;
    try {
      return await use(one, two, folder);
    } finally {
      one.close();
      two.close();
    }
  });
}

const withoutWrites = (file: MadeUpFile): MadeUpFile => ({ ...file, writes: new Map() });
const META = { blobHash: '', bytes: 1, mtimeMs: 1, lines: 0 };

describe('checkouts of one repository', () => {
  it('have files, words, sums and generations of their own', async () => {
    await withTwo(async (one, two) => {
      expect(one.location).toBe(two.location);
      put(one, madeUpFile('a.ts', 1));
      put(two, madeUpFile('a.ts', 2));
      put(two, madeUpFile('b.ts', 1));
      expect(one.files().map(({ path }) => path)).toEqual(['a.ts']);
      expect(two.files().map(({ path }) => path)).toEqual(['a.ts', 'b.ts']);
      expect(one.file('a.ts')?.blobHash).toBe('blob-1');
      expect([one.generation(), two.generation()]).toEqual([1, 2]);
      for (const [ledger, other] of [
        [one, two],
        [two, one],
      ] as const) {
        const own = [...ledger.segments()].map(({ segmentId }) => segmentId);
        const its = [...other.segments()].map(({ segmentId }) => segmentId);
        expect(own.some((id) => its.includes(id))).toBe(false);
        expect(ledger.segmentsById([...own, ...its])).toHaveLength(own.length);
        const found = ledger.lexicalSearch(['export'], 100).map(({ segmentId }) => segmentId);
        expect(found.toSorted((a, b) => a - b)).toEqual(own);
        expect(ledger.lexicalCount('export')).toBe(own.length);
        expect(ledger.segmentIds(new Set(['a.ts', 'b.ts']))).toEqual(own);
      }
      expect(one.fileSearch(['export', 'part0of2']).map(({ path }) => path)).toEqual(['a.ts']);
      expect(new Set(two.fileSearch(['part0of2', 'part0of1']).map(({ path }) => path))).toEqual(
        new Set(['a.ts', 'b.ts']),
      );
      expect(one.fileSearch(['part0of2'])).toEqual([]);
      expect(one.setHash().hex()).not.toBe(two.setHash().hex());
      expect(one.totals()).toMatchObject({ files: { ingested: 1 }, segments: 3, checkouts: 2, records: 9 });
      expect(two.totals()).toMatchObject({ files: { ingested: 2 }, segments: 6, unusedRecords: 0 });
      expect(one.checkouts().map(({ files, segments }) => [files, segments])).toEqual([
        [1, 3],
        [2, 6],
      ]);
      expect(await one.verify()).toMatchObject({ kind: 'sound', segments: 9, records: 9 });
    });
  });

  it('share writes: what one encoded the other need not', async () => {
    await withTwo(async (one, two) => {
      const files = ['a.ts', 'b.ts'].map((path) => madeUpFile(path, 1));
      for (const file of files) put(one, file);
      const keys = files.flatMap(({ segments }) => segments.map(({ contentHash }) => contentHash));
      expect(two.hasRecord(keys).size).toBe(keys.length);
      for (const file of files.toReversed()) put(two, withoutWrites(file));
      expect(two.setHash().hex()).toBe(one.setHash().hex());
      expect(two.treeHash()).toBe(one.treeHash());
      expect(one.totals()).toMatchObject({ records: 6, unusedRecords: 0 });
      one.drop(['a.ts']);
      expect(one.totals()).toMatchObject({ segments: 3, unusedRecords: 0 });
      expect(one.prune({ maxAgeMs: 0, now: Date.now() + 1000 })).toMatchObject({ records: 0 });
      expect(two.segmentsOf('a.ts').length).toBe(3);
      expect(await two.verify()).toMatchObject({ kind: 'sound' });
    });
  });

  it('do not disturb each other: skipping and forgetting are of one', async () => {
    await withTwo((one, two) => {
      for (const ledger of [one, two]) put(ledger, madeUpFile('a.ts', 1));
      one.skipFile('a.ts', META, { kind: 'skipped', reason: 'binary', message: 'Not text.' });
      expect(two.file('a.ts')?.state.kind).toBe('ingested');
      expect(two.lexicalSearch(['export'], 10).length).toBe(3);
      two.drop(['a.ts']);
      expect(one.file('a.ts')?.state.kind).toBe('skipped');
      expect(two.file('a.ts')).toBeUndefined();
    });
  });

  it('lose the same files when a shared record is corrupt, and each is told', async () => {
    await withTwo(async (one, two) => {
      for (const ledger of [one, two]) for (const path of ['a.ts', 'b.ts']) put(ledger, madeUpFile(path, 1));
      const { DatabaseSync } = await import('node:sqlite');
      const db = new DatabaseSync(one.location);
      db.exec('UPDATE record SET vectors = zeroblob(length(vectors)) WHERE id = 2');
      db.close();
      const before = two.generation();
      expect(await one.repair()).toEqual(['a.ts']);
      expect(two.generation()).toBe(before + 1);
      for (const ledger of [one, two]) {
        expect(ledger.files().map(({ path }) => path)).toEqual(['b.ts']);
        expect(ledger.lexicalSearch(['export'], 100).length).toBe(3);
      }
      expect(await one.verify()).toMatchObject({ kind: 'sound' });
    });
  });

  it('are let go when their folder has been gone for long, with the records that only they used', async () => {
    await withTwo(async (one, two, folder) => {
      put(one, madeUpFile('a.ts', 1));
      put(two, madeUpFile('a.ts', 1));
      put(two, madeUpFile('b.ts', 1));
      two.close();
      const day = 86_400_000;
      const late = { maxAgeMs: 30 * day, now: Date.now() + 40 * day };
      expect(one.prune(late)).toEqual({ checkouts: [], records: 0, bytes: 0, formerEncoders: [] });
      rmSync(join(folder, 'two'), { recursive: true });
      expect(one.prune({ maxAgeMs: 30 * day })).toMatchObject({ checkouts: [], records: 0 });
      expect(one.prune(late)).toMatchObject({ checkouts: [join(folder, 'two')], records: 3 });
      expect(one.checkouts().map(({ folder }) => folder)).toEqual([join(folder, 'one')]);
      expect(one.totals()).toMatchObject({ segments: 3, records: 3 });
      expect(one.lexicalSearch(['export'], 10).length).toBe(3);
      expect(await one.verify()).toMatchObject({ kind: 'sound', segments: 3, records: 3 });
    });
  });
});

describe('a repository that gets another name', () => {
  it('takes over the records of its former databases', async () => {
    await withFolder((folder) => {
      const former = { place: join(folder, 'former'), repository: 'former' };
      const before = Ledger.open(former.place, { ...IDENTITY, repository: former.repository }).ledger;
      put(before, madeUpFile('a.ts', 1));
      const nowhere = { place: join(folder, 'nowhere'), repository: 'nowhere' };
      const after = Ledger.open(join(folder, 'now'), IDENTITY, { former: [nowhere, former] }).ledger;
      expect(after.files()).toEqual([]);
      put(after, withoutWrites(madeUpFile('a.ts', 1)));
      expect(after.totals()).toMatchObject({ records: 3, segments: 3 });
      before.close();
      after.close();
    });
  });

  it('takes writes from any ledger of the same adapter, and only knows them by their keys', async () => {
    await withTwo((one) =>
      withFolder((folder) => {
        put(one, madeUpFile('a.ts', 1));
        const other = Ledger.open(folder, { ...IDENTITY, repository: 'other' }).ledger;
        expect(other.putRecords(one.records())).toBe(3);
        expect(other.putRecords(one.records())).toBe(0);
        put(other, withoutWrites(madeUpFile('a.ts', 1)));
        expect(other.treeHash()).toBe(one.treeHash());
        expect(thrownBy(() => put(other, withoutWrites(madeUpFile('a.ts', 2))))).toMatchObject({
          code: 'ledger/missing',
        });
        other.close();
      }),
    );
  });
});
