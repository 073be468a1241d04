import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { describe, expect, it } from 'vitest';

import { FORGOTTEN } from '../../../../src/memory/records.ts';
import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { IDENTITY, madeUpFile, put, withFolder } from '../support.ts';

const DAY_MS = 86_400_000;
const LIMITS = { maxAgeMs: 30 * DAY_MS };
const FORMER = { ...IDENTITY, adapter: 'base-1+adapter-0' };

/** A folder with the database of a former encoder, from which one file was forgotten, and the one in use. */
async function withBoth(use: (own: Ledger, former: string) => void | Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const { ledger: former } = Ledger.open(folder, FORMER);
    put(former, madeUpFile('a.ts', 1));
    former.close();
    const { ledger: own } = Ledger.open(folder, IDENTITY);
    put(own, madeUpFile('a.ts', 1));
    try {
      await use(own, former.location);
    } finally {
      own.close();
    }
  });
}

function change(file: string, sql: string): void {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
}

const later = (days: number) => ({ ...LIMITS, now: Date.now() + days * DAY_MS });

describe('the database of a former encoder', () => {
  it('stays while its version may still be used', () =>
    withBoth((own, former) => {
      expect(own.prune(later(29)).formerEncoders).toEqual([]);
      expect(existsSync(former)).toBe(true);
    }));

  it('goes with its log when nobody opened it for a month, and the one in use stays whole', () =>
    withBoth(async (own, former) => {
      writeFileSync(`${former}-journal`, '');
      expect(own.prune(later(31)).formerEncoders).toEqual([former]);
      expect(readdirSync(join(former, '..')).filter((name) => name.startsWith('memory-'))).toEqual(
        expect.not.arrayContaining([expect.stringContaining(former.slice(-20))]),
      );
      expect(existsSync(`${former}-journal`)).toBe(false);
      expect(own.files().map(({ path }) => path)).toEqual(['a.ts']);
      expect(await own.verify()).toMatchObject({ kind: 'sound' });
    }));

  it('stays while a window of the former version has it open', () =>
    withBoth((own, former) => {
      const { ledger: open } = Ledger.open(join(former, '..'), FORMER);
      expect(own.prune(later(31)).formerEncoders).toEqual([]);
      expect(open.files().map(({ path }) => path)).toEqual(['a.ts']);
      open.close();
      expect(own.prune(later(31)).formerEncoders).toEqual([former]);
    }));

  it('leaves behind what was forgotten in it since', () =>
    withBoth((own, former) => {
      const { ledger } = Ledger.open(join(former, '..'), FORMER);
      const { meta } = madeUpFile('secret.ts', 1);
      ledger.skipFile('secret.ts', meta, { kind: 'skipped', reason: FORGOTTEN, message: 'It was taken out.' });
      ledger.close();
      expect(own.prune(later(31)).formerEncoders).toEqual([former]);
      expect(own.file('secret.ts')?.state.kind).toBe('skipped');
    }));

  it.each([
    [
      'cannot be read',
      (former: string) => {
        writeFileSync(former, 'no database');
      },
    ],
    [
      'is of a later version',
      (former: string) => {
        change(former, "UPDATE meta SET value = '999' WHERE name = 'schema'");
      },
    ],
    [
      'does not say what was forgotten',
      (former: string) => {
        change(former, 'DROP TABLE file');
      },
    ],
  ])('stays where it %s', (_, damage) =>
    withBoth((own, former) => {
      damage(former);
      expect(own.prune(later(31)).formerEncoders).toEqual([]);
      expect(existsSync(former)).toBe(true);
    }),
  );

  it('stays where it is of another repository, whatever its encoder', () =>
    withBoth((own, former) => {
      const others = [IDENTITY, FORMER].map((identity) => {
        const { ledger } = Ledger.open(join(former, '..'), { ...identity, repository: 'another' });
        ledger.close();
        return ledger.location;
      });
      expect(own.prune(later(31)).formerEncoders).toEqual([former]);
      expect(others.map((file) => existsSync(file))).toEqual([true, true]);
    }));
});
