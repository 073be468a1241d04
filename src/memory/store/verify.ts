import type { DatabaseSync } from 'node:sqlite';

import { isAppError } from '../../common/app-error.ts';
import { checkedFiles, leavesOf } from './file-checksum.ts';
import type { Verdict } from '../records.ts';
import { integer, pagesById, readId, text } from './row.ts';
import type { MemoryShape } from '../algebra/shape.ts';
import { storedRecord } from './stored.ts';
import { checkVectors, storedSetHash } from './set-hash-store.ts';
import { SetHash } from '../algebra/set-hash.ts';
import { treeHashOf } from '../algebra/tree-hash.ts';

/**
 * Rules that every state between two transactions keeps: a query that must find nothing, and what it found if it does.
 */
const RULES = [
  ['SELECT 1 FROM pragma_foreign_key_check LIMIT 1', 'A segment points at a file or record that is not there.'],
  [
    "SELECT 1 FROM main.segment JOIN main.file ON file.id = file_id WHERE state <> 'ingested' LIMIT 1",
    'A file that was not ingested has segments.',
  ],
  [
    'SELECT 1 FROM main.segment JOIN main.file ON file.id = file_id WHERE segment.checkout_id <> file.checkout_id LIMIT 1',
    'A segment belongs to another checkout than its file.',
  ],
  [
    'SELECT 1 FROM main.segment JOIN main.record ON record.id = record_id WHERE segment.content_hash <> record.content_hash LIMIT 1',
    'A segment has the record of another content.',
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

/**
 * Checks pages, indexes (FTS5's too, through SQLite's own check), references, the checksum of every record and
 * of every file in every checkout. The set hash of this checkout is made anew from the same reading of the files and
 * compared with the one that was kept. Vectors are read once, against their CRC-32 and their sha256. Yields between
 * pages.
 *
 * @param reader sees one moment of the database
 */
export function* verify(reader: DatabaseSync, shape: MemoryShape, checkoutId: number): Generator<undefined, Verdict> {
  const faults: string[] = [];
  const check = reader.prepare('PRAGMA main.integrity_check(20)').all();
  for (const row of check) {
    const finding = text(row, 'integrity_check');
    if (finding !== 'ok') faults.push(finding);
  }
  yield;
  for (const [query, fault] of RULES) if (reader.prepare(query).get() !== undefined) faults.push(fault);
  if (faults.length > 0) return unsound('rebuild', faults);
  const bad = yield* damagedRecords(reader, shape);
  if (bad.length > 0) faults.push(`${bad.length} stored records do not match their checksum.`);
  const setHash = new SetHash();
  let broken = 0;
  for (const page of checkedFiles(reader)) {
    for (const file of page) {
      if (!file.isSound) broken++;
      else if (file.checkoutId === checkoutId) for (const element of file.elements()) setHash.add(element);
    }
    yield;
  }
  if (broken > 0) faults.push(`${broken} files are not recorded as they were stored.`);
  if (faults.length > 0) return unsound('repair', faults);
  if (!storedSetHash(reader, checkoutId).equals(setHash)) {
    return unsound('repair', ['The set hash is not that of the stored records.']);
  }
  const count = (what: string): number => integer(reader.prepare(`SELECT count(*) AS n FROM ${what}`).get() ?? {}, 'n');
  return {
    kind: 'sound',
    segments: count('main.segment'),
    notEmbedded: count('segment WHERE record_id IS NULL'),
    records: count('record'),
    setHash: setHash.hex(),
    treeHash: treeHashOf(leavesOf(reader).values()),
  };
}

function unsound(needs: 'repair' | 'rebuild', faults: readonly string[]): Verdict {
  return { kind: 'unsound', needs, message: `The memory database is damaged: ${faults[0] ?? ''}`, faults };
}

/** Ids of files, of any checkout, whose row or segments do not match their checksum, yielding between pages. */
export function* brokenFiles(db: DatabaseSync): Generator<undefined, number[]> {
  const bad: number[] = [];
  for (const page of checkedFiles(db)) {
    for (const { id, isSound } of page) if (!isSound) bad.push(id);
    yield;
  }
  return bad;
}

/** Ids of records whose vectors are not what was stored, yielding between pages. */
export function* damagedRecords(db: DatabaseSync, shape: MemoryShape): Generator<undefined, number[]> {
  const bad: number[] = [];
  const page = db.prepare('SELECT id, vectors, vectors_hash FROM record WHERE id > ? ORDER BY id LIMIT ?');
  for (const rows of pagesById((after, limit) => page.all(after, limit), readId)) {
    for (const row of rows) {
      try {
        storedRecord(row, shape);
        checkVectors(row);
      } catch (error) {
        if (!isAppError(error, 'memory/value')) throw error;
        bad.push(readId(row));
      }
    }
    yield;
  }
  return bad;
}
