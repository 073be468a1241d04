import type { DatabaseSync } from 'node:sqlite';

import type { LexicalHit } from './fusion.ts';
import { integer } from '../store/row.ts';

/** Terms of one question; a pasted stack trace has more, and the first ones say most. */
const MAX_TERMS = 256;
/** Weights, were there any, would go by the place of the columns, which differs with a database's first version. */
const SCORE = 'bm25(lexical)';

const MERGE = {
  /** Part of the index's pages outside its largest piece from which merging is worth writing all of them anew. */
  scattered: 0.25,
  /** Pages of some 4 KB that one step writes, and steps at the most: some hundredths of a second each. */
  pages: 250,
  steps: 32,
} as const;

/** The full-text index over terms: rowid is the segment, no text is kept. Terms come from tokenize.ts on both sides. */
export class LexicalIndex {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  put(segmentId: number, pathTerms: readonly string[], textTerms: readonly string[]): void {
    this.#db
      .prepare('INSERT INTO lexical (rowid, path, text) VALUES (?, ?, ?)')
      .run(segmentId, pathTerms.join(' '), textTerms.join(' '));
  }

  remove(segmentId: number): void {
    this.#db.prepare('DELETE FROM lexical WHERE rowid = ?').run(segmentId);
  }

  /**
   * Segments with any of the terms, best first, ties by id. bm25 is FTS5's with its sign turned: positive, higher is
   * better. How rare a term is, is judged over the whole repository, also when a scope is given.
   *
   * Any string is safe: what is not a letter, digit, mark or underscore separates, so nothing reaches FTS5's syntax.
   *
   * @param files ids of the files to look in; all when left out
   */
  search(terms: readonly string[], limit: number, files?: readonly number[]): LexicalHit[] {
    const query = matchAny(terms);
    if (query === '' || limit < 1) return [];
    const rows =
      files === undefined
        ? this.#db
            .prepare(
              `SELECT rowid AS id, -${SCORE} AS score FROM lexical WHERE lexical MATCH ? ORDER BY ${SCORE}, id LIMIT ?`,
            )
            .all(query, limit)
        : this.#db
            .prepare(
              `SELECT lexical.rowid AS id, -${SCORE} AS score FROM lexical JOIN segment ON segment.id = lexical.rowid
               WHERE lexical MATCH ? AND segment.file_id IN (SELECT value FROM json_each(?))
               ORDER BY ${SCORE}, segment.id LIMIT ?`,
            )
            .all(query, JSON.stringify(files), limit);
    return rows.map((row) => ({ segmentId: integer(row, 'id'), bm25: integer(row, 'score') }));
  }

  /** How many segments have any of the terms: `search` without its order. */
  count(terms: readonly string[], files?: readonly number[]): number {
    const query = matchAny(terms);
    if (query === '') return 0;
    const row =
      files === undefined
        ? this.#db.prepare('SELECT count(*) AS n FROM lexical WHERE lexical MATCH ?').get(query)
        : this.#db
            .prepare(
              `SELECT count(*) AS n FROM lexical JOIN segment ON segment.id = lexical.rowid
               WHERE lexical MATCH ? AND segment.file_id IN (SELECT value FROM json_each(?))`,
            )
            .get(query, JSON.stringify(files));
    return row === undefined ? 0 : integer(row, 'n');
  }

  /**
   * Merges the index where it lies in many pieces, as it does after the first indexing: a piece has its own list of
   * words. Each step is a transaction of its own. A large index is merged by several calls.
   */
  merge(): void {
    for (let step = 0; step < MERGE.steps && this.#isScattered(); step++) {
      this.#db.exec(`INSERT INTO lexical (lexical, rank) VALUES ('merge', -${MERGE.pages})`);
    }
  }

  #isScattered(): boolean {
    const pieces = this.#db.prepare('SELECT count(*) AS pages FROM main.lexical_idx GROUP BY segid').all();
    const pages = pieces.map((row) => integer(row, 'pages'));
    const all = pages.reduce((sum, own) => sum + own, 0);
    return all - Math.max(0, ...pages) > MERGE.scattered * all;
  }

  /** Merges the index into one piece, which also drops the terms of removed segments from the file. */
  optimize(): void {
    this.#db.exec("INSERT INTO lexical (lexical) VALUES ('optimize')");
  }
}

/** An FTS5 query for any of the terms: each quoted, so that AND, NEAR, * and the like are words and not operators. */
function matchAny(terms: readonly string[]): string {
  const clean = terms.flatMap((term) => term.split(/[^\p{L}\p{M}\p{N}_]+/u)).filter((term) => term !== '');
  return [...new Set(clean)]
    .slice(0, MAX_TERMS)
    .map((term) => `"${term}"`)
    .join(' OR ');
}
