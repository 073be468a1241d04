import type { DatabaseSync } from 'node:sqlite';

import type { Verdict } from './records.ts';
import { integer, SpoiltError, text } from './row.ts';
import type { MemoryShape } from './shape.ts';
import { storedWrite } from './stored.ts';

const PAGE = 512;

/** Rules that every state between two transactions keeps: a query that must find nothing, and what it found if it does. */
const RULES = [
  ['SELECT 1 FROM pragma_foreign_key_check LIMIT 1', 'A segment points at a file or write that is not there.'],
  [
    "SELECT 1 FROM main.segment JOIN main.file ON file.id = file_id WHERE state <> 'ingested' LIMIT 1",
    'A file that was not ingested has segments.',
  ],
  [
    'SELECT 1 FROM main.segment JOIN main.file ON file.id = file_id WHERE segment.checkout_id <> file.checkout_id LIMIT 1',
    'A segment belongs to another checkout than its file.',
  ],
  [
    'SELECT 1 FROM main.segment GROUP BY file_id HAVING min(ordinal) <> 0 OR max(ordinal) <> count(*) - 1 LIMIT 1',
    'A file has lost some of its segments.',
  ],
  [
    'SELECT 1 FROM main.segment WHERE NOT EXISTS (SELECT 1 FROM lexical_docsize WHERE lexical_docsize.id = segment.id) LIMIT 1',
    'A segment is missing from the index of words.',
  ],
  [
    'SELECT 1 FROM lexical_docsize WHERE NOT EXISTS (SELECT 1 FROM main.segment WHERE segment.id = lexical_docsize.id) LIMIT 1',
    'The index of words has a segment that is gone.',
  ],
] as const;

/** Checks pages, indexes (FTS5's too, through SQLite's own check), references and the checksum of every write, yielding between pages of writes. */
export function* verify(db: DatabaseSync, shape: MemoryShape): Generator<undefined, Verdict> {
  const faults: string[] = [];
  const check = db.prepare('PRAGMA integrity_check(20)').all();
  for (const row of check) {
    const finding = text(row, 'integrity_check');
    if (finding !== 'ok') faults.push(finding);
  }
  yield;
  for (const [query, fault] of RULES) if (db.prepare(query).get() !== undefined) faults.push(fault);
  const bad = yield* damagedWrites(db, shape);
  if (bad.length > 0) faults.push(`${bad.length} stored writes do not match their checksum.`);
  const count = (table: 'main.segment' | 'write'): number =>
    integer(db.prepare(`SELECT count(*) AS n FROM ${table}`).get() ?? {}, 'n');
  return faults.length === 0
    ? { kind: 'sound', segments: count('main.segment'), writes: count('write') }
    : {
        kind: 'unsound',
        cure: bad.length > 0 && faults.length === 1 ? 'mend' : 'rebuild',
        sentence: `The memory database is damaged: ${faults[0] ?? ''}`,
        faults,
      };
}

/** Ids of writes that do not decode, yielding between pages. */
export function* damagedWrites(db: DatabaseSync, shape: MemoryShape): Generator<undefined, number[]> {
  const bad: number[] = [];
  const page = db.prepare('SELECT id, blob FROM write WHERE id > ? ORDER BY id LIMIT ?');
  for (let after = 0; ;) {
    const rows = page.all(after, PAGE);
    for (const row of rows) {
      after = integer(row, 'id');
      try {
        storedWrite(row, shape);
      } catch (error) {
        if (!(error instanceof SpoiltError)) throw error;
        bad.push(after);
      }
    }
    if (rows.length < PAGE) return bad;
    yield;
  }
}
