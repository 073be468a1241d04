import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { terms } from '../../../../src/memory/search/tokenize.ts';
import { exportSnapshot } from '../../../../src/memory/snapshot/export.ts';
import { tablesOf } from '../../../../src/memory/snapshot/format.ts';
import { importSnapshot } from '../../../../src/memory/snapshot/import.ts';
import { Snapshot } from '../../../../src/memory/snapshot/snapshot.ts';
import { vectorsHash } from '../../../../src/memory/algebra/set-hash.ts';
import { ContentDigest, hashesOf } from '../../../../src/memory/snapshot/content.ts';
import { encodeFormerRecord, IDENTITY, SHAPE, withFolder } from '../../../unit/memory/support.ts';
import {
  exported,
  FAR,
  formerModelRecord,
  imported,
  placeIn,
  putTexts,
  putTree,
  TREE,
} from '../../../unit/memory/snapshot/support.ts';
import type { Tree } from '../../../unit/memory/snapshot/support.ts';

const PROGRAM = { program: '1.2.3', repository: '' };

const name = fc.constantFrom('a', 'b.ts', 'src', 'ünï', 'x y', '-', '...');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const text = fc.constantFrom('const one = 1;', 'lend a book', 'return books', '図書館の本', '', 'getUserName()');
const tree: fc.Arbitrary<Tree> = fc.dictionary(path, fc.array(text, { maxLength: 4 }), { maxKeys: 8 });

