import { AppError } from '../../common/app-error.ts';

/** Bytes of a page: large enough that pages are few, small enough that the last one wastes little. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** The first page of a table begins with so many rows and doubles, because most folders are small. */
const FIRST_ROWS = 64;
/** Rows that are gathered at once where not all are asked about. */
const GATHERED_ROWS = 64;
/** Ids are few bytes, so they grow with room to spare. */
const GROWTH = 1.5;

/** Vectors of some rows, one row after another. */
export interface Block {
  /** Where the first of them stands among the rows asked about. */
  readonly first: number;
  readonly count: number;
  /** int8 [count, P, d_k]; valid until the next block is asked for */
  readonly vectors: Int8Array;
}

/**
 * The vectors of all segments in pages outside JavaScript's heap, so that recall is a single pass without pointers, and
 * growing copies nothing: a million tokens of code, some 5,200 segments of 8 × 256, take 11 MB. Removing moves the last
 * row into the gap, so row numbers are not stable; segment ids are.
 */
export class EmbeddingTable {
  /** P */
  readonly tokens: number;
  /** d_k */
  readonly keySize: number;
  readonly #rowsOfPage: number;
  readonly #pages: Int8Array[] = [];
  #ids: Float64Array;
  #length = 0;
  readonly #rows = new Map<number, number>();

  constructor(shape: { readonly tokens: number; readonly keySize: number }) {
    this.tokens = shape.tokens;
    this.keySize = shape.keySize;
    this.#rowsOfPage = Math.max(1, Math.floor(PAGE_BYTES / this.rowSize));
    this.#ids = new Float64Array(FIRST_ROWS);
  }

  /** Numbers in one row: P · d_k. */
  get rowSize(): number {
    return this.tokens * this.keySize;
  }

  /** Number of segments. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that its pages and ids hold, rows not yet used included. */
  get bytes(): number {
    return this.#pages.reduce((sum, page) => sum + page.byteLength, this.#ids.byteLength);
  }

  /** [length], the segment of each row. */
  get segmentIds(): Float64Array {
    return this.#ids.subarray(0, this.#length);
  }

  /** The vectors of one row, int8 [P, d_k]; what is written there changes the table. */
  row(row: number): Int8Array {
    const page = this.#pages[Math.floor(row / this.#rowsOfPage)] ?? new Int8Array(0);
    const from = (row % this.#rowsOfPage) * this.rowSize;
    return page.subarray(from, from + this.rowSize);
  }

  /** The vectors of all rows, or of those given, in their order. */
  *blocks(rows?: Uint32Array): Generator<Block, void, undefined> {
    const { rowSize } = this;
    if (rows === undefined) {
      for (const [at, page] of this.#pages.entries()) {
        const first = at * this.#rowsOfPage;
        const count = Math.min(this.#rowsOfPage, this.#length - first);
        if (count > 0) yield { first, count, vectors: page.subarray(0, count * rowSize) };
      }
      return;
    }
    const gathered = new Int8Array(Math.min(GATHERED_ROWS, rows.length) * rowSize);
    for (let first = 0; first < rows.length; first += GATHERED_ROWS) {
      const some = rows.subarray(first, first + GATHERED_ROWS);
      some.forEach((row, at) => {
        gathered.set(this.row(row), at * rowSize);
      });
      yield { first, count: some.length, vectors: gathered.subarray(0, some.length * rowSize) };
    }
  }

  /** Adds a segment's keys, [P, d_k]. Throws `memory/shape` on another length or a segment that is already there. */
  append(segmentId: number, keys: Int8Array): void {
    if (keys.length !== this.rowSize) {
      throw new AppError(
        'memory/shape',
        `A segment's keys have ${keys.length} numbers; this table holds ${this.rowSize}.`,
      );
    }
    if (this.#rows.has(segmentId)) throw new AppError('memory/shape', `Segment ${segmentId} is in the table already.`);
    this.#makeRoom();
    this.row(this.#length).set(keys);
    this.#ids[this.#length] = segmentId;
    this.#rows.set(segmentId, this.#length++);
  }

  /** Takes a segment out; false when it is not there. */
  remove(segmentId: number): boolean {
    const row = this.#rows.get(segmentId);
    if (row === undefined) return false;
    const last = --this.#length;
    const moved = this.#ids[last];
    if (row !== last && moved !== undefined) {
      this.row(row).set(this.row(last));
      this.#ids[row] = moved;
      this.#rows.set(moved, row);
    }
    this.#rows.delete(segmentId);
    // One page stays empty at most, so that a row that comes and goes does not make one again and again.
    this.#pages.length = Math.min(this.#pages.length, Math.floor(last / this.#rowsOfPage) + 2);
    return true;
  }

  /** The rows of these segments, those that are there. */
  rowsOf(segmentIds: Iterable<number>): number[] {
    const rows: number[] = [];
    for (const id of segmentIds) {
      const row = this.#rows.get(id);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  }

  /** Makes sure that there is a place for one more row. */
  #makeRoom(): void {
    if (this.#length === this.#ids.length) {
      const ids = new Float64Array(Math.ceil(this.#ids.length * GROWTH));
      ids.set(this.#ids);
      this.#ids = ids;
    }
    const at = Math.floor(this.#length / this.#rowsOfPage);
    const page = this.#pages[at];
    const used = (this.#length % this.#rowsOfPage) * this.rowSize;
    if (page !== undefined && used < page.length) return;
    const whole = this.#rowsOfPage * this.rowSize;
    const length = at > 0 ? whole : Math.min(whole, Math.max(FIRST_ROWS * this.rowSize, 2 * (page?.length ?? 0)));
    const roomier = new Int8Array(length);
    if (page !== undefined) roomier.set(page);
    this.#pages[at] = roomier;
  }
}
