import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isErrorOf } from '../../../../src/common/app-error.ts';
import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { importSnapshot } from '../../../../src/memory/snapshot/import.ts';
import { NOTICE } from '../../../../src/memory/snapshot/format.ts';
import { headerOf, headerRows } from '../../../../src/memory/snapshot/header.ts';
import type { SnapshotHeader } from '../../../../src/memory/snapshot/header.ts';
import { isPortable } from '../../../../src/memory/snapshot/portable-path.ts';
import { Snapshot } from '../../../../src/memory/snapshot/snapshot.ts';
import { readWords, WordsWriter } from '../../../../src/memory/snapshot/postings.ts';
import { encodeRecord } from '../../../../src/memory/algebra/embedding-record.ts';
import { flipSnapshotBits } from '../../../torture/flip-snapshot.ts';
import { IDENTITY, madeUpRecord, SHAPE, thrownBy, withFolder } from '../../../unit/memory/support.ts';
import { checked, crafted, exported, FAR, modelRecord, placeIn, TREE } from '../../../unit/memory/snapshot/support.ts';

/** What check() or open() says of a file; 'fine' when nothing. */
async function verdict(file: string): Promise<string> {
  try {
    await checked(file);
    return 'fine';
  } catch (error) {
    if (isErrorOf(error, 'snapshot')) return error.code.replace('snapshot/', '');
    throw error;
  }
}

/** A copy whose header says something else, sealed as only we would. */
function withHeader(file: string, change: Partial<SnapshotHeader>): string {
  const snapshot = Snapshot.open(file);
  const rows = headerRows({ ...snapshot.header, ...change });
  snapshot.close();
  const statements = [...rows].map(([name, value]) => `UPDATE header SET value = '${value}' WHERE name = '${name}';`);
  return crafted(file, statements.join('\n'));
}

const hex = (bytes: Uint8Array) => `x'${Buffer.from(bytes).toString('hex')}'`;

describe('a damaged snapshot', () => {
  it('is refused or harmless wherever a bit is turned: never another memory', async () => {
    const { harmless, refused } = await flipSnapshotBits(100);
    expect(harmless + refused).toBe(100);
    expect(refused).toBeGreaterThan(0);
  });

  it('is refused wherever a bit of its rows is turned', async () => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const whole = readFileSync(file);
      // Pages are filled from their ends: the last bytes of each page are rows.
      for (let page = 1; page * 16_384 < whole.length; page++) {
        const bytes = Buffer.from(whole);
        const at = (page + 1) * 16_384 - 5;
        bytes[at] = (bytes[at] ?? 0) ^ 4;
        writeFileSync(`${file}.turned`, bytes);
        expect(await verdict(`${file}.turned`), `page ${page}`).toBe('damaged');
      }
    });
  });

  it('is refused wherever it is cut off', async () => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const whole = readFileSync(file);
      const cut = join(folder, 'cut.imem');
      await fc.assert(
        fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
          writeFileSync(cut, whole.subarray(0, length));
          expect(['damaged', 'no-snapshot']).toContain(await verdict(cut));
        }),
        { numRuns: 100 },
      );
      writeFileSync(cut, Buffer.concat([whole, Buffer.alloc(16_384)]));
      expect(await verdict(cut)).toBe('damaged');
    });
  });

  it('is told from what is no snapshot at all', async () => {
    await withFolder(async (folder) => {
      expect(await verdict(join(folder, 'none.imem'))).toBe('unreadable');
      mkdirSync(join(folder, 'folder.imem'));
      expect(await verdict(join(folder, 'folder.imem'))).toBe('no-snapshot');
      writeFileSync(join(folder, 'empty.imem'), '');
      expect(await verdict(join(folder, 'empty.imem'))).toBe('no-snapshot');
      const { ledger } = Ledger.open(join(folder, 'ledger.sqlite'), IDENTITY);
      ledger.close();
      expect(await verdict(join(folder, 'ledger.sqlite'))).toBe('no-snapshot');
      symlinkSync('/dev/zero', join(folder, 'zero.imem'));
      expect(await verdict(join(folder, 'zero.imem'))).toBe('no-snapshot');
      const { file } = await exported(folder);
      expect(await verdict(crafted(file, 'PRAGMA user_version = 5;'))).toBe('newer');
      expect(await verdict(crafted(file, 'PRAGMA journal_mode = WAL;'))).toBe('damaged');
    });
  });
});

