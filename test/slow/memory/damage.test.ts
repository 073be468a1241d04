import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { beforeAll, describe, expect, it, vi } from 'vitest';

import { isAppError } from '../../../src/common/app-error.ts';
import { Ledger } from '../../../src/memory/store/ledger.ts';
import type { Opened } from '../../../src/memory/store/ledger.ts';
import { encodeRecord } from '../../../src/memory/algebra/embedding-record.ts';
import { dice } from '../../support/random.ts';
import { IDENTITY, madeUpFile, put, SHAPE, thrownBy, withFolder } from '../../unit/memory/support.ts';

// A second or two alone; a shared machine has taken twenty times as long.
vi.setConfig({ testTimeout: 120_000 });

const FILES = Array.from({ length: 30 }, (_, n) => madeUpFile(`src/f${n}.ts`, 1, 4));
/** Bytes of the header of a SQLite file, and of a page. */
const [HEADER, PAGE] = [100, 16_384];

/** Everything a session does with a ledger. */
async function useAll(ledger: Ledger): Promise<void> {
  ledger.files();
  ledger.totals();
  ledger.hasRecord(FILES[0]!.segments.map(({ contentHash }) => contentHash));
  ledger.lexicalSearch(['export', 'part0of1', 'src'], 50);
  for (const segment of ledger.segments()) ledger.segmentsById([segment.segmentId]);
  await ledger.rebuild();
  put(ledger, madeUpFile('src/f3.ts', 2, 4));
  put(ledger, madeUpFile('new.ts', 1));
  ledger.drop(['src/f4.ts']);
}

