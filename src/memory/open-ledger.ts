import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

import { openDatabase, translated } from './database.ts';
import { damaged, LedgerError } from './ledger-error.ts';
import type { LedgerIdentity } from './records.ts';
import { salvage } from './salvage.ts';
import { setAside } from './set-aside.ts';
import { checkShape, writeLayout } from './shape.ts';

export interface OpenOptions {
  /** The database may not grow beyond this (LedgerError 'full'). */
  readonly maxBytes?: number;
  /** Set it aside even though it looks whole, for a user who wants it built anew. */
  readonly distrust?: boolean;
}

export type OpenedDatabase =
  | { readonly kind: 'open'; readonly db: DatabaseSync; readonly location: string }
  | {
      readonly kind: 'recovered';
      readonly db: DatabaseSync;
      readonly location: string;
      readonly sentence: string;
      readonly setAside: string;
      readonly salvaged: number;
    };

/** Opens or begins the database of an identity; a damaged one is set aside and what can be read of it is kept. */
export function openLedger(place: string, identity: LedgerIdentity, options: OpenOptions): OpenedDatabase {
  checkShape(identity.shape);
  const location = extname(place) === '.sqlite' ? place : join(place, fileName(identity));
  const layout = writeLayout(identity.shape);
  const open = (): DatabaseSync => openDatabase(location, { ...identity, layout }, options.maxBytes);
  const check = (): DatabaseSync => {
    if (options.distrust === true && existsSync(location)) throw damaged(location);
    return open();
  };
  return translated(location, () => {
    try {
      return { kind: 'open', db: check(), location };
    } catch (error) {
      if (!(error instanceof LedgerError) || error.kind !== 'damaged') throw error;
    }
    const aside = setAside(location, check);
    if (aside.kind === 'mended') return { kind: 'open', db: aside.db, location };
    const why = options.distrust === true ? 'is to be built anew' : 'was damaged';
    const db = open();
    try {
      const salvaged = salvage(aside.to, db, identity.shape);
      const sentence =
        `The memory database of this repository ${why} and has been set aside as ${aside.to}. ` +
        `A new one was begun with ${salvaged} of its writes; the files are read again.`;
      return { kind: 'recovered', db, location, sentence, setAside: aside.to, salvaged };
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function fileName(identity: LedgerIdentity): string {
  // Hashed: names made from paths have been too long for file systems.
  const hash = createHash('sha256').update(JSON.stringify([identity.repository, identity.adapter]));
  return `memory-${hash.digest('hex').slice(0, 24)}.sqlite`;
}