describe('what a refusal says', () => {
  it.each([
    ['a path', `UPDATE file SET path = char(27) || '[2J' || char(155) || 'x' || char(8238) || 'y' WHERE id = 1;`],
    ['a table', 'CREATE TABLE "\u001b]0;x\u0007\u202e" (x);'],
    ['a state', `UPDATE file SET reason = char(27) || '[2J' WHERE id = 1;`],
  ])('moves no cursor and hides nothing: %s', async (_, statements) => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const error: unknown = await checked(crafted(file, statements)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: expect.stringMatching('^snapshot/') as unknown });
      expect(error).toMatchObject({ code: 'snapshot/unsafe' });
      expect((error as Error).message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    });
  });
});

describe('a snapshot that somebody made', () => {
  it.each([
    ['a trigger', 'CREATE TRIGGER t AFTER INSERT ON file BEGIN DELETE FROM record; END;', 'unsafe'],
    ['a view', 'CREATE VIEW v AS SELECT 1;', 'unsafe'],
    ['a table of its own', 'CREATE TABLE more (x);', 'unsafe'],
    ['an index', 'CREATE INDEX i ON file (path);', 'unsafe'],
    ['a view in place of a table', 'DROP TABLE file; CREATE VIEW file AS SELECT 1 AS id;', 'unsafe'],
    ['a virtual table', 'CREATE VIRTUAL TABLE w USING fts5 (x);', 'unsafe'],
    ['looser columns', "UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') WHERE name = 'file';", 'unsafe'],
    ['a missing table', 'DROP TABLE term;', 'damaged'],
    ['a parent folder', "UPDATE file SET path = '../a.ts' WHERE id = 1;", 'unsafe'],
    ['an absolute path', "UPDATE file SET path = '/etc/passwd' WHERE id = 1;", 'unsafe'],
    ['a path with NUL', "UPDATE file SET path = 'a' || char(0) || 'b' WHERE id = 1;", 'unsafe'],
    ['a backslash', "UPDATE file SET path = 'a\\..\\b' WHERE id = 1;", 'unsafe'],
    ['a path too long', "UPDATE file SET path = printf('%.5000c', 'a') WHERE id = 1;", 'unsafe'],
    ['one path twice', 'UPDATE file SET path = (SELECT path FROM file WHERE id = 1) WHERE id = 2;', 'unsafe'],
    [
      'one record twice',
      'UPDATE record SET content_hash = (SELECT content_hash FROM record WHERE id = 1) WHERE id = 2;',
      'unsafe',
    ],
    ['a short key', "UPDATE record SET content_hash = x'00' WHERE id = 1;", 'damaged'],
    ['a record of another length', 'UPDATE record SET vectors = zeroblob(10000000) WHERE id = 1;', 'damaged'],
    ['a file too many', "INSERT INTO file VALUES (99, 'z', 'h', 1, 1, 'ingested', '');", 'damaged'],
    ['a file too few', 'DELETE FROM file WHERE id = 1;', 'damaged'],
    ['a segment of no file', 'INSERT INTO segment VALUES (99, 0, 1, 1, 1, 1);', 'damaged'],
    ['a segment of no record', 'UPDATE segment SET record_id = 99;', 'damaged'],
    ['lines beyond the file', 'UPDATE segment SET last = 100000;', 'damaged'],
    ['lines backwards', 'UPDATE segment SET first = last + 1;', 'damaged'],
    ['a number beyond every integer', 'UPDATE segment SET tokens = 9223372036854775807;', 'damaged'],
    ['a file moved', "UPDATE file SET path = 'AAA.md' WHERE id = 1;", 'damaged'],
    ['another state', "UPDATE file SET state = 'skipped' WHERE state = 'ingested';", 'damaged'],
    ['words that are no words', "UPDATE record SET words = x'ffffffffffff' WHERE id = 1;", 'damaged'],
    ['a term with operators', `UPDATE term SET term = 'a" OR "b' WHERE id = 1;`, 'unsafe'],
    ['a header row too many', "INSERT INTO header VALUES ('more', 'x');", 'damaged'],
    ['a header row too few', "DELETE FROM header WHERE name = 'content';", 'damaged'],
    ['a header of megabytes', "UPDATE header SET value = printf('%.5000000c', 'a') WHERE name = 'program';", 'damaged'],
  ])('with %s is refused', async (_what, statements, expected) => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      expect(await verdict(file)).toBe('fine');
      expect(await verdict(crafted(file, statements))).toBe(expected);
    });
  });

  it.each([
    ['another adapter', { adapter: 'other' }, 'foreign'],
    ['another shape', { layout: '4 keys of 8, 2 blocks of values of 3' }, 'foreign'],
    ['another tree hash', { treeHash: '0'.repeat(64) }, 'damaged'],
    ['another set hash', { setHash: '0'.repeat(64) }, 'damaged'],
    ['another digest', { content: '0'.repeat(64) }, 'damaged'],
    ['no hash', { treeHash: 'NaN' }, 'damaged'],
    ['a count too large to hold', { records: 1e15 }, 'unsafe'],
    ['a count within the limits that is not there', { records: 2_000_000 }, 'damaged'],
    ['no number', { files: NaN }, 'damaged'],
    ['a negative count', { segments: -1 }, 'damaged'],
    ['a fraction', { terms: 0.5 }, 'damaged'],
    ['words denied', { words: 'omitted' as const }, 'damaged'],
    ['another notice', { notice: 'Public.' }, 'damaged'],
  ])('whose sealed header states %s is refused', async (_what, change, expected) => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const before = process.memoryUsage().rss;
      expect(await verdict(withHeader(file, change))).toBe(expected);
      expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
    });
  });

  it('with a key that is too long or none is refused, though every checksum fits', async () => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const loud = modelRecord('x');
      const blob = encodeRecord({ ...loud, keys: loud.keys.map(() => 0xff) }, SHAPE);
      expect(await verdict(crafted(file, `UPDATE record SET vectors = ${hex(blob)} WHERE id = 1;`))).toBe('unsafe');
      const other = encodeRecord(modelRecord('somebody else'), SHAPE);
      expect(await verdict(crafted(file, `UPDATE record SET vectors = ${hex(other)} WHERE id = 1;`))).toBe('damaged');
      const bare = madeUpRecord('x');
      const short = encodeRecord({ keys: bare.keys.map(() => 0x88), values: bare.values }, SHAPE);
      expect(await verdict(crafted(file, `UPDATE record SET vectors = ${hex(short)} WHERE id = 1;`))).toBe('unsafe');
    });
  });

  it('does not run a journal that lies beside it', async () => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const journal = Buffer.concat([Buffer.from('d9d505f920a163d7', 'hex'), Buffer.alloc(20_000, 1)]);
      writeFileSync(`${file}-journal`, journal);
      writeFileSync(`${file}-wal`, journal);
      expect(await verdict(file)).toBe('fine');
      expect(readFileSync(`${file}-journal`).equals(journal)).toBe(true);
    });
  });

  it('cannot be swapped between the check and the import', async () => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const { ledger } = Ledger.open(join(folder, 'into'), FAR);
      const first = Snapshot.open(file);
      const told = await first.check(FAR);
      first.close();
      const other = crafted(
        file,
        `UPDATE record SET vectors = ${hex(encodeRecord(modelRecord('y'), SHAPE))} WHERE id = 1;`,
      );
      const second = Snapshot.open(other);
      await expect(importSnapshot(ledger, second, told, { place: placeIn(TREE) })).rejects.toMatchObject({
        code: 'snapshot/damaged',
      });
      expect(ledger.totals().records).toBe(0);
      second.close();
      ledger.close();
    });
  });
});

