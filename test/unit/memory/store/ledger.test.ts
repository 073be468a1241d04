import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import type { AppError } from '../../../../src/common/app-error.ts';
import { SetHash } from '../../../../src/memory/algebra/set-hash.ts';
import { EmbeddingTable } from '../../../../src/memory/search/embedding-table.ts';
import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { questionTerms } from '../../../../src/memory/search/tokenize.ts';
import { identityChecksum } from '../../../../src/memory/store/schema.ts';
import { recordLayout } from '../../../../src/memory/algebra/shape.ts';
import {
  elementsOf,
  setHashOf,
  IDENTITY,
  madeUpFile,
  madeUpRecord,
  put,
  SHAPE,
  thrownBy,
  withFolder,
  withLedger,
} from '../support.ts';
import type { MadeUpFile } from '../support.ts';

// A second or two alone; a shared machine has taken twenty times as long.
vi.setConfig({ testTimeout: 120_000 });

const elementsIn = (file: MadeUpFile | undefined) => (file === undefined ? [] : elementsOf(file));
const META = { blobHash: '', bytes: 5, mtimeMs: 7.25, lines: 0 };
const BINARY = { kind: 'skipped', reason: 'binary', message: 'It is not text.' } as const;

describe('files', () => {
  it('come back as they were put, with their segments in order', async () => {
    await withLedger((ledger) => {
      const file = madeUpFile('src/a.ts', 1);
      const change = put(ledger, file);
      expect(ledger.file('src/a.ts')).toEqual({ path: 'src/a.ts', ...file.meta, state: { kind: 'ingested' } });
      expect(ledger.file('src/b.ts')).toBeUndefined();
      const stored = ledger.segmentsOf('src/a.ts');
      expect(stored.map(({ segmentId }) => segmentId)).toEqual(change.added);
      expect(stored.map(({ start, end, tokens, contentHash }) => ({ start, end, tokens, contentHash }))).toEqual(
        file.segments.map(({ start, end, tokens, contentHash }) => ({ start, end, tokens, contentHash })),
      );
      for (const { contentHash, record } of stored) expect(record).toEqual(file.writes.get(contentHash));
      expect([...ledger.segments()]).toEqual(stored);
      expect(ledger.segmentsById([change.added[1]!, 999])).toEqual([stored[1]]);
      expect(stored[1]).toMatchObject({ path: 'src/a.ts', ordinal: 1 });
    });
  });

  it('replace their old segments and words when they change', async () => {
    await withLedger((ledger) => {
      const before = put(ledger, madeUpFile('a.ts', 1));
      const after = put(ledger, madeUpFile('a.ts', 2, 1));
      expect(after.removed).toEqual(before.added);
      expect([...ledger.segments()].map(({ segmentId }) => segmentId)).toEqual(after.added);
      expect(after.added.some((id) => before.added.includes(id))).toBe(false);
      expect(ledger.lexicalSearch(['part1of1'], 10)).toEqual([]);
      expect(ledger.lexicalSearch(['part0of2'], 10).map(({ segmentId }) => segmentId)).toEqual(after.added);
      expect(ledger.totals().unusedRecords).toBe(3);
    });
  });

  it('that are skipped or forgotten leave nothing but their reason', async () => {
    await withLedger(async (ledger) => {
      put(ledger, madeUpFile('a.bin', 1));
      put(ledger, madeUpFile('b.ts', 1));
      expect(ledger.skipFile('a.bin', META, BINARY).removed.length).toBe(3);
      expect(ledger.file('a.bin')).toEqual({ path: 'a.bin', ...META, state: BINARY });
      expect(ledger.drop(['b.ts', 'never seen']).removed.length).toBe(3);
      expect(ledger.files().map(({ path }) => path)).toEqual(['a.bin']);
      expect(ledger.lexicalSearch(['ts', 'bin', 'export'], 10)).toEqual([]);
      expect(ledger.setHash().equals(new SetHash())).toBe(true);
      expect(await ledger.verify()).toMatchObject({ kind: 'sound', segments: 0, records: 6 });
    });
  });

  it('take stored writes instead of new ones: one content has one write', async () => {
    await withLedger((ledger) => {
      const file = madeUpFile('a.ts', 1);
      put(ledger, file);
      const keys = file.segments.map(({ contentHash }) => contentHash);
      expect(ledger.hasRecord([...keys, 'ff'.repeat(32)])).toEqual(new Set(keys));
      ledger.drop(['a.ts']);
      const otherRounding = new Map(keys.map((key) => [key, madeUpRecord('other')]));
      put(ledger, { ...file, writes: otherRounding });
      expect(ledger.segmentsOf('a.ts').map(({ record }) => record)).toEqual([...file.writes.values()]);
      put(ledger, { ...file, writes: new Map() });
      expect(ledger.totals()).toMatchObject({ records: 3, unusedRecords: 0, segments: 3 });
    });
  });

  it('without a needed write change nothing', async () => {
    await withLedger((ledger) => {
      put(ledger, madeUpFile('a.ts', 1));
      const error = thrownBy(() => put(ledger, { ...madeUpFile('a.ts', 2), writes: new Map() }));
      expect(error).toMatchObject({ code: 'ledger/missing' });
      expect(ledger.file('a.ts')!.blobHash).toBe('blob-1');
      expect(ledger.segmentsOf('a.ts').length).toBe(3);
      expect(ledger.generation()).toBe(1);
    });
  });

  it('may have no segments, odd names and odd numbers', async () => {
    await withLedger(async (ledger) => {
      for (const path of ['', 'a\'b"c;--.ts', 'ordner/größe 文件.ts', '%_*?']) {
        put(ledger, { ...madeUpFile(path, 1, 0), meta: { ...META, bytes: 2 ** 40, mtimeMs: 1.7e12 + 0.125 } });
        expect(ledger.file(path)).toMatchObject({ path, bytes: 2 ** 40, mtimeMs: 1.7e12 + 0.125 });
      }
      expect(await ledger.verify()).toMatchObject({ kind: 'sound' });
    });
  });
});

