import type { DatabaseSync } from 'node:sqlite';

import type { LexicalIndex } from '../search/full-text-index.ts';
import type { SecretCheck } from '../records.ts';
import { originsOf, UNUSED } from './schema.ts';
import { text } from './row.ts';
import type { Row } from './row.ts';

/** The row of `meta` that says that former text, read under other rules, is still in pages of the database. */
const OWED = 'scrub';

/** A check as its column holds it; empty where nobody looked. */
export function checkColumn(secrets: SecretCheck | undefined): string {
  if (secrets === undefined) return '';
  const masked = secrets.masked.map(({ line, rule }) => [line, rule]);
  return JSON.stringify({ rules: secrets.rules, masked });
}

/** The check in a row; undefined where the file was read before there was one. */
export function storedCheck(row: Row): SecretCheck | undefined {
  const column = text(row, 'secret_check');
  if (column === '') return undefined;
  const check: unknown = JSON.parse(column);
  if (typeof check !== 'object' || check === null || !('rules' in check) || !('masked' in check)) return undefined;
  const { rules, masked } = check;
  if (typeof rules !== 'string' || !Array.isArray(masked)) return undefined;
  return { rules, masked: masked.flatMap(storedMask) };
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

function storedMask(entry: unknown): SecretCheck['masked'] {
  if (!isList(entry)) return [];
  const [line, rule] = entry;
  return typeof line === 'number' && typeof rule === 'string' ? [{ line, rule }] : [];
}

/** Notes, in the transaction that replaces a file, that its former text held what is masked or left out now. */
export function oweScrub(db: DatabaseSync): void {
  db.prepare(`INSERT INTO meta (name, value) VALUES ('${OWED}', 'owed') ON CONFLICT (name) DO NOTHING`).run();
}

export function owesScrub(db: DatabaseSync): boolean {
  return db.prepare(`SELECT 1 FROM meta WHERE name = '${OWED}'`).get() !== undefined;
}

export function scrubbed(db: DatabaseSync): void {
  db.prepare(`DELETE FROM meta WHERE name = '${OWED}'`).run();
}

/**
 * Takes out the unused records of every file that holds secrets, and merges the index of words, which keeps the words
 * of removed segments until then. The pages are still to be written anew.
 */
export function dropFormerText(db: DatabaseSync, lexical: LexicalIndex): void {
  const rows = db
    .prepare(`SELECT path FROM main.file WHERE reason = 'secret' OR secret_check LIKE '{"rules":%,"masked":[[%'`)
    .all();
  db.prepare(`DELETE FROM record WHERE origin IN (SELECT unhex(value) FROM json_each(?)) AND ${UNUSED}`).run(
    originsOf(rows.map((row) => text(row, 'path'))),
  );
  lexical.optimize();
}