describe('the parts of a snapshot', () => {
  it('keep words as they were, whatever the bytes else', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 8_000_000 })),
        fc.integer({ min: 1, max: 300 }),
        (ids, count) => {
          const writer = new WordsWriter();
          const sorted = ids.toSorted((a, b) => a - b);
          for (const id of sorted) writer.put(id, count);
          expect(readWords(writer.bytes(), 8_000_000)).toEqual(sorted.map((termId) => ({ termId, count })));
        },
      ),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const words = readWords(bytes, 100) ?? [];
        expect(words.every(({ termId, count }) => termId >= 1 && termId <= 100 && count >= 1)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('let no path out', () => {
    const good = [
      'a',
      'a/b.ts',
      '.github/x',
      '..a',
      'ünï',
      'a b',
      'console.ts',
      'com10',
      'auxiliary/aux-1.c',
      '[id].tsx',
    ];
    const unicode = [
      '日本語/説明　書.md',
      'می‌خواهم.txt',
      'क्‍ष.py',
      '👩‍💻.ts',
      '❤️.md',
      'e\u0301.md',
      '한글.java',
      '$name@2~(x)!.ts',
    ];
    for (const path of [...good, ...unicode]) expect(isPortable(path, 'win32'), path).toBe(true);
    const bad = [
      '',
      '/',
      '/a',
      'a/',
      'a//b',
      '.',
      '..',
      'a/..',
      '../a',
      'a/../b',
      './a',
      'a\\b',
      'C:a',
      'c:/a',
      'a\0',
      '\ud800',
    ];
    const disguised = [
      'a\u202etxt.exe',
      'a\u009bm',
      'a\u200b',
      'a\u200cb',
      '\ufeffa',
      'a\u2028',
      'a\u3164',
      'a\u00a0b',
      'a\u{e0041}',
    ];
    const devices = ['aux.c', 'src/NUL', 'con .txt', 'Lpt1.h', 'COM\u00b2', 'CONIN$'];
    for (const path of [...disguised, ...devices, `a/${'x'.repeat(300)}`])
      expect(isPortable(path, 'linux'), JSON.stringify(path)).toBe(false);
    for (const path of ['a.', 'a /b', 'a?', 'a*', 'b/x:c', 'a|b', 'a"b', '<a>', '...']) {
      expect([isPortable(path, 'linux'), isPortable(path, 'win32')], path).toEqual([true, false]);
    }
    for (const path of [...bad, 'a\nb', '\u001b[2J', 'x'.repeat(3000)])
      expect(isPortable(path), JSON.stringify(path)).toBe(false);
  });

  it('refuse a header that is not sealed', () => {
    const hash = createHash('sha256').update('').digest('hex');
    const header: SnapshotHeader = {
      format: 4,
      notice: NOTICE,
      program: '1',
      created: '2026-01-01T00:00:00.000Z',
      adapter: 'a',
      layout: 'l',
      repository: '',
      treeHash: hash,
      setHash: hash,
      content: hash,
      words: 'kept',
      files: 0,
      segments: 0,
      records: 0,
      terms: 0,
    };
    const rows = headerRows(header);
    expect(headerOf(rows, 'x')).toEqual(header);
    for (const name of rows.keys()) {
      const changed = new Map(rows).set(name, `${rows.get(name) ?? ''}1`);
      expect(thrownBy(() => headerOf(changed, 'x'))).toMatchObject({ code: 'snapshot/damaged' });
    }
  });

  it('can be looked at with any SQLite, and say what they are', async () => {
    await withFolder(async (folder) => {
      const { file } = await exported(folder);
      const db = new DatabaseSync(file, { readOnly: true });
      expect(db.prepare("SELECT value FROM header WHERE name = 'notice'").get()?.value).toBe(NOTICE);
      db.close();
    });
  });
});