describe('the memory', () => {
  const steps = fc.array(
    fc.record({
      path: fc.constantFrom('a.ts', 'b.ts', 'src/c.ts', 'src/d.ts'),
      version: fc.integer({ min: 1, max: 3 }),
      what: fc.constantFrom('put', 'put', 'put', 'skip', 'forget'),
    }),
    { minLength: 1, maxLength: 25 },
  );

  it('after any updates is the memory built from scratch, also of a scope, also after opening again', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.subarray(['a.ts', 'b.ts', 'src/c.ts', 'gone.ts']), async (list, scope) => {
        await withFolder(async (folder) => {
          const { ledger } = Ledger.open(folder, IDENTITY);
          const now = new Map<string, MadeUpFile>();
          const live = new SetHash();
          const table = new EmbeddingTable(SHAPE);
          for (const { path, version, what } of list) {
            for (const element of elementsIn(now.get(path))) live.subtract(element);
            const file = madeUpFile(path, version);
            now.delete(path);
            if (what === 'put') now.set(path, file);
            for (const element of elementsIn(now.get(path))) live.add(element);
            const change =
              what === 'put'
                ? put(ledger, file)
                : what === 'skip'
                  ? ledger.skipFile(path, META, BINARY)
                  : ledger.drop([path]);
            for (const id of change.removed) expect(table.remove(id)).toBe(true);
            for (const { segmentId, record } of ledger.segmentsOf(path)) {
              table.append(segmentId, record!.keys);
            }
          }
          const expected = setHashOf(now.values());
          expect(live.hex()).toBe(expected);
          expect(ledger.setHash().hex()).toBe(expected);
          expect((await ledger.rebuild()).hex()).toBe(expected);
          expect([...table.segmentIds].sort((a, b) => a - b)).toEqual(
            [...ledger.segments()].map(({ segmentId }) => segmentId),
          );
          const inScope = setHashOf([...now.values()].filter(({ path }) => scope.includes(path)));
          expect(ledger.setHash(new Set(scope)).hex()).toBe(inScope);
          expect(ledger.generation()).toBe(list.length);
          ledger.close();
          const again = Ledger.open(folder, IDENTITY);
          expect(again.kind).toBe('open');
          expect(again.ledger.setHash().hex()).toBe(expected);
          expect(await again.ledger.verify()).toMatchObject({ kind: 'sound' });
          again.ledger.close();
        });
      }),
      { numRuns: 12 },
    );
  });

  it('sees one moment, whatever is written while it is summed, and can be aborted', async () => {
    // Large enough that summing has to pause several times.
    const shape = { tokens: 2, keySize: 64, blocks: 6, valueSize: 256 };
    const writes = new Map([['ab'.repeat(32), madeUpRecord('large', shape)]]);
    const segments = Array.from({ length: 400 }, (_, n) => {
      return { start: n, end: n, tokens: 1, contentHash: 'ab'.repeat(32), terms: [] };
    });
    await withFolder(async (folder) => {
      const { ledger } = Ledger.open(folder, { ...IDENTITY, shape });
      ledger.putFile('a.ts', META, segments, writes);
      ledger.putFile('b.ts', META, segments, writes);
      const before = (await ledger.rebuild()).hex();
      let pauses = 0;
      const pause = setInterval(() => pauses++, 1);
      const summing = ledger.rebuild();
      ledger.drop(['b.ts']);
      expect((await summing).hex()).toBe(before);
      clearInterval(pause);
      expect(pauses).toBeGreaterThan(0);
      expect((await ledger.rebuild()).hex()).not.toBe(before);

      const stop = new AbortController();
      const stopped = ledger.rebuild(undefined, stop.signal);
      stop.abort(new Error('enough'));
      await expect(stopped).rejects.toThrow('enough');
      await expect(ledger.verify(stop.signal)).rejects.toThrow('enough');
      ledger.close();
    });
  });
});

