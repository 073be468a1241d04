import type { DatabaseSync } from 'node:sqlite';

import { bestOf } from '../../common/best-of.ts';
import type { Change } from '../records.ts';
import { text } from '../store/row.ts';
import { Documents } from './documents.ts';
import type { LexicalHit } from './fusion.ts';

/** A file found by its words; the score is positive and higher is better. */
export interface FileHit {
  readonly path: string;
  readonly bm25: number;
}

/** Where a term stands. The three have one entry per segment that holds it. */
interface Postings {
  /** Rows of the documents. */
  readonly rows: Int32Array;
  readonly inText: Uint32Array;
  readonly inPath: Uint32Array;
}

/** Robertson's usual values, which are FTS5's too, and how often a word of the path counts as said in a file's text. */
const BM25 = { k1: 1.2, b: 0.75, path: 2 } as const;
/** Of a term that most segments hold: it tells nothing, but what holds it is found. As FTS5 has it. */
const LEAST_RARITY = 1e-6;
/** Terms of one question; a pasted stack trace has more, and the first ones say most. */
const MAX_TERMS = 256;
/** Entries of postings that are kept for the next searches of the same question, 12 bytes each. */
const KEPT_ENTRIES = 2_000_000;

const POSTINGS = `SELECT coalesce(group_concat(CASE col WHEN 'text' THEN doc ELSE -doc END), '') AS places
  FROM temp.word WHERE term = ?`;

/**
 * The search for words in one checkout. Where a term stands is read from FTS5's own index, once for all searches of a
 * question; scores are added up here, in time with the places of the question's words and nothing else: FTS5 would
 * look up the length of each segment that holds a word, and once more for each search.
 */
