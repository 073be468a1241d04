import { AppError } from '../../common/app-error.ts';

/** Rows added when the table is full grow it by this factor, so appending stays O(1) on average. */
const GROWTH = 1.5;

/**
 * The keys of all segments in one contiguous Int8Array, so that recall is a single pass without pointers:
 * 50,000 segments of 4 × 256 take 51 MB. Removing moves the last row into the gap, so row numbers are not stable;
 * segment ids are.
 */
export class EmbeddingTable {
  /** P */
  readonly tokens: number;
  /** d_k */
  readonly keySize: number;
  #keys: Int8Array;
  #ids: Float64Array;
  #length = 0;
  readonly #rows = new Map<number, number>();

  constructor(shape: { readonly tokens: number; readonly keySize: number }, expected = 1024) {
    this.tokens = shape.tokens;
    this.keySize = shape.keySize;
    this.#keys = new Int8Array(expected * this.rowSize);
    this.#ids = new Float64Array(expected);
  }

  /** Numbers in one row: P · d_k. */
  get rowSize(): number {
    return this.tokens * this.keySize;
  }

  /** Number of segments. */
  get length(): number {
    return this.#length;
  }

  /** [length, P, d_k] */
  get keys(): Int8Array {
    return this.#keys.subarray(0, this.#length * this.rowSize);
  }

  /** [length], the segment of each row. */
  get segmentIds(): Float64Array {
    return this.#ids.subarray(0, this.#length);
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
    if (this.#length === this.#ids.length) this.#grow();
    this.#keys.set(keys, this.#length * this.rowSize);
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
      this.#keys.copyWithin(row * this.rowSize, last * this.rowSize, (last + 1) * this.rowSize);
      this.#ids[row] = moved;
      this.#rows.set(moved, row);
    }
    this.#rows.delete(segmentId);
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

  #grow(): void {
    const capacity = Math.ceil((this.#ids.length + 1) * GROWTH);
    const keys = new Int8Array(capacity * this.rowSize);
    keys.set(this.#keys);
    const ids = new Float64Array(capacity);
    ids.set(this.#ids);
    this.#keys = keys;
    this.#ids = ids;
  }
}
