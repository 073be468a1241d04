import type { DatabaseSync } from 'node:sqlite';

import { bytes, integer, pagesById, text } from '../store/row.ts';
import type { Row } from '../store/row.ts';

/** A file by what its length is counted in. */
interface IndexedFile {
  readonly path: string;
  /** Of the model, over its segments. */
  tokens: number;
  segments: number;
}

/** Ids of a page: few pages are looked up, and a page that a gap lies in wastes little. */
const PAGE_IDS = 4_096;
const NO_ROW = -1;
const NO_PAGE = new Int32Array(0);

const COLUMNS = `SELECT segment.id AS id, file_id, tokens, sz FROM segment
  JOIN main.lexical_docsize AS size ON size.id = segment.id WHERE segment.id`;

/**
 * The segments of a checkout as BM25 counts them: which file each belongs to, and how long both are. A row is a
 * segment's number here; removing moves the last row into the gap.
 */
export class Documents {
  readonly #db: DatabaseSync;
  /** By row: the segment's id, its file's number, its terms and its tokens. */
  readonly #ids: number[] = [];
  readonly #files: number[] = [];
  readonly #terms: number[] = [];
  readonly #tokens: number[] = [];
  /** Rows by id, page by page. */
  readonly #pages = new Map<number, Int32Array>();
  /** Numbers of files by their id in the database. */
  readonly #numbers = new Map<number, number>();
  readonly files: IndexedFile[] = [];
  /** Terms of all segments. */
  #allTerms = 0;
  #allTokens = 0;
  /** Files that have a segment. */
  fileCount = 0;

  constructor(db: DatabaseSync) {
    this.#db = db;
    for (const row of db.prepare('SELECT id, path FROM file').all())
      this.#addFile(integer(row, 'id'), text(row, 'path'));
    const page = db.prepare(`${COLUMNS} > ? ORDER BY segment.id LIMIT ?`);
    const read = (after: number, limit: number) => page.all(after, limit);
    for (const rows of pagesById(read, (row) => integer(row, 'id'))) this.#append(rows);
  }

  /** Number of segments. */
  get length(): number {
    return this.#ids.length;
  }

  /** Terms of a segment, and tokens of a file, in the mean. */
  get meanTerms(): number {
    return this.#allTerms / Math.max(1, this.length);
  }

  get meanTokens(): number {
    return this.#allTokens / Math.max(1, this.fileCount);
  }

  idAt(row: number): number {
    return this.#ids[row] ?? 0;
  }

  fileAt(row: number): number {
    return this.#files[row] ?? 0;
  }

  termsAt(row: number): number {
    return this.#terms[row] ?? 0;
  }

  /** Rows of ids, below 0 where another checkout has them. Ids that follow each other are found fastest. */
  rowFinder(): (id: number) => number {
    let number = -1;
    let page: Int32Array = NO_PAGE;
    return (id) => {
      const own = Math.floor(id / PAGE_IDS);
      if (own !== number) [number, page] = [own, this.#pages.get(own) ?? NO_PAGE];
      return page[id - own * PAGE_IDS] ?? NO_ROW;
    };
  }

  /** Adds segments by their ids, as they are stored. */
  add(ids: readonly number[]): void {
    this.#append(this.#db.prepare(`${COLUMNS} IN (SELECT value FROM json_each(?))`).all(JSON.stringify(ids)));
  }

  remove(id: number): void {
    const row = this.rowFinder()(id);
    if (row < 0) return;
    const file = this.files[this.fileAt(row)];
    const tokens = this.#tokens[row] ?? 0;
    this.#allTerms -= this.termsAt(row);
    this.#allTokens -= tokens;
    if (file !== undefined) {
      file.tokens -= tokens;
      file.segments -= 1;
      if (file.segments === 0) this.fileCount -= 1;
    }
    const last = this.idAt(this.length - 1);
    for (const column of [this.#ids, this.#files, this.#terms, this.#tokens]) {
      const moved = column.pop();
      if (row < column.length && moved !== undefined) column[row] = moved;
    }
    this.#setRow(last, row);
    this.#setRow(id, NO_ROW);
  }

  #append(rows: readonly Row[]): void {
    for (const row of rows) {
      const [id, tokens, terms] = [integer(row, 'id'), integer(row, 'tokens'), sumOf(bytes(row, 'sz'))];
      const number = this.#fileNumber(integer(row, 'file_id'));
      const file = this.files[number];
      if (file !== undefined) {
        if (file.segments === 0) this.fileCount += 1;
        file.segments += 1;
        file.tokens += tokens;
      }
      this.#setRow(id, this.length);
      this.#ids.push(id);
      this.#files.push(number);
      this.#terms.push(terms);
      this.#tokens.push(tokens);
      this.#allTerms += terms;
      this.#allTokens += tokens;
    }
  }

  #fileNumber(fileId: number): number {
    const known = this.#numbers.get(fileId);
    if (known !== undefined) return known;
    return this.#addFile(
      fileId,
      text(this.#db.prepare('SELECT path FROM file WHERE id = ?').get(fileId) ?? {}, 'path'),
    );
  }

  #addFile(fileId: number, path: string): number {
    const number = this.files.push({ path, tokens: 0, segments: 0 }) - 1;
    this.#numbers.set(fileId, number);
    return number;
  }

  #setRow(id: number, row: number): void {
    const number = Math.floor(id / PAGE_IDS);
    const page = this.#pages.get(number) ?? new Int32Array(PAGE_IDS).fill(NO_ROW);
    page[id - number * PAGE_IDS] = row;
    this.#pages.set(number, page);
  }
}

/** The sum of FTS5's variable-length integers (sqlite.org/fileformat2.html#varint): the terms of each column. */
function sumOf(packed: Uint8Array): number {
  let [sum, value] = [0, 0];
  for (const byte of packed) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    sum += value;
    value = 0;
  }
  return sum;
}