describe('a snapshot', () => {
  it('brings over any tree: hashes, words and recall are those of the exporter', async () => {
    await fc.assert(
      fc.asyncProperty(tree, tree, async (there, here) => {
        await withFolder(async (folder) => {
          const { ledger: from } = Ledger.open(join(folder, 'from'), IDENTITY);
          const { ledger: into } = Ledger.open(join(folder, 'into'), FAR);
          try {
            putTree(from, there);
            const file = join(folder, 'x.imem');
            const { header } = await exportSnapshot(from, file, PROGRAM);
            const { files } = await imported(into, file, { place: placeIn({ ...here, ...there }) });
            expect(files).toEqual({ placed: Object.keys(there).length, known: 0, different: 0, forgotten: 0 });
            expect(header.treeHash).toBe(from.treeHash());
            expect(into.treeHash()).toBe(from.treeHash());
            const sum = into.setHash().hex();
            expect(sum).toBe(from.setHash().hex());
            expect(sum).toBe(header.setHash);
            for (const asked of ['book', 'getUserName', '図書館']) {
              expect(into.fileSearch(terms(asked))).toEqual(from.fileSearch(terms(asked)));
            }
          } finally {
            from.close();
            into.close();
          }
        });
      }),
      { numRuns: 25 },
    );
  });

  it('is the same for the same files, in whatever order they were read', async () => {
    await withFolder(async (folder) => {
      const digests = [];
      for (const at of ['a', 'b']) {
        const { ledger } = Ledger.open(join(folder, at), IDENTITY);
        const entries = Object.entries(TREE);
        for (const [path, texts] of at === 'a' ? entries : entries.toReversed()) putTexts(ledger, path, texts);
        const { header } = await exportSnapshot(ledger, join(folder, `${at}.imem`), PROGRAM);
        digests.push(header.content);
        ledger.close();
      }
      expect(digests[0]).toBe(digests[1]);
    });
  });

  it('searches alone like the ledger that it came from, from its own words', async () => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const { ledger: from } = Ledger.open(join(folder, 'from'), IDENTITY);
      const { ledger: into } = Ledger.open(join(folder, 'into'), FAR);
      const snapshot = Snapshot.open(file);
      const known = snapshot.terms();
      const place = (file: {
        segments: readonly { recordId: number }[];
        blobHash: string;
        bytes: number;
        lines: number;
      }) => ({
        meta: { ...file, mtimeMs: 0 },
        terms: file.segments.map(({ recordId }) => snapshot.wordsOf(recordId, known)),
      });
      await importSnapshot(into, snapshot, await snapshot.check(FAR), { place });
      for (const asked of ['lend book', 'late fee', 'size', 'größe', 'nothing of it']) {
        expect(into.fileSearch(terms(asked))).toEqual(from.fileSearch(terms(asked)));
        const bm25 = (ledger: Ledger) => ledger.lexicalSearch(terms(asked), 10).map((hit) => hit.bm25);
        expect(bm25(into)).toEqual(bm25(from));
      }
      for (const each of [snapshot, from, into]) each.close();
    });
  });

  it('takes only the records of files that differ, and leaves what the importer has', async () => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const { ledger } = Ledger.open(join(folder, 'into'), FAR);
      const mine = { ...TREE, 'src/a.ts': ['my own words'], 'mine.ts': ['only here'] };
      putTexts(ledger, 'mine.ts', mine['mine.ts']);
      putTexts(ledger, 'src/a.ts', mine['src/a.ts']);
      const report = await imported(ledger, file, { place: placeIn(mine) });
      expect(report).toEqual({
        files: { placed: 3, known: 0, different: 1, forgotten: 0 },
        records: { added: 7, known: 0 },
      });
      expect([...ledger.tree().keys()].sort()).toEqual(Object.keys(mine).sort());
      expect(ledger.fileSearch(terms('own words'))[0]?.path).toBe('src/a.ts');
      const again = await imported(ledger, file, { place: placeIn(mine) });
      expect(again).toEqual({
        files: { placed: 0, known: 3, different: 1, forgotten: 0 },
        records: { added: 0, known: 7 },
      });
      ledger.close();
    });
  });

  it('does not bring back what the importer forgot', async () => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const { ledger } = Ledger.open(join(folder, 'into'), FAR);
      const gone = { kind: 'skipped', reason: 'forgotten', message: 'Forgotten.' } as const;
      ledger.skipFile('src/a.ts', { blobHash: '', bytes: 0, mtimeMs: 0, lines: 0 }, gone);
      const report = await imported(ledger, file, { place: placeIn(TREE), forgotten: 'forgotten' });
      expect(report.files).toMatchObject({ placed: 3, forgotten: 1 });
      expect(ledger.file('src/a.ts')?.state).toEqual(gone);
      const { ledger: from } = Ledger.open(join(folder, 'from'), IDENTITY);
      expect(ledger.hasRecord(from.tree().get('src/a.ts') ?? [])).toEqual(new Set());
      from.close();
      ledger.close();
    });
  });

  it('names nothing that was forgotten, and no place of the machine', async () => {
    await withFolder(async (folder) => {
      const { ledger } = Ledger.open(join(folder, 'from'), IDENTITY);
      putTree(ledger, { ...TREE, 'a\\b.ts': ['backslash'], 'line\nend.ts': ['two lines'] });
      const state = { kind: 'skipped', reason: 'forgotten', message: 'x' } as const;
      ledger.skipFile('hush-hush.ts', { blobHash: '', bytes: 0, mtimeMs: 0, lines: 0 }, state);
      ledger.skipFile(
        'bad.ts',
        { blobHash: '', bytes: 0, mtimeMs: 0, lines: 0 },
        {
          kind: 'failed',
          reason: 'gave-up',
          message: 'It failed in /home/somebody.',
        },
      );
      const file = join(folder, 'x.imem');
      const { unportable, header, bytes } = await exportSnapshot(ledger, file, {
        ...PROGRAM,
        unnamed: new Set(['forgotten']),
      });
      ledger.close();
      expect(unportable).toEqual(['a\\b.ts', 'line\nend.ts']);
      expect(header.files).toBe(Object.keys(TREE).length + 1);
      const raw = readFileSync(file).toString('latin1');
      for (const secret of ['hush-hush', 'somebody', 'some/checkout', 'some/repository'])
        expect(raw).not.toContain(secret);
      expect(raw).toContain('CONFIDENTIAL');
      expect(raw).toContain('lendbook');
      expect(statSync(file).size).toBe(bytes);
      expect(statSync(file).mode & 0o077).toBe(0);
    });
  });

  it('without its words holds none in the clear and still brings everything over', async () => {
    await withFolder(async (folder) => {
      const { ledger } = Ledger.open(join(folder, 'from'), IDENTITY);
      putTree(ledger, TREE);
      const file = join(folder, 'x.imem');
      await exportSnapshot(ledger, file, { ...PROGRAM, words: 'omitted' });
      expect(readFileSync(file).toString('latin1')).not.toContain('lendbook');
      const { ledger: into } = Ledger.open(join(folder, 'into'), FAR);
      expect((await imported(into, file, { place: placeIn(TREE) })).files.placed).toBe(4);
      expect(into.fileSearch(terms('lend book'))).toEqual(ledger.fileSearch(terms('lend book')));
      into.close();
      ledger.close();
    });
  });

  it('replaces an earlier one when the new one is whole, and no other file', async () => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const before = readFileSync(file);
      const { ledger } = Ledger.open(join(folder, 'from'), IDENTITY);
      const stopped = AbortSignal.abort(new Error('stopped'));
      await expect(exportSnapshot(ledger, file, { ...PROGRAM, signal: stopped })).rejects.toThrow('stopped');
      expect(readFileSync(file).equals(before)).toBe(true);
      await exportSnapshot(ledger, file, PROGRAM);
      expect(readFileSync(file).equals(before)).toBe(false);
      const other = join(folder, 'notes.txt');
      writeFileSync(other, 'my notes');
      await expect(exportSnapshot(ledger, other, PROGRAM)).rejects.toMatchObject({ code: 'snapshot/unwritable' });
      expect(readFileSync(other, 'utf8')).toBe('my notes');
      await expect(exportSnapshot(ledger, join(folder, 'none/x.imem'), PROGRAM)).rejects.toMatchObject({
        code: 'snapshot/unwritable',
      });
      expect(readdirSync(folder).filter((each) => each.endsWith('.part'))).toEqual([]);
      ledger.close();
    });
  });

  it('leaves nothing of itself when it is stopped half-way or its reader fails', async () => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const { ledger } = Ledger.open(join(folder, 'into'), FAR);
      putTexts(ledger, 'mine.ts', ['only here']);
      const before = { tree: ledger.treeHash(), generation: ledger.generation(), writes: ledger.totals().records };
      const controller = new AbortController();
      const stop = imported(ledger, file, {
        place: (each) => {
          if (each.path === 'src/b.ts') controller.abort(new Error('stopped'));
          return placeIn(TREE)(each, () => '');
        },
        signal: controller.signal,
      });
      await expect(stop).rejects.toThrow('stopped');
      const fail = imported(ledger, file, { place: () => Promise.reject(new Error('a disk')) });
      await expect(fail).rejects.toThrow('a disk');
      const after = { tree: ledger.treeHash(), generation: ledger.generation(), writes: ledger.totals().records };
      expect(after).toEqual(before);
      putTexts(ledger, 'mine.ts', ['and it can be written']);
      expect((await ledger.verify()).kind).toBe('sound');
      ledger.close();
    });
  });

  it('leaves nothing of itself when its process is killed half-way', async () => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const place = join(folder, 'into.sqlite');
      const { ledger } = Ledger.open(place, FAR);
      putTexts(ledger, 'mine.ts', ['only here']);
      const before = { tree: ledger.treeHash(), generation: ledger.generation(), writes: ledger.totals().records };
      const child = spawn(process.execPath, [join(import.meta.dirname, 'programs/importer.ts'), place, file]);
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await once(child, 'close');
      expect({ tree: ledger.treeHash(), generation: ledger.generation(), writes: ledger.totals().records }).toEqual(
        before,
      );
      expect((await ledger.verify()).kind).toBe('sound');
      expect((await imported(ledger, file, { place: placeIn(TREE) })).files.placed).toBe(4);
      ledger.close();
    });
  });

  it('tells the ledger’s other users that something changed', async () => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const { ledger } = Ledger.open(join(folder, 'into'), FAR);
      const before = ledger.generation();
      await imported(ledger, file, { place: placeIn(TREE) });
      expect(ledger.generation()).toBeGreaterThan(before);
      expect((await ledger.verify()).kind).toBe('sound');
      expect(existsSync(`${file}-journal`) || existsSync(`${file}-wal`)).toBe(false);
      ledger.close();
    });
  });
});

