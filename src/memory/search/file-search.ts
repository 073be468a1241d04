import type { DatabaseSync } from 'node:sqlite';

import { integer, text } from '../store/row.ts';

/** A file found by its words; the score is positive and higher is better. */
export interface FileHit {
  readonly path: string;
  readonly bm25: number;
}

/** Robertson's usual values, and how often a word of the path counts as said in the text. */
const BM25 = { k1: 1.2, b: 0.75, path: 2 } as const;

/**
 * BM25 over whole files (Robertson & Zaragoza 2009), from the index that is kept by segment: how often a word stands in
 * a file is read from the index's own word list, so nothing is stored twice. A file's length is taken in model tokens.
 *
 * A segment knows best where in a file, a file knows best whether at all: the words of a question are spread over it.
 */
export function searchFiles(db: DatabaseSync, terms: readonly string[]): FileHit[] {
  db.exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.word USING fts5vocab('main', 'lexical', 'instance')");
  const files = db
    .prepare(
      `SELECT file.id AS id, file.path AS path, sum(segment.tokens) AS tokens
       FROM segment JOIN file ON file.id = segment.file_id GROUP BY file.id`,
    )
    .all()
    .map((row) => ({ id: integer(row, 'id'), path: text(row, 'path'), tokens: integer(row, 'tokens') }));
  const mean = files.reduce((sum, { tokens }) => sum + tokens, 0) / Math.max(1, files.length);
  const norm = new Map(files.map(({ id, tokens }) => [id, BM25.k1 * (1 - BM25.b + (BM25.b * tokens) / mean)]));
  const find = db.prepare(
    `SELECT segment.file_id AS file, sum(col = 'text') AS said, max(col = 'path') AS named
     FROM temp.word JOIN segment ON segment.id = doc WHERE term = ? GROUP BY segment.file_id`,
  );
  const scores = new Map<number, number>();
  for (const term of new Set(terms)) {
    const rows = find.all(term);
    if (rows.length === 0) continue;
    const rarity = Math.log(1 + (files.length - rows.length + 0.5) / (rows.length + 0.5));
    for (const row of rows) {
      const id = integer(row, 'file');
      const count = integer(row, 'said') + BM25.path * integer(row, 'named');
      const gain = (rarity * count * (BM25.k1 + 1)) / (count + (norm.get(id) ?? BM25.k1));
      scores.set(id, (scores.get(id) ?? 0) + gain);
    }
  }
  return files
    .flatMap(({ id, path }) => {
      const bm25 = scores.get(id);
      return bm25 === undefined ? [] : [{ path, bm25 }];
    })
    .sort((a, b) => b.bm25 - a.bm25 || (a.path < b.path ? -1 : 1));
}