describe('totals and pruning', () => {
  it('count files by state and reason, and bytes', async () => {
    await withLedger((ledger) => {
      put(ledger, madeUpFile('a.ts', 1));
      ledger.skipFile('b.bin', META, BINARY);
      ledger.skipFile('c.bin', META, BINARY);
      ledger.skipFile('d.ts', META, { kind: 'failed', reason: 'timeout', message: 'It took too long.' });
      const totals = ledger.totals();
      expect(totals).toMatchObject({
        files: { ingested: 1, skipped: 2, failed: 1 },
        segments: 3,
        tokens: 303,
      });
      expect(totals.reasons[0]).toEqual({ kind: 'skipped', reason: 'binary', files: 2 });
      expect(totals.databaseBytes).toBeGreaterThan(16_384);
    });
  });

  it('drop unused records by age and by size, never used ones', async () => {
    await withLedger(async (ledger) => {
      for (const version of [1, 2, 3]) put(ledger, madeUpFile('a.ts', version));
      expect(ledger.prune({ maxAgeMs: 1000 })).toEqual({ checkouts: [], records: 0, bytes: 0, formerEncoders: [] });
      expect(ledger.prune({ maxAgeMs: 1000, maxBytes: 130 })).toMatchObject({ checkouts: [], records: 2, bytes: 64 });
      expect(ledger.prune({ maxAgeMs: 1000, now: Date.now() + 5000 }).records).toBe(4);
      expect(ledger.totals()).toMatchObject({ records: 3, unusedRecords: 0 });
      expect(ledger.setHash().hex()).toBe(setHashOf([madeUpFile('a.ts', 3)]));
      expect(await ledger.verify()).toMatchObject({ kind: 'sound' });
    });
  });
});

describe('the search for words', () => {
  it('finds names in text and path, rarer words first, in a scope too', async () => {
    await withLedger((ledger) => {
      for (const path of ['src/session.ts', 'src/cookie.ts', 'lib/other.ts']) put(ledger, madeUpFile(path, 1, 2));
      const found = ledger.lexicalSearch(questionTerms('Which part does session.ts export?'), 10);
      const paths = found.flatMap(({ segmentId }) => ledger.segmentsById([segmentId])).map(({ path }) => path);
      expect(new Set(paths.slice(0, 2))).toEqual(new Set(['src/session.ts']));
      expect(found.every(({ bm25 }) => bm25 > 0)).toBe(true);
      expect(found.map(({ bm25 }) => bm25)).toEqual(found.map(({ bm25 }) => bm25).sort((a, b) => b - a));
      const scope = new Set(['lib/other.ts', 'not there']);
      const inScope = ledger.lexicalSearch(['export'], 10, scope).map(({ segmentId }) => segmentId);
      expect(inScope.sort()).toEqual(ledger.segmentIds(scope));
      expect(ledger.lexicalSearch(['export'], 10, new Set())).toEqual([]);
      expect(ledger.lexicalSearch(['export'], 2).length).toBe(2);
    });
  });

  it('keeps no text: not one line of it is in the database', async () => {
    await withFolder((folder) => {
      const { ledger } = Ledger.open(folder, IDENTITY);
      const file = madeUpFile('a.ts', 1, 1);
      put(ledger, file);
      const { location } = ledger;
      ledger.close();
      const db = new DatabaseSync(location);
      const row = db.prepare('SELECT path, text FROM lexical').get();
      expect(row).toEqual({ path: null, text: null });
      db.close();
    });
  });
});

