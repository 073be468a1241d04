import type { DatabaseSync } from 'node:sqlite';

import { integer } from '../store/row.ts';

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
