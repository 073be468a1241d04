import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { ingest } from '../../src/index/ingest.ts';
import { Ledger } from '../../src/memory/store/ledger.ts';
import { SHAPE, StandIn } from '../support/encoder.ts';

export interface Place {
  /** Holds everything and is thrown away. */
  readonly folder: string;
  readonly root: string;
  readonly database: string;
}

export const placeIn = (folder: string): Place => ({
  folder,
  root: join(folder, 'root'),
  database: join(folder, 'memory.sqlite'),
});

export const identityOf = (root: string) => ({
  repository: 'r',
  checkout: root,
  adapter: 'base+adapter',
  shape: SHAPE,
});

/**
 * Opens a database whose writers are gone, and throws unless it is sound, `holds` finds nothing lost, and an ingest
 * that goes on from there reaches the hashes of a memory that is built in one go.
 */
export async function checkSurvivor(place: Place, holds: (ledger: Ledger) => void): Promise<void> {
  const identity = identityOf(place.root);
  const opened = Ledger.open(place.database, identity);
  const { ledger } = opened;
  const fresh = Ledger.open(join(place.folder, 'fresh', 'memory.sqlite'), identity).ledger;
  const { engine } = new StandIn();
  try {
    if (opened.kind !== 'open') throw new Error(opened.message);
    holds(ledger);
    const before = await ledger.verify();
    if (before.kind !== 'sound') throw new Error(before.message);
    ledger.setHash();
    await ingest({ root: place.root, ledger, engine });
    await ingest({ root: place.root, ledger: fresh, engine });
    const [after, expected] = [await ledger.verify(), await fresh.verify()];
    if (after.kind !== 'sound' || expected.kind !== 'sound') throw new Error('It is not sound after going on.');
    if (after.setHash !== expected.setHash || after.treeHash !== expected.treeHash) {
      throw new Error('Going on gives another memory than building it in one go.');
    }
  } finally {
    ledger.close();
    fresh.close();
    rmSync(join(place.folder, 'fresh'), { recursive: true, force: true });
  }
}
