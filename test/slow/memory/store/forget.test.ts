import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { describe, expect, it } from 'vitest';

import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { terms } from '../../../../src/memory/search/tokenize.ts';
import { encodeRecord } from '../../../../src/memory/algebra/embedding-record.ts';
import { IDENTITY, madeUpFile, put, SHAPE, withFolder, withLedger } from '../../../unit/memory/support.ts';
import type { MadeUpFile } from '../../../unit/memory/support.ts';

/** A made-up file in which a word stands that stands nowhere else. */
function withWord(path: string, version: number, word: string): MadeUpFile {
  const file = madeUpFile(path, version, 2);
  return {
    ...file,
    segments: file.segments.map((segment) => ({ ...segment, terms: [...segment.terms, ...terms(word)] })),
  };
}

/** Which of these lie in the database's files, whatever SQLite thinks of the place. */
function found(location: string, needles: Iterable<string | Uint8Array>): boolean[] {
  const files = ['', '-wal', '-shm', '-journal'].map((suffix) => location + suffix).filter((file) => existsSync(file));
  const contents = files.map((file) => readFileSync(file));
  return [...needles].map((needle) => contents.some((content) => content.includes(Buffer.from(needle as string))));
}

const blobsOf = (file: MadeUpFile) => [...file.writes.values()].map((write) => encodeRecord(write, SHAPE));

/** Enough neighbors that pages split and words are merged. */
function fill(ledger: Ledger): void {
  for (let n = 0; n < 60; n++) put(ledger, withWord(`src/f${n}.ts`, 1, `neighbor${n}`));
}

describe('forgetting', () => {
  it('leaves no byte of records, former versions, words or path in the files on disk', async () => {
    await withLedger(async (ledger) => {
      fill(ledger);
      const before = withWord('secret/qzpath.ts', 1, 'xylozoic');
      const after = withWord('secret/qzpath.ts', 2, 'kvetching');
      put(ledger, before);
      put(ledger, after);
      for (let n = 60; n < 90; n++) put(ledger, withWord(`src/f${n}.ts`, 1, `neighbor${n}`));
      const needles = [...blobsOf(before), ...blobsOf(after), 'xylozoic', 'kvetch', 'qzpath'];
      // What is looked for can be found: the test is not blind. (A replaced word may have been merged away by now.)
      const certain = needles.filter((needle) => needle !== 'xylozoic');
      expect(found(ledger.location, certain)).toEqual(certain.map(() => true));

      const { certificate, change } = await ledger.forget(['secret/qzpath.ts']);
      expect(found(ledger.location, needles)).toEqual(needles.map(() => false));
      expect(found(ledger.location, blobsOf(madeUpFile('src/f7.ts', 1, 2)))).toEqual([true, true]);
      expect(change.removed.length).toBe(2);
      expect(certificate).toMatchObject({ segments: 2, records: 4, former: 2, kept: [], setAside: [] });
      expect(certificate.scan).toMatchObject({ found: 0, traces: 8 });
      expect(JSON.parse(JSON.stringify(certificate))).toEqual(certificate);
      expect(certificate.message).toMatch(
        /^1 file with 2 segments forgotten: .* rebuild .* nothing of 4 records is left/,
      );
      expect(await ledger.verify()).toMatchObject({ kind: 'sound', records: 180 });
      expect(ledger.lexicalSearch(['neighbor7'], 5).length).toBe(2);
    });
  });

  it('leaves the memory that never saw the files, and says so with hashes', async () => {
    await withLedger(async (ledger) => {
      fill(ledger);
      const [setHash, treeHash] = [ledger.setHash().hex(), ledger.treeHash()];
      put(ledger, madeUpFile('a.ts', 1));
      put(ledger, madeUpFile('b.ts', 1));
      const { certificate } = await ledger.forget(['a.ts', 'b.ts', 'never seen.ts']);
      expect(certificate.before.setHash).not.toBe(setHash);
      expect(certificate.subtracted).toEqual({ setHash, treeHash });
      expect(certificate.rebuilt).toEqual({ setHash, treeHash });
      expect(ledger.setHash().hex()).toBe(setHash);
      expect((await ledger.rebuild()).hex()).toBe(setHash);
      expect(ledger.treeHash()).toBe(treeHash);
      const { certificate: again } = await ledger.forget(['a.ts']);
      expect(again).toMatchObject({
        segments: 0,
        records: 0,
        before: { setHash, treeHash },
        rebuilt: { setHash, treeHash },
      });
    });
  });

  it('keeps what another checkout uses, and names it', async () => {
    await withFolder(async (folder) => {
      const [here, there] = ['here', 'there'].map((name) => {
        mkdirSync(join(folder, name));
        return Ledger.open(folder, { ...IDENTITY, checkout: join(folder, name) }).ledger;
      }) as [Ledger, Ledger];
      for (const ledger of [here, there]) put(ledger, madeUpFile('a.ts', 1));
      put(here, madeUpFile('a.ts', 2));
      // The first version lives on there; the second goes.
      const { certificate } = await here.forget(['a.ts']);
      expect(certificate).toMatchObject({ records: 3, former: 0, kept: [] });
      put(here, madeUpFile('a.ts', 1));
      const { certificate: second } = await here.forget(['a.ts']);
      expect(second.records).toBe(0);
      expect(second.kept).toEqual([{ checkout: join(folder, 'there'), path: 'a.ts', records: 3 }]);
      expect(second.message).toContain(join(folder, 'there'));
      expect(found(here.location, blobsOf(madeUpFile('a.ts', 1)))).toEqual([true, true, true]);
      expect(there.segmentsOf('a.ts').length).toBe(3);
      expect(await there.verify()).toMatchObject({ kind: 'sound' });
      const { certificate: third } = await there.forget(['a.ts']);
      expect(third).toMatchObject({ records: 3, kept: [] });
      expect(found(here.location, blobsOf(madeUpFile('a.ts', 1)))).toEqual([false, false, false]);
      here.close();
      there.close();
    });
  });

  it('says that a reader in another window keeps traces, and finishes when asked again', async () => {
    await withLedger(async (ledger) => {
      fill(ledger);
      put(ledger, madeUpFile('a.ts', 1));
      const reader = new DatabaseSync(ledger.location, { readOnly: true });
      reader.exec('BEGIN; SELECT count(*) FROM file');
      await expect(ledger.forget(['a.ts'])).rejects.toMatchObject({ code: 'ledger/busy' });
      expect(ledger.file('a.ts')).toBeUndefined();
      reader.close();
      await ledger.forget(['a.ts']);
      expect(found(ledger.location, blobsOf(madeUpFile('a.ts', 1)))).toEqual([false, false, false]);
    });
  }, 60_000);

  it('names databases that were set aside', async () => {
    await withLedger(async (ledger) => {
      put(ledger, madeUpFile('a.ts', 1));
      const aside = `${ledger.location}.damaged-20260101T000000000Z`;
      writeFileSync(aside, 'damaged');
      const { certificate } = await ledger.forget(['a.ts']);
      expect(certificate.setAside).toEqual([aside]);
      expect(certificate.message).toContain('1 damaged database set aside earlier');
    });
  });
});
