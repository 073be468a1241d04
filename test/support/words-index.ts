import { DatabaseSync } from 'node:sqlite';

import { LexicalIndex } from '../../src/memory/search/full-text-index.ts';
import { TABLES } from '../../src/memory/store/schema.ts';

/** Texts by their terms, searched as SQLite's own full-text index does: the places of the best texts in the list. */
export function wordsIndex(
  texts: readonly (readonly string[])[],
): (words: readonly string[], limit: number) => number[] {
  const db = new DatabaseSync(':memory:');
  db.exec(TABLES.lexical);
  const index = new LexicalIndex(db);
  for (const [at, terms] of texts.entries()) index.put(at + 1, [], terms);
  const find = db.prepare('SELECT rowid FROM lexical WHERE lexical MATCH ? ORDER BY bm25(lexical), rowid LIMIT ?');
  return (words, limit) =>
    words.length === 0
      ? []
      : find.all(words.map((word) => `"${word}"`).join(' OR '), limit).map(({ rowid }) => Number(rowid) - 1);
}
