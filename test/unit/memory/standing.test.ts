import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { describe, expect, it } from 'vitest';

import { Ledger } from '../../../src/memory/store/ledger.ts';
import { IDENTITY, madeUpFile, put, thrownBy, withFolder, withLedger } from './support.ts';

/** Runs statements on a database with another program, as it were. */
function alter(location: string, statements: string): void {
  const db = new DatabaseSync(location, { enableForeignKeyConstraints: false });
  db.exec(statements);
  db.close();
}

/** A database as a later version could have made it: other tables, another seal. */
const LATER = [
  ['a version that only counts on', "PRAGMA user_version = 7; UPDATE meta SET value = '7' WHERE name = 'schema'"],
  [
    'a version that seals otherwise',
    "PRAGMA user_version = 6; UPDATE meta SET value = '6' WHERE name = 'schema'; UPDATE meta SET value = 'x' WHERE name = 'checksum'",
  ],
  ['a version with other tables', 'PRAGMA user_version = 9; ALTER TABLE meta RENAME TO about; DROP TABLE file'],
  [
    'a version with another column',
    "PRAGMA user_version = 6; UPDATE meta SET value = '6' WHERE name = 'schema'; ALTER TABLE file ADD COLUMN more TEXT",
  ],
] as const;

describe('a database of a later version', () => {
  it.each(LATER)('is told and left as it is, to the byte: %s', (_, statements) =>
    withFolder((folder) => {
      const { ledger } = Ledger.open(folder, IDENTITY);
      put(ledger, madeUpFile('a.ts', 1));
      ledger.close();
      alter(ledger.location, statements);
      const before = readFileSync(ledger.location);
      for (const forceRebuild of [false, true]) {
        const error = thrownBy(() => Ledger.open(folder, IDENTITY, { forceRebuild }));
        expect(error).toMatchObject({ code: 'ledger/newer' });
        expect((error as Error).message).toMatch(/made by a newer version of this program\. Update this program/);
      }
      expect(readdirSync(folder)).toEqual([ledger.location.slice(folder.length + 1)]);
      expect(readFileSync(ledger.location).equals(before)).toBe(true);
    }),
  );

  it('is what an open one may become: nothing more is written then', () =>
    withLedger((ledger) => {
      put(ledger, madeUpFile('a.ts', 1));
      alter(ledger.location, LATER[0][1]);
      expect(thrownBy(() => put(ledger, madeUpFile('b.ts', 1)))).toMatchObject({ code: 'ledger/newer' });
      expect(ledger.files().map(({ path }) => path)).toEqual(['a.ts']);
    }));

  it('is not what one flipped bit makes of ours', () =>
    withFolder((folder) => {
      const { ledger } = Ledger.open(folder, IDENTITY);
      put(ledger, madeUpFile('a.ts', 1));
      ledger.close();
      alter(ledger.location, 'PRAGMA user_version = 66');
      const opened = Ledger.open(folder, IDENTITY);
      expect(opened).toMatchObject({ kind: 'recovered', recovered: 3 });
      opened.ledger.close();
    }));

  it('of another program stays as it is too', () =>
    withFolder((folder) => {
      const location = join(folder, 'x.sqlite');
      alter(location, 'PRAGMA user_version = 50; CREATE TABLE theirs (x)');
      const before = readFileSync(location);
      expect(thrownBy(() => Ledger.open(location, IDENTITY))).toMatchObject({ code: 'ledger/foreign' });
      expect(readFileSync(location).equals(before)).toBe(true);
    }));
});

