import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

import { isAppError } from '../../common/app-error.ts';
import { DATABASE_NAME, enterCheckout, openDatabase, refuseOthers, translated } from './database.ts';
import { HOME_PARTS } from './elsewhere.ts';
import { damaged } from '../ledger-error.ts';
import type { LedgerIdentity } from '../records.ts';
import { recover, recoverForgotten } from './recover.ts';
import { quarantine } from './quarantine.ts';
import { checkShape, recordLayout } from '../algebra/shape.ts';
import { finishForgetting } from './unfinished.ts';

export interface OpenOptions {
  /**
   * Other places and names that the repository's database had before: their records are taken over when a new database
   * is begun, so that nothing has to be encoded again. They stay where they are.
   */
  readonly former?: readonly { readonly place: string; readonly repository: string }[];
  /** The folder below which memories are kept: a new database learns there what the working folder has forgotten. */
  readonly home?: string;
  /** The database may not grow beyond this (`ledger/full`). */
  readonly maxBytes?: number;
  /** Set it aside even though it looks whole, for a user who wants it built anew. */
  readonly forceRebuild?: boolean | undefined;
}

interface OpenDatabase {
  readonly db: DatabaseSync;
  readonly location: string;
  readonly checkoutId: number;
}

export type OpenedDatabase =
  | ({ readonly kind: 'open' } & OpenDatabase)
  | ({
      readonly kind: 'recovered';
      readonly message: string;
      readonly setAside: string;
      readonly recovered: number;
    } & OpenDatabase);

/** Opens or begins the database of an identity; a damaged one is set aside and what can be read of it is kept. */
export function openLedger(place: string, identity: LedgerIdentity, options: OpenOptions): OpenedDatabase {
  checkShape(identity.shape);
  const location = locationOf(place, identity);
  const layout = recordLayout(identity.shape);
  const open = (): DatabaseSync => openDatabase(location, { ...identity, layout }, options.maxBytes);
  const check = (): DatabaseSync => {
    if (options.forceRebuild !== true || !existsSync(location)) return open();
    refuseOthers(location);
    throw damaged(location);
  };
  const entered = (db: DatabaseSync): OpenDatabase =>
    closing(db, () => {
      finishForgetting(db, location);
      return { db, location, checkoutId: enterCheckout(db, identity.checkout) };
    });
  return translated(location, () => {
    const isNew = !existsSync(location);
    try {
      const db = check();
      if (isNew) {
        closing(db, () => {
          takeOver(db, identity, options.former ?? []);
          for (const sibling of siblings(location, options.home)) {
            const whose = dirname(sibling) === dirname(location) ? 'all' : 'ours';
            recoverForgotten(sibling, db, identity.checkout, whose);
          }
        });
      }
      return { kind: 'open', ...entered(db) };
    } catch (error) {
      if (!isAppError(error, 'ledger/damaged')) throw error;
    }
    const aside = quarantine(location, check);
    if (aside.kind === 'repaired') return { kind: 'open', ...entered(aside.db) };
    const why = options.forceRebuild === true ? 'is to be built anew' : 'was damaged';
    const db = open();
    const recovered = closing(db, () => {
      recoverForgotten(aside.to, db, identity.checkout);
      return recover(aside.to, db, identity.shape);
    });
    const message =
      `The memory database of this repository ${why} and has been set aside as ${aside.to}. ` +
      `A new one was begun with ${recovered} of its embedding records; the files are indexed again.`;
    return { kind: 'recovered', ...entered(db), message, setAside: aside.to, recovered };
  });
}

/** Copies the records of former databases: a record is named by its content, so it is right wherever it comes from. */
function takeOver(db: DatabaseSync, identity: LedgerIdentity, former: NonNullable<OpenOptions['former']>): void {
  for (const { place, repository } of former) {
    const location = locationOf(place, { ...identity, repository });
    if (!existsSync(location)) continue;
    recover(location, db, identity.shape);
    recoverForgotten(location, db, identity.checkout);
  }
}

/**
 * Databases of other adapters and of other names of the folder: what was forgotten with one stays forgotten with the
 * next, whether the folder had a commit or was trusted at the time.
 */
function siblings(location: string, home: string | undefined): string[] {
  if (!DATABASE_NAME.test(basename(location))) return [];
  const folder = home === undefined ? dirname(location) : join(home, HOME_PARTS[0]);
  const names = readdirSync(folder, { recursive: home !== undefined, encoding: 'utf8' });
  const files = names.filter((name) => DATABASE_NAME.test(basename(name))).map((name) => join(folder, name));
  return files.filter((file) => file !== location);
}

function closing<T>(db: DatabaseSync, work: () => T): T {
  try {
    return work();
  } catch (error) {
    db.close();
    throw error;
  }
}

function locationOf(place: string, identity: LedgerIdentity): string {
  return extname(place) === '.sqlite' ? place : join(place, fileName(identity));
}

function fileName(identity: LedgerIdentity): string {
  // Hashed: names made from paths have been too long for file systems.
  const hash = createHash('sha256').update(JSON.stringify([identity.repository, identity.adapter]));
  return `memory-${hash.digest('hex').slice(0, 24)}.sqlite`;
}
