import { AppError } from '../../common/app-error.ts';
import { packedSize, squareOf } from '../algebra/packed-keys.ts';

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
  /** [count, P, d_k / 2], two numbers in a byte; like `squares` valid until the next block is asked for */
  readonly vectors: Uint8Array;
  /** [count, P]; the square of each vector's length, in steps of four bits: a whole number above 0 */
  readonly squares: Uint32Array;
}

interface Page {
  /** [rows, P, d_k / 2] */
  readonly vectors: Uint8Array;
  /** [rows, P] */
  readonly squares: Uint32Array;
}

const NO_PAGE: Page = { vectors: new Uint8Array(0), squares: new Uint32Array(0) };

/**
 * The vectors of all segments in pages outside JavaScript's heap, so that recall is a single pass without pointers, and
 * growing copies nothing: a million tokens of code, 5,200 segments of 4 × 256, take 2.8 MB. Removing moves the last
 * row into the gap, so row numbers are not stable; segment ids are.
 */
export class EmbeddingTable {
  /** P */
  readonly tokens: number;
  /** d_k */
  readonly keySize: number;
  readonly #rowsOfPage: number;
  readonly #pages: Page[] = [];
  #ids: Float64Array;
  #length = 0;
  readonly #rows = new Map<number, number>();

  constructor(shape: { readonly tokens: number; readonly keySize: number }) {
    this.tokens = shape.tokens;
    this.keySize = shape.keySize;
    this.#rowsOfPage = Math.max(1, Math.floor(PAGE_BYTES / this.rowSize));
    this.#ids = new Float64Array(FIRST_ROWS);
  }

  /** Bytes of one row: P · d_k / 2. */
  get rowSize(): number {
    return this.tokens * packedSize(this.keySize);
  }

  /** Number of segments. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that its pages and ids hold, rows not yet used included. */
  get bytes(): number {
    return this.#pages.reduce(
      (sum, { vectors, squares }) => sum + vectors.byteLength + squares.byteLength,
      this.#ids.byteLength,
    );
  }

  /** [length], the segment of each row. */
  get segmentIds(): Float64Array {
    return this.#ids.subarray(0, this.#length);
  }

  /** The vectors of one row, [P, d_k / 2]. */
  row(row: number): Uint8Array {
    return this.#view(row, 1).vectors;
  }

  /** The vectors of all rows, or of those given, in their order. */
  *blocks(rows?: Uint32Array): Generator<Block, void, undefined> {
    const { rowSize, tokens } = this;
    if (rows === undefined) {
      for (let first = 0; first < this.#length; first += this.#rowsOfPage) {
        const count = Math.min(this.#rowsOfPage, this.#length - first);
        yield { first, count, ...this.#view(first, count) };
      }
      return;
    }
    const most = Math.min(GATHERED_ROWS, rows.length);
    const gathered = { vectors: new Uint8Array(most * rowSize), squares: new Uint32Array(most * tokens) };
    for (let first = 0; first < rows.length; first += GATHERED_ROWS) {
      const some = rows.subarray(first, first + GATHERED_ROWS);
      some.forEach((row, at) => {
        const { vectors, squares } = this.#view(row, 1);
        gathered.vectors.set(vectors, at * rowSize);
        gathered.squares.set(squares, at * tokens);
      });
      yield {
        first,
        count: some.length,
        vectors: gathered.vectors.subarray(0, some.length * rowSize),
        squares: gathered.squares.subarray(0, some.length * tokens),
      };
    }
  }

  /** Adds a segment's keys, [P, d_k / 2]. Throws `memory/shape` on another length or a segment that is there. */
  append(segmentId: number, keys: Uint8Array): void {
    if (keys.length !== this.rowSize) {
      throw new AppError(
        'memory/shape',
        `A segment's keys have ${keys.length} bytes; this table holds ${this.rowSize}.`,
      );
    }
    if (this.#rows.has(segmentId)) throw new AppError('memory/shape', `Segment ${segmentId} is in the table already.`);
    this.#makeRoom();
    const { vectors, squares } = this.#view(this.#length, 1);
    vectors.set(keys);
    const each = packedSize(this.keySize);
    for (let token = 0; token < this.tokens; token++) {
      // A key without direction, which no model gives, is near to nothing: its products are 0.
      squares[token] = Math.max(1, squareOf(keys.subarray(token * each, (token + 1) * each)));
    }
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
      const [gap, from] = [this.#view(row, 1), this.#view(last, 1)];
      gap.vectors.set(from.vectors);
      gap.squares.set(from.squares);
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
    const page = this.#pages[at] ?? NO_PAGE;
    const has = page.squares.length / this.tokens;
    if (this.#length % this.#rowsOfPage < has) return;
    const whole = this.#rowsOfPage;
    const rows = at > 0 ? whole : Math.min(whole, Math.max(FIRST_ROWS, 2 * has));
    const roomier = { vectors: new Uint8Array(rows * this.rowSize), squares: new Uint32Array(rows * this.tokens) };
    roomier.vectors.set(page.vectors);
    roomier.squares.set(page.squares);
    this.#pages[at] = roomier;
  }

  /** Rows of one page as they lie there: what is written into them changes the table. */
  #view(row: number, count: number): Page {
    const page = this.#pages[Math.floor(row / this.#rowsOfPage)] ?? NO_PAGE;
    const within = row % this.#rowsOfPage;
    return {
      vectors: page.vectors.subarray(within * this.rowSize, (within + count) * this.rowSize),
      squares: page.squares.subarray(within * this.tokens, (within + count) * this.tokens),
    };
  }
}