describe('a damaged database', () => {
  let whole: Buffer;
  let hash: string;

  beforeAll(async () => {
    await withFolder((folder) => {
      const { ledger } = Ledger.open(folder, IDENTITY);
      for (const file of FILES) put(ledger, file);
      hash = ledger.setHash().hex();
      ledger.close();
      whole = readFileSync(ledger.location);
    });
  });

  function openWith(folder: string, content: Uint8Array): Opened & { location: string } {
    const location = join(folder, 'x.sqlite');
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    writeFileSync(location, content);
    return { ...Ledger.open(location, IDENTITY), location };
  }

  it('is set aside with its log, and what can be read of it is kept', async () => {
    await withFolder(async (folder) => {
      const content = Buffer.from(whole);
      // The second page is the root of the first table: the schema stays readable, the content does not.
      for (let page = 2 * PAGE; page < content.length; page += PAGE) {
        if (content[page] === 0x0d && content.includes('src/f7.ts', page)) content.fill(0x5a, page, page + 64);
      }
      const opened = openWith(folder, content);
      if (opened.kind !== 'recovered') throw new Error('The damage was not seen.');
      expect(basename(opened.setAside)).toMatch(/^x\.sqlite\.damaged-\d{8}T\d{9}Z$/);
      expect(dirname(opened.setAside)).toBe(folder);
      expect(readFileSync(opened.setAside).equals(content)).toBe(true);
      expect(opened.message).toContain(opened.setAside);
      expect(opened.recovered).toBe(120);
      const keys = FILES.flatMap(({ segments }) => segments.map(({ contentHash }) => contentHash));
      expect(opened.ledger.hasRecord(keys).size).toBe(120);
      for (const file of FILES) put(opened.ledger, { ...file, writes: new Map() });
      expect(opened.ledger.setHash().hex()).toBe(hash);
      expect(await opened.ledger.verify()).toMatchObject({ kind: 'sound' });
      opened.ledger.close();
      expect(readdirSync(folder).some((name) => name.endsWith('.mending'))).toBe(false);
    });
  });

  it('in any bit never throws anything but a sentence, and opening again or repairing always helps', async () => {
    const next = dice(7);
    const seen = { open: 0, recovered: 0, repaired: 0, rebuilt: 0 };
    await withFolder(async (folder) => {
      for (let round = 0; round < 60; round++) {
        const content = Buffer.from(whole);
        // A third of the flips go to the header, a third to its page, where schema and identity are.
        const at = next([HEADER, PAGE, content.length][round % 3]!);
        content[at]! ^= 1 << next(8);
        let opened: Opened = openWith(folder, content);
        seen[opened.kind]++;
        for (let tries = 0; ; tries++) {
          try {
            await useAll(opened.ledger);
            break;
          } catch (error) {
            if (!isAppError(error, 'ledger/damaged', 'ledger/corrupt') || tries === 2) throw error;
            if (error.code === 'ledger/corrupt') expect((await opened.ledger.repair()).length).toBeGreaterThan(0);
            opened.ledger.close();
            opened = Ledger.open(opened.ledger.location, IDENTITY);
          }
        }
        const verdict = await opened.ledger.verify();
        if (verdict.kind === 'unsound') {
          // The check at the start is the quick one: it looks neither at values nor at indexes beside their tables.
          if (verdict.needs === 'repair') {
            seen.repaired++;
            await opened.ledger.repair();
          } else {
            seen.rebuilt++;
            opened.ledger.close();
            opened = Ledger.open(opened.ledger.location, IDENTITY, { forceRebuild: true });
          }
          expect(await opened.ledger.verify()).toMatchObject({ kind: 'sound' });
        }
        opened.ledger.close();
      }
    });
    expect(seen.rebuilt).toBeLessThan(5);
    expect(seen.open).toBeGreaterThan(5);
    expect(seen.recovered).toBeGreaterThan(5);
  });

  it('cut anywhere, emptied or overwritten is replaced', async () => {
    await withFolder(async (folder) => {
      // The last page holds what was seen of the files: some rows of it, because one wrong value costs a look, not a
      // table.
      const cuts = [15, 100, PAGE - 1, PAGE, 3 * PAGE, whole.length - PAGE, whole.length - 200];
      const contents = [
        ...cuts.map((length) => whole.subarray(0, length)),
        Buffer.alloc(50_000),
        Buffer.from('not a database at all\n'.repeat(1000)),
      ];
      for (const content of contents) {
        const opened = openWith(folder, content);
        expect(opened.kind).toBe('recovered');
        await useAll(opened.ledger);
        expect(await opened.ledger.verify()).toMatchObject({ kind: 'sound' });
        opened.ledger.close();
      }
      const empty = openWith(folder, Buffer.alloc(0));
      expect(empty.kind).toBe('open');
      await useAll(empty.ledger);
      empty.ledger.close();
    });
  });

  it('with one flipped bit in one write costs one file', async () => {
    await withFolder(async (folder) => {
      const content = Buffer.from(whole);
      const [victim] = FILES[11]!.writes.values();
      const at = content.indexOf(encodeRecord(victim!, SHAPE));
      content[at + 20]! ^= 4;
      const { kind, ledger } = openWith(folder, content);
      expect(kind).toBe('open');
      const error = thrownBy(() => [...ledger.segments()]);
      expect(error).toMatchObject({ code: 'ledger/corrupt' });
      await expect(ledger.rebuild()).rejects.toMatchObject({ code: 'ledger/corrupt' });
      expect(await ledger.verify()).toMatchObject({ kind: 'unsound', needs: 'repair' });
      expect(await ledger.repair()).toEqual(['src/f11.ts']);
      expect(await ledger.verify()).toMatchObject({ kind: 'sound', segments: 116, records: 119 });
      put(ledger, FILES[11]!);
      expect(ledger.setHash().hex()).toBe(hash);
      ledger.close();
    });
  });

  it('in which only values, words or segments changed is found by verify(), and repaired where rows are', async () => {
    await withFolder(async (folder) => {
      const breaks = [
        'DELETE FROM lexical WHERE rowid = 5',
        'PRAGMA foreign_keys = OFF; DELETE FROM segment WHERE id = 6',
        'PRAGMA foreign_keys = OFF; DELETE FROM record WHERE id = 6',
        "UPDATE file SET state = 'skipped' WHERE id = 3",
        "UPDATE file SET path = 'src/f3.tr' WHERE id = 4",
        'UPDATE file SET mtime_ms = mtime_ms + 1 WHERE id = 4',
        'UPDATE segment SET end_line = end_line + 1 WHERE id = 6',
        'UPDATE segment SET tokens = tokens + 1 WHERE id = 6',
        'UPDATE segment SET record_id = record_id + 1 WHERE id = 6',
        'UPDATE record SET content_hash = randomblob(32) WHERE id = 6',
        'UPDATE file SET tree_leaf = randomblob(32) WHERE id = 4',
        "INSERT INTO checkout VALUES (7, '/else', 1, 1, zeroblob(2048)); UPDATE file SET checkout_id = 7 WHERE id = 4",
      ];
      for (const statement of breaks) {
        const { ledger, location } = openWith(folder, whole);
        expect(await ledger.verify()).toMatchObject({ kind: 'sound' });
        const db = new DatabaseSync(location);
        db.exec(statement);
        db.close();
        const verdict = await ledger.verify();
        expect(verdict.kind, statement).toBe('unsound');
        if (verdict.kind === 'unsound' && verdict.needs === 'repair') {
          await ledger.repair();
          expect(await ledger.verify(), statement).toMatchObject({ kind: 'sound' });
        }
        ledger.close();
      }
    });
  });

  it('is built anew on demand, keeping the records', async () => {
    await withFolder((folder) => {
      const { ledger, location } = openWith(folder, whole);
      ledger.close();
      const opened = Ledger.open(location, IDENTITY, { forceRebuild: true });
      if (opened.kind !== 'recovered') throw new Error('It was not built anew.');
      expect(opened.recovered).toBe(120);
      expect(opened.ledger.files()).toEqual([]);
      expect(existsSync(opened.setAside)).toBe(true);
      opened.ledger.close();
    });
  });
});