describe('opening', () => {
  it('names the database after repository and adapter, or takes the file given', async () => {
    await withFolder((folder) => {
      const first = Ledger.open(folder, IDENTITY).ledger;
      const second = Ledger.open(folder, { ...IDENTITY, adapter: 'adapter-2' }).ledger;
      const third = Ledger.open(join(folder, 'deeper', 'own.sqlite'), IDENTITY).ledger;
      expect(new Set([first.location, second.location, third.location]).size).toBe(3);
      expect(third.location.endsWith('own.sqlite')).toBe(true);
      put(first, madeUpFile('a.ts', 1));
      expect(second.files()).toEqual([]);
      for (const ledger of [first, second, third]) ledger.close();
      expect(readdirSync(folder).filter((name) => name.endsWith('.sqlite')).length).toBe(2);
    });
  });

  it('refuses a database of another identity, of another program or of a newer version, and leaves it alone', async () => {
    await withFolder((folder) => {
      const own = join(folder, 'own.sqlite');
      Ledger.open(own, IDENTITY).ledger.close();
      const other = { ...IDENTITY, shape: { ...SHAPE, blocks: 1 } };
      expect(thrownBy(() => Ledger.open(own, other))).toMatchObject({ code: 'ledger/foreign' });
      expect(thrownBy(() => Ledger.open(own, { ...IDENTITY, repository: 'x' }))).toMatchObject({
        code: 'ledger/foreign',
      });

      const alien = join(folder, 'alien.sqlite');
      const db = new DatabaseSync(alien);
      db.exec('CREATE TABLE things (a)');
      db.close();
      expect(thrownBy(() => Ledger.open(alien, IDENTITY))).toMatchObject({ code: 'ledger/foreign' });

      const newer = new DatabaseSync(own);
      newer.exec("PRAGMA user_version = 9; UPDATE meta SET value = '9' WHERE name = 'schema'");
      newer
        .prepare("UPDATE meta SET value = ? WHERE name = 'checksum'")
        .run(identityChecksum({ ...IDENTITY, layout: recordLayout(SHAPE) }, '9'));
      newer.close();
      const error = thrownBy(() => Ledger.open(own, IDENTITY));
      expect(error).toMatchObject({ code: 'ledger/newer' });
      expect((error as AppError).message).toMatch(/newer version.*Update this program/);
      expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
    });
  });

  it('says in one sentence that a place is no folder', async () => {
    await withFolder((folder) => {
      writeFileSync(join(folder, 'file'), '');
      mkdirSync(join(folder, 'folder.sqlite'));
      for (const place of [join(folder, 'file'), join(folder, 'file', 'below'), join(folder, 'folder.sqlite')]) {
        const error = thrownBy(() => Ledger.open(place, IDENTITY));
        expect(error).toMatchObject({ code: expect.stringMatching('^ledger/') as unknown });
        expect(error).toMatchObject({
          code: 'ledger/unreachable',
          message: expect.stringMatching(/ Choose another folder for the memory\.$/) as unknown,
        });
      }
    });
  });

  it('stops at the size given with one sentence, keeps what was there and goes on when there is room', async () => {
    await withFolder(async (folder) => {
      const { ledger } = Ledger.open(folder, IDENTITY, { maxBytes: 600_000 });
      const stored: MadeUpFile[] = [];
      const error = thrownBy(() => {
        for (let n = 0; n < 5000; n++) {
          const file = madeUpFile(`f${n}.ts`, 1, 20);
          put(ledger, file);
          stored.push(file);
        }
      });
      expect(error).toMatchObject({ code: 'ledger/full' });
      expect((error as AppError).message).toMatch(/^There is no space left .* Free some space/);
      expect(ledger.files().length).toBe(stored.length);
      expect(await ledger.verify()).toMatchObject({ kind: 'sound' });
      ledger.close();
      const again = Ledger.open(folder, IDENTITY).ledger;
      put(again, madeUpFile('more.ts', 1));
      expect(again.setHash().hex()).toBe(setHashOf([...stored, madeUpFile('more.ts', 1)]));
      again.close();
    });
  });
});