/**
 * A snapshot as version 1 or 2 wrote it: tables by their former names, keys of eight bits, and in version 1 sums of
 * features in place of the set hash.
 */
function asFormer(file: string, version: 1 | 2): void {
  const db = new DatabaseSync(file);
  const texts = (query: string) => db.prepare(query).all() as Record<string, never>[];
  const former = tablesOf(version);
  db.exec(`
    ALTER TABLE segment RENAME TO now;
    ${former.get('segment')!};
    INSERT INTO segment SELECT * FROM now;
    DROP TABLE now;
    ${former.get('write')!};
    INSERT INTO write SELECT * FROM record;
    DROP TABLE record;
    UPDATE header SET name = 'writes' WHERE name = 'records';
    UPDATE header SET value = 'left-out' WHERE name = 'words' AND value = 'omitted';
  `);
  const writes = texts('SELECT id, key, words, blob FROM write ORDER BY id');
  const blobs = writes.map(({ key }) =>
    encodeFormerRecord(formerModelRecord(Buffer.from(key!).toString('hex')), SHAPE),
  );
  for (const [at, { id }] of writes.entries()) {
    db.prepare('UPDATE write SET blob = ? WHERE id = ?').run(blobs[at]!, id!);
  }
  const digest = new ContentDigest();
  const files = texts('SELECT * FROM file ORDER BY id').map((row) => {
    const own = texts(`SELECT * FROM segment WHERE file_id = ${String(row.id)} ORDER BY ordinal`);
    const segments = own.map(({ first, last, tokens, write_id }) => {
      return { start: first!, end: last!, tokens: tokens!, recordId: write_id! };
    });
    const { path, blob_hash: blobHash, bytes, lines, state, reason } = row;
    digest.file({
      path: path!,
      blobHash: blobHash!,
      bytes: bytes!,
      lines: lines!,
      state: state!,
      reason: reason!,
      segments,
    });
    return { path: path!, recordIds: segments.map(({ recordId }) => recordId) };
  });
  for (const { term } of texts('SELECT term FROM term ORDER BY id')) digest.term(term!);
  for (const [at, { key, words }] of writes.entries()) digest.record(key!, words!, blobs[at]!);
  const { setHash } = hashesOf(files, (id) => {
    return { contentHash: writes[id - 1]!.key!, vectorsHash: vectorsHash(blobs[id - 1]!) };
  });
  const set = db.prepare('INSERT OR REPLACE INTO header VALUES (?, ?)');
  set.run('content', digest.hex());
  set.run('setHash', setHash);
  set.run('format', String(version));
  db.exec("DELETE FROM header WHERE name = 'checksum'");
  if (version === 1) {
    db.exec("DELETE FROM header WHERE name = 'setHash'");
    set.run('features', 'dpfp(order=3)');
    set.run('memoryHash', 'ab'.repeat(32));
  }
  const rows = db.prepare('SELECT name, value FROM header').all() as { name: string; value: string }[];
  const sealed = rows.map(({ name, value }) => [name, value]).sort(([a], [b]) => (a! < b! ? -1 : 1));
  const seal = createHash('sha256').update('memory snapshot header\n').update(JSON.stringify(sealed)).digest('hex');
  set.run(version === 1 ? 'seal' : 'checksum', seal);
  db.exec(`PRAGMA user_version = ${version}`);
  db.close();
}

describe.each([1, 2] as const)('a snapshot of version %i', (version) => {
  it('is imported as one of this version is, and is refused with a changed byte', async () => {
    await withFolder(async (folder) => {
      const tree = { 'a.ts': ['const a = 1;'], 'b.ts': ['let b;', 'let c;'] };
      const { ledger: from } = Ledger.open(join(folder, 'from'), IDENTITY);
      putTree(from, tree);
      const file = join(folder, 'x.imem');
      await exportSnapshot(from, file, PROGRAM);
      asFormer(file, version);
      const { ledger: into } = Ledger.open(join(folder, 'into'), IDENTITY);
      expect(await imported(into, file, { place: placeIn(tree) })).toMatchObject({
        files: { placed: 2, known: 0, different: 0 },
        records: { added: 3, known: 0 },
      });
      expect(into.setHash().equals(from.setHash())).toBe(true);
      expect(await into.verify()).toMatchObject({ kind: 'sound' });
      const db = new DatabaseSync(file);
      db.exec("UPDATE header SET value = 'other' WHERE name IN ('features', 'program')");
      db.close();
      await expect(imported(into, file, { place: placeIn(tree) })).rejects.toMatchObject({ code: 'snapshot/damaged' });
      into.close();
      from.close();
    });
  });
});
