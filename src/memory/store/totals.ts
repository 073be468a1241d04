import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

import type { FileState, Totals } from '../records.ts';
import { integer, text } from './row.ts';
import { storedKind } from './stored.ts';

/** What the ledger holds of one checkout, with what all share, for the status and statistics that a user sees. */
export function totals(db: DatabaseSync, location: string): Totals {
  const files: Record<FileState['kind'], number> = { ingested: 0, skipped: 0, failed: 0 };
  const reasons = db
    .prepare(
      'SELECT state, reason, count(*) AS files FROM file GROUP BY state, reason ORDER BY files DESC, state, reason',
    )
    .all()
    .map((row) => ({ kind: storedKind(row), reason: text(row, 'reason'), files: integer(row, 'files') }));
  for (const { kind, files: count } of reasons) files[kind] += count;
  const sums =
    db
      .prepare(
        `SELECT count(*) AS segments, count(*) - count(record_id) AS without, coalesce(sum(tokens), 0) AS tokens
         FROM segment`,
      )
      .get() ?? {};
  const records = db.prepare('SELECT count(*) AS records FROM record').get() ?? {};
  const used = db.prepare('SELECT count(DISTINCT record_id) AS used FROM main.segment').get() ?? {};
  const checkouts = db.prepare('SELECT count(*) AS checkouts FROM checkout').get() ?? {};
  return {
    files,
    reasons,
    segments: integer(sums, 'segments'),
    notEmbedded: integer(sums, 'without'),
    tokens: integer(sums, 'tokens'),
    checkouts: integer(checkouts, 'checkouts'),
    records: integer(records, 'records'),
    unusedRecords: integer(records, 'records') - integer(used, 'used'),
    databaseBytes: ['', '-wal'].reduce(
      (sum, suffix) => sum + (statSync(location + suffix, { throwIfNoEntry: false })?.size ?? 0),
      0,
    ),
  };
}
