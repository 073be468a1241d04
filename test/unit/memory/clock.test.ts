import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { describe, expect, it } from 'vitest';

import { Ledger } from '../../../src/memory/store/ledger.ts';
import { IDENTITY, madeUpFile, put, withFolder, withLedger } from './support.ts';

const DAY = 86_400_000;
const YEAR = 365 * DAY;

/** A ledger with three unused records. */
function withUnused(work: (ledger: Ledger, times: () => number[]) => void): Promise<void> {
  return withLedger((ledger) => {
    put(ledger, madeUpFile('a.ts', 1));
    ledger.drop(['a.ts']);
    const times = () => {
      const db = new DatabaseSync(ledger.location, { readOnly: true });
      const rows = db.prepare('SELECT used_ms FROM record').all() as { used_ms: number }[];
      db.close();
      return rows.map(({ used_ms: ms }) => ms);
    };
    work(ledger, times);
  });
}

describe('a clock that is set wrong', () => {
  it('by years for one pruning takes away nothing, then or when it is set right', () =>
    withUnused((ledger) => {
      const limits = { maxAgeMs: 30 * DAY };
      const now = Date.now();
      for (const at of [now, now + 20 * YEAR, now + 20 * YEAR + DAY, now, now + DAY, 0, now + 2 * DAY]) {
        expect(ledger.prune({ ...limits, now: at }).records, String(at)).toBe(0);
      }
      expect(ledger.prune({ ...limits, now: now + 40 * DAY }).records).toBe(3);
    }));

  it('does not keep what it dated to the future for ever', () =>
    withUnused((ledger, times) => {
      const now = Date.now();
      const db = new DatabaseSync(ledger.location);
      db.prepare('UPDATE record SET used_ms = ?').run(now + 20 * YEAR);
      db.close();
      expect(ledger.prune({ maxAgeMs: 30 * DAY, now }).records).toBe(0);
      expect(times()).toEqual([now, now, now]);
      expect(ledger.prune({ maxAgeMs: 30 * DAY, now: now + 31 * DAY }).records).toBe(3);
    }));

  it('keeps nobody from repairing a damaged database: a lock of the future, a link or a folder in its place', () =>
    withFolder((folder) => {
      const spoilt = (name: string) => {
        const location = join(folder, name);
        writeFileSync(location, 'not a database at all\n'.repeat(1000));
        return location;
      };
      const one = spoilt('one.sqlite');
      writeFileSync(`${one}.mending`, '');
      utimesSync(`${one}.mending`, (Date.now() + YEAR) / 1000, (Date.now() + YEAR) / 1000);
      const two = spoilt('two.sqlite');
      mkdirSync(`${two}.mending`);
      for (const location of [one, two]) {
        const opened = Ledger.open(location, IDENTITY);
        expect(opened.kind).toBe('recovered');
        opened.ledger.close();
      }
      rmSync(one);
    }));
});