export class WordSearch {
  readonly #db: DatabaseSync;
  #documents: Documents | undefined;
  /** The checkout's generation that the documents were read at. */
  #generation = -1;
  readonly #postings = new Map<string, Postings>();
  #entries = 0;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Applies a change of this process; after another process's change, the next search reads everything again. */
  follow({ removed, added, generation }: Change): void {
    const documents = this.#documents;
    if (documents === undefined || generation !== this.#generation + 1) return;
    if (removed.length + added.length > 0) {
      for (const id of removed) documents.remove(id);
      if (added.length > 0) documents.add(added);
      this.#forget();
    }
    // Last: where the change could not be read, the next search reads everything.
    this.#generation = generation;
  }

  /**
   * Segments with any of the terms, best first, ties by id: BM25 with a segment's path and text as one (Robertson &
   * Zaragoza 2009). How rare a term is, is judged over the whole checkout, also when a scope is given. Any string is
   * safe: what is not a letter, digit, mark or underscore separates.
   *
   * @param generation of the checkout
   * @param isIn       whether a file is looked in, by its path; all are when left out
   */
  segments(
    terms: readonly string[],
    limit: number,
    generation: number,
    isIn?: (path: string) => boolean,
  ): LexicalHit[] {
    const documents = this.#read(generation);
    const { length, meanTerms } = documents;
    const scores = new Float64Array(length);
    const found: number[] = [];
    for (const term of cleanTerms(terms)) {
      const { rows, inText, inPath } = this.#of(term, documents);
      const odds = Math.log((length - rows.length + 0.5) / (rows.length + 0.5));
      const rarity = odds > 0 ? odds : LEAST_RARITY;
      for (let at = 0; at < rows.length; at++) {
        const row = rows[at] ?? 0;
        const count = (inText[at] ?? 0) + (inPath[at] ?? 0);
        const norm = BM25.k1 * (1 - BM25.b + (BM25.b * documents.termsAt(row)) / meanTerms);
        if (scores[row] === 0) found.push(row);
        scores[row] = (scores[row] ?? 0) + rarity * ((count * (BM25.k1 + 1)) / (count + norm));
      }
    }
    const isAsked = isIn && documents.files.map(({ path }) => isIn(path));
    const asked = isAsked ? found.filter((row) => isAsked[documents.fileAt(row)] === true) : found;
    const order = (a: number, b: number) =>
      (scores[b] ?? 0) - (scores[a] ?? 0) || documents.idAt(a) - documents.idAt(b);
    return bestOf(asked, limit, order).map((row) => ({ segmentId: documents.idAt(row), bm25: scores[row] ?? 0 }));
  }

  /** How many segments hold a term. */
  count(term: string, generation: number): number {
    const documents = this.#read(generation);
    const [clean] = cleanTerms([term]);
    return clean === undefined ? 0 : this.#of(clean, documents).rows.length;
  }

  /**
   * Files with any of the terms, in no order: BM25 over whole files, whose length is taken in model tokens. A segment
   * knows best where in a file, a file knows best whether at all: the words of a question are spread over it.
   */
  files(terms: readonly string[], generation: number): FileHit[] {
    const documents = this.#read(generation);
    const { files, fileCount, meanTokens } = documents;
    const scores = new Float64Array(files.length);
    const textCounts = new Float64Array(files.length);
    const pathHolds = new Uint8Array(files.length);
    for (const term of cleanTerms(terms)) {
      const { rows, inText, inPath } = this.#of(term, documents);
      const holding: number[] = [];
      for (let at = 0; at < rows.length; at++) {
        const file = documents.fileAt(rows[at] ?? 0);
        if (textCounts[file] === 0 && pathHolds[file] === 0) holding.push(file);
        textCounts[file] = (textCounts[file] ?? 0) + (inText[at] ?? 0);
        if (inPath[at] !== 0) pathHolds[file] = 1;
      }
      const rarity = Math.log(1 + (fileCount - holding.length + 0.5) / (holding.length + 0.5));
      for (const file of holding) {
        const count = (textCounts[file] ?? 0) + BM25.path * (pathHolds[file] ?? 0);
        const norm = BM25.k1 * (1 - BM25.b + (BM25.b * (files[file]?.tokens ?? 0)) / meanTokens);
        scores[file] = (scores[file] ?? 0) + (rarity * count * (BM25.k1 + 1)) / (count + norm);
        textCounts[file] = 0;
        pathHolds[file] = 0;
      }
    }
    return files.flatMap(({ path }, file) => {
      const bm25 = scores[file] ?? 0;
      return bm25 > 0 ? [{ path, bm25 }] : [];
    });
  }

  /** The documents as they are stored now. */
  #read(generation: number): Documents {
    if (this.#documents !== undefined && this.#generation === generation) return this.#documents;
    this.#forget();
    this.#db.exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.word USING fts5vocab('main', 'lexical', 'instance')");
    this.#documents = new Documents(this.#db);
    this.#generation = generation;
    return this.#documents;
  }

  #of(term: string, documents: Documents): Postings {
    const known = this.#postings.get(term);
    if (known) return known;
    const row = this.#db.prepare(POSTINGS).get(term) ?? {};
    const postings = postingsIn(text(row, 'places'), documents);
    if (this.#entries > KEPT_ENTRIES) this.#forget();
    this.#postings.set(term, postings);
    this.#entries += 1 + postings.rows.length;
    return postings;
  }

  #forget(): void {
    this.#postings.clear();
    this.#entries = 0;
  }
}

/** Terms as the index has them, each once. */
function cleanTerms(terms: readonly string[]): string[] {
  const clean = terms.flatMap((term) => term.split(/[^\p{L}\p{M}\p{N}_]+/u)).filter((term) => term !== '');
  const folded = clean.map((term) => term.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase()));
  return [...new Set(folded)].slice(0, MAX_TERMS);
}

const [COMMA, MINUS, ZERO] = [44, 45, 48];

/**
 * @param places segment ids in their order with commas between, one for each time that the term stands there; below 0
 *   where it stands in the path
 */
function postingsIn(places: string, documents: Documents): Postings {
  const rowOf = documents.rowFinder();
  const rows: number[] = [];
  const inText: number[] = [];
  const inPath: number[] = [];
  // One of another checkout has no row, and no entry that could count it.
  let isOwn = false;
  let [before, id, isPath] = [0, 0, false];
  for (let at = 0; at <= places.length; at++) {
    const code = at < places.length ? places.charCodeAt(at) : COMMA;
    if (code === MINUS) isPath = true;
    else if (code !== COMMA) id = id * 10 + code - ZERO;
    else {
      if (id !== before) {
        const row = rowOf(id);
        before = id;
        isOwn = row >= 0;
        if (isOwn) {
          rows.push(row);
          inText.push(0);
          inPath.push(0);
        }
      }
      const counts = isPath ? inPath : inText;
      if (isOwn) counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1;
      id = 0;
      isPath = false;
    }
  }
  return { rows: Int32Array.from(rows), inText: Uint32Array.from(inText), inPath: Uint32Array.from(inPath) };
}
