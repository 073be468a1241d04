import { DatabaseSync } from 'node:sqlite';

import { CONNECTION, checkoutViews } from '../store/schema.ts';
import { integer } from '../store/row.ts';
import type { LedgerIdentity } from '../records.ts';

/** A connection that sees one moment of one checkout, whatever is written meanwhile, with the words of its segments. */
export function openCheckout(location: string, identity: LedgerIdentity): DatabaseSync {
  const db = new DatabaseSync(location, { readOnly: true, timeout: CONNECTION.busyMs });
  try {
    const found = db.prepare('SELECT id FROM main.checkout WHERE folder = ?').get(identity.checkout);
    // A read transaction begins with the first read: nothing that is asked next may lie before it.
    db.exec(`${checkoutViews(integer(found ?? {}, 'id'))}
      CREATE VIRTUAL TABLE temp.word USING fts5vocab('main', 'lexical', 'instance');
      BEGIN; SELECT 1 FROM main.meta;`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