describe.skipIf(process.platform === 'win32')('a database that goes while it is open', () => {
  it.each([
    [
      'deleted',
      (file: string) => {
        rmSync(file);
      },
    ],
    [
      'replaced',
      (file: string) => {
        cpSync(file, `${file}.copy`);
        renameSync(`${file}.copy`, file);
      },
    ],
    [
      'robbed of its log',
      (file: string) => {
        rmSync(`${file}-wal`);
      },
    ],
    [
      'robbed of its index of the log',
      (file: string) => {
        rmSync(`${file}-shm`);
      },
    ],
  ])('is told at the next change, and at the end of a reading: %s', (_, spoil) =>
    withLedger((ledger) => {
      put(ledger, madeUpFile('a.ts', 1));
      ledger.assertOnDisk();
      spoil(ledger.location);
      for (const work of [
        () => put(ledger, madeUpFile('b.ts', 1)),
        () => ledger.drop(['a.ts']),
        () => {
          ledger.assertOnDisk();
        },
      ]) {
        expect(thrownBy(work)).toMatchObject({ code: 'ledger/gone' });
      }
    }),
  );

  it('is not made anew by what only reads or cleans', () =>
    withLedger(async (ledger, folder) => {
      put(ledger, madeUpFile('a.ts', 1));
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
      await expect(ledger.forget(['a.ts'])).rejects.toMatchObject({ code: 'ledger/gone' });
      await expect(ledger.rebuild()).rejects.toMatchObject({ code: 'ledger/gone' });
      expect(readdirSync(folder)).toEqual([]);
    }));
});

describe.skipIf(process.platform === 'win32')('a link in the place of a database', () => {
  it('is refused with what to do, and what it leads to stays as it is', () =>
    withFolder((folder) => {
      const elsewhere = join(folder, 'elsewhere');
      mkdirSync(elsewhere);
      const target = join(elsewhere, 'target.sqlite');
      Ledger.open(target, IDENTITY).ledger.close();
      const before = readFileSync(target);
      const location = join(folder, 'x.sqlite');
      for (const [link, to] of [
        [location, target],
        [location, join(elsewhere, 'nowhere.sqlite')],
        [`${location}-wal`, target],
      ] as const) {
        symlinkSync(to, link);
        const error = thrownBy(() => Ledger.open(location, IDENTITY));
        expect(error).toMatchObject({ code: 'ledger/link' });
        expect((error as Error).message).toMatch(/is a link.* Delete the link, or choose another folder/);
        rmSync(link);
      }
      expect(readFileSync(target).equals(before)).toBe(true);
      expect(existsSync(join(elsewhere, 'nowhere.sqlite'))).toBe(false);
    }));

  it('is no matter where a folder on the way is one', () =>
    withFolder((folder) => {
      mkdirSync(join(folder, 'disk'));
      symlinkSync(join(folder, 'disk'), join(folder, 'home'));
      const { ledger } = Ledger.open(join(folder, 'home'), IDENTITY);
      put(ledger, madeUpFile('a.ts', 1));
      ledger.close();
      expect(readdirSync(join(folder, 'disk')).length).toBe(1);
    }));

  it('does not keep a damaged one from being repaired where the lock is to be', () =>
    withFolder((folder) => {
      const location = join(folder, 'x.sqlite');
      writeFileSync(location, 'no database\n'.repeat(2000));
      const precious = join(folder, 'precious');
      writeFileSync(precious, 'precious');
      symlinkSync(precious, `${location}.mending`);
      const opened = Ledger.open(location, IDENTITY);
      expect(opened.kind).toBe('recovered');
      opened.ledger.close();
      expect(readFileSync(precious, 'utf8')).toBe('precious');
    }));
});

describe.skipIf(!existsSync('/proc/locks'))('a database that is searched while it is open', () => {
  it('keeps the locks by which other processes know that it is', () =>
    withLedger(async (ledger) => {
      const locks = () => {
        const inode = statSync(ledger.location, { bigint: true }).ino;
        const held = readFileSync('/proc/locks', 'utf8').split('\n');
        return held.filter((line) => line.includes(` ${process.pid} `) && line.includes(`:${inode} `)).length;
      };
      put(ledger, madeUpFile('a.ts', 1));
      expect(locks()).toBe(1);
      await ledger.forget(['a.ts']);
      expect(locks()).toBe(1);
    }));
});
