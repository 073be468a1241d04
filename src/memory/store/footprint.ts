import type { DatabaseSync } from 'node:sqlite';

import { namesIn } from './former-schema.ts';
import { bytes, integer, text } from './row.ts';
import { originsOf } from './schema.ts';

const RARE_WORDS = {
  /** Words of one segment by which its text is found again: the rarest say most. */
  words: 12,
  /** Segments with fewer are found by their content alone: a few words stand together everywhere. */
  fewest: 5,
  /** Part of them that a file must hold to be named as one of nearly the same text. */
  share: 0.8,
  /** Segments whose words are compared, evenly spread. */
  segments: 400,
} as const;

/**
 * Records of files, by origin and by path: former versions, and those that were made for another path, are among them.
 */
const OF_FILES = `origin IN (SELECT unhex(value) FROM json_each(?)) OR id IN (
  SELECT record_id FROM segment JOIN file ON file.id = file_id WHERE path IN (SELECT value FROM json_each(?)))`;

/** By what files are found again wherever something of them is kept. */
export interface Footprint {
  readonly paths: readonly string[];
  /** Content hashes of their segments, embedded or not, and of the records of their former versions, hex. */
  readonly contentHashes: ReadonlySet<string>;
  /** Of their records, as they are stored. */
  readonly vectors: readonly Uint8Array[];
  /** Hashes of their content: the same under any name and for any model. */
  readonly blobHashes: ReadonlySet<string>;
  /** The rarest words of their segments. */
  readonly texts: readonly (readonly string[])[];
  /** Segments of the files; `texts` may be fewer. */
  readonly segments: number;
}

/** Reads what these files of the connection's checkout leave in its database. */
export function footprintOf(db: DatabaseSync, paths: readonly string[]): Footprint {
  const list = JSON.stringify(paths);
  const records = db.prepare(`SELECT vectors FROM record WHERE ${OF_FILES}`).all(originsOf(paths), list);
  const segments = db
    .prepare(
      `SELECT segment.id FROM segment JOIN file ON file.id = file_id WHERE path IN (SELECT value FROM json_each(?))`,
    )
    .all(list)
    .map((row) => integer(row, 'id'));
  const blobHashes = db
    .prepare(
      `SELECT DISTINCT blob_hash FROM file WHERE blob_hash <> '' AND bytes > 0 AND state = 'ingested'
         AND path IN (SELECT value FROM json_each(?))`,
    )
    .all(list);
  return {
    paths,
    contentHashes: contentHashesOf(db, paths),
    vectors: records.map((row) => bytes(row, 'vectors')),
    blobHashes: new Set(blobHashes.map((row) => text(row, 'blob_hash'))),
    texts: rareWords(db, sampled(segments)),
    segments: segments.length,
  };
}

/** The content hashes that footprintOf() would give, hex. */
export function contentHashesOf(db: DatabaseSync, paths: readonly string[]): Set<string> {
  const list = JSON.stringify(paths);
  // A segment that is not embedded here may have its record in another database.
  const rows = db
    .prepare(
      `SELECT content_hash FROM record WHERE ${OF_FILES}
       UNION SELECT segment.content_hash FROM segment JOIN file ON file.id = file_id
       WHERE path IN (SELECT value FROM json_each(?))`,
    )
    .all(originsOf(paths), list, list);
  return new Set(rows.map((row) => hex(bytes(row, 'content_hash'))));
}

/** Ids of files, of any checkout, with content of these; the database may be of a former version. */
export function filesSame(db: DatabaseSync, { blobHashes, contentHashes }: Footprint): Set<number> {
  const { record } = namesIn(db);
  // Versions 1 and 2 kept the hash with the record alone. Later ones keep it with the segment too, which stays while
  // records move from one table to another.
  const holders =
    record === 'write'
      ? 'SELECT file_id FROM main.segment JOIN main.write ON write.id = write_id WHERE key'
      : 'SELECT file_id FROM main.segment WHERE content_hash';
  const rows = db
    .prepare(
      `SELECT id FROM main.file WHERE state = 'ingested' AND (blob_hash IN (SELECT value FROM json_each(?1))
         OR id IN (${holders} IN (SELECT unhex(value) FROM json_each(?2))))`,
    )
    .all(JSON.stringify([...blobHashes]), JSON.stringify([...contentHashes]));
  return new Set(rows.map((row) => integer(row, 'id')));
}

/** Ids of files, of any checkout, of nearly the same text as one of these segments. */
export function filesAlike(db: DatabaseSync, texts: Footprint['texts']): Set<number> {
  const alike = new Set<number>();
  if (texts.length === 0) return alike;
  db.exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.kept_word USING fts5vocab('main', 'lexical', 'instance')");
  const find = db.prepare(
    `SELECT group_concat(DISTINCT file_id) AS files FROM temp.kept_word JOIN main.segment ON segment.id = doc
     WHERE term = ? AND col = 'text'`,
  );
  const known = new Map<string, readonly number[]>();
  const holders = (word: string): readonly number[] => {
    const before = known.get(word);
    if (before !== undefined) return before;
    // One row: a word may stand in thousands of files.
    const row = find.get(word) ?? {};
    const files = row.files === null ? [] : text(row, 'files').split(',').map(Number);
    known.set(word, files);
    return files;
  };
  for (const words of texts) {
    const counts = new Map<number, number>();
    for (const word of words) for (const file of holders(word)) counts.set(file, (counts.get(file) ?? 0) + 1);
    for (const [file, count] of counts) if (count >= RARE_WORDS.share * words.length) alike.add(file);
  }
  return alike;
}

/** The index is read once from end to end: it lists words and where they stand, not segments and their words. */
function rareWords(db: DatabaseSync, segments: readonly number[]): string[][] {
  if (segments.length === 0) return [];
  db.exec(`CREATE VIRTUAL TABLE IF NOT EXISTS temp.kept_word USING fts5vocab('main', 'lexical', 'instance');
           CREATE VIRTUAL TABLE IF NOT EXISTS temp.kept_words USING fts5vocab('main', 'lexical', 'row');`);
  // Every place of every word is looked at: the cheapest test comes first.
  const rows = db
    .prepare(
      `SELECT DISTINCT doc, term FROM temp.kept_word
       WHERE doc BETWEEN ? AND ? AND doc IN (SELECT value FROM json_each(?)) AND col = 'text'`,
    )
    .all(Math.min(...segments), Math.max(...segments), JSON.stringify(segments));
  const rarity = db.prepare('SELECT doc FROM temp.kept_words WHERE term = ?');
  const counts = new Map<string, number>();
  const countOf = (term: string): number => {
    const count = counts.get(term) ?? integer(rarity.get(term) ?? { doc: 0 }, 'doc');
    counts.set(term, count);
    return count;
  };
  const bySegment = Map.groupBy(rows, (row) => integer(row, 'doc'));
  return [...bySegment.values()]
    .map((own) => own.map((row) => text(row, 'term')))
    .filter((terms) => terms.length >= RARE_WORDS.fewest)
    .map((terms) => terms.toSorted((a, b) => countOf(a) - countOf(b) || (a < b ? -1 : 1)).slice(0, RARE_WORDS.words));
}

function sampled(segments: readonly number[]): number[] {
  const step = Math.max(1, Math.ceil(segments.length / RARE_WORDS.segments));
  return segments.filter((_, at) => at % step === 0);
}

const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex').toUpperCase();
