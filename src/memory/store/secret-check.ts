import type { DatabaseSync } from 'node:sqlite';

import type { LexicalIndex } from '../search/full-text-index.ts';
import type { FileState, SecretCheck } from '../records.ts';
import { originOf } from './schema.ts';
import { text } from './row.ts';
import type { Row } from './row.ts';

/** The row of `meta` that says that former text, read under other rules, is still in pages of the database. */
const OWED = 'scrub';

interface Columns {
  readonly blobHash: string;
  readonly sentence: string;
}

/**
 * Where a check is kept: no column was added for it, so databases of former versions stay as they are. An ingested
 * file has no sentence to say, and one that was left out has no content that could be compared by its hash.
 */
export function checkColumns(blobHash: string, state: FileState, secrets: SecretCheck | undefined): Columns {
  if (state.kind !== 'ingested') return { blobHash: secrets?.rules ?? blobHash, sentence: state.sentence };
  if (secrets === undefined) return { blobHash, sentence: '' };
  const masked = secrets.masked.map(({ line, rule }) => [line, rule]);
  return { blobHash, sentence: JSON.stringify({ rules: secrets.rules, masked }) };
}

/** The check in a row; undefined where the file was read before there was one. */
export function storedCheck(row: Row, kind: FileState['kind']): SecretCheck | undefined {
  if (kind === 'failed') return undefined;
  if (kind === 'skipped') {
    const rules = text(row, 'blob_hash');
    return rules.startsWith(RULES) ? { rules, masked: [] } : undefined;
  }
  const sentence = text(row, 'sentence');
  if (sentence === '') return undefined;
  const check: unknown = JSON.parse(sentence);
  if (typeof check !== 'object' || check === null || !('rules' in check) || !('masked' in check)) return undefined;
  const { rules, masked } = check;
  if (typeof rules !== 'string' || !Array.isArray(masked)) return undefined;
  return { rules, masked: masked.flatMap(storedMask) };
}

/** What the name of rules begins with; no hash of a content does. */
const RULES = 'reading ';

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
 * Takes out the unused writes of every file that holds secrets, and merges the index of words, which keeps the words
 * of removed segments until then. The pages are still to be written anew.
 */
export function dropFormerText(db: DatabaseSync, lexical: LexicalIndex): void {
  const rows = db
    .prepare(`SELECT path FROM main.file WHERE reason = 'secret' OR sentence LIKE '{"rules":%,"masked":[[%'`)
    .all();
  const remove = db.prepare(
    'DELETE FROM write WHERE origin = ? AND NOT EXISTS (SELECT 1 FROM main.segment WHERE write_id = write.id)',
  );
  for (const row of rows) remove.run(originOf(text(row, 'path')));
  lexical.optimise();
}
