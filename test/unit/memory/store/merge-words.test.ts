import { DatabaseSync } from 'node:sqlite';

import { expect, it } from 'vitest';

import { terms } from '../../../../src/memory/search/tokenize.ts';
import type { Ledger } from '../../../../src/memory/store/ledger.ts';
import { madeUpFile, put, withLedger } from '../support.ts';

const LIMITS = { maxAgeMs: 86_400_000 };
const WORDS = terms('part7Of1 src function');

/** Pages of each piece of the index of words, largest first. */
function pieces(ledger: Ledger): number[] {
  const db = new DatabaseSync(ledger.location, { readOnly: true });
  try {
    const rows = db.prepare('SELECT count(*) AS pages FROM lexical_idx GROUP BY segid ORDER BY pages DESC').all();
    return rows.map(({ pages }) => Number(pages));
  } finally {
    db.close();
  }
}

it('words that a first reading left in many pieces are merged, found as before, and take less of the disk', () =>
  withLedger((ledger) => {
    for (let n = 0; n < 60; n++) put(ledger, madeUpFile(`src/f${n}.ts`, 1, 30));
    ledger.drop(['src/f7.ts']);
    ledger.prune(LIMITS);
    for (let n = 60; n < 150; n++) put(ledger, madeUpFile(`src/f${n}.ts`, 1, 30));
    const found = ledger.lexicalSearch(WORDS, 5000);
    expect(found.length).toBeGreaterThan(4000);
    const before = pieces(ledger);
    expect(before.length).toBeGreaterThan(2);
    ledger.prune(LIMITS);
    expect(pieces(ledger)).toHaveLength(1);
    expect(pieces(ledger)[0]).toBeLessThan(before.reduce((sum, pages) => sum + pages, 0));
    expect(ledger.lexicalSearch(WORDS, 5000)).toEqual(found);
  }));

it('what a save adds is not worth writing all words anew', () =>
  withLedger((ledger) => {
    for (let n = 0; n < 60; n++) put(ledger, madeUpFile(`src/f${n}.ts`, 1, 30));
    ledger.prune(LIMITS);
    const whole = pieces(ledger);
    put(ledger, madeUpFile('src/f3.ts', 2, 30));
    expect(pieces(ledger)).toHaveLength(whole.length + 1);
    ledger.prune(LIMITS);
    expect(pieces(ledger)).toHaveLength(whole.length + 1);
  }));

it('a merged index is whole', () =>
  withLedger(async (ledger) => {
    for (let n = 0; n < 60; n++) put(ledger, madeUpFile(`src/f${n}.ts`, 1, 30));
    ledger.prune(LIMITS);
    expect(await ledger.verify()).toMatchObject({ kind: 'sound', segments: 1800 });
  }));
