import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { AppError, isAppError } from '../../common/app-error.ts';
import type { FileState } from '../records.ts';
import { bytes, columnError, integer, text } from '../store/row.ts';
import type { Row } from '../store/row.ts';
import { vectorsHash } from '../algebra/set-hash.ts';
import { packedSize, squareOf, stepOf } from '../algebra/packed-keys.ts';
import type { MemoryShape } from '../algebra/shape.ts';
import type { EmbeddingRecord } from '../algebra/embedding-record.ts';
import { ContentDigest, hashesOf } from './content.ts';
import type { SnapshotFile, SnapshotSegment } from './content.ts';
import { decoderOf, LIMITS, PAGE, namesOf, roundingsOf } from './format.ts';
import type { SnapshotHeader } from './header.ts';
import { isDisguised, isPortable } from './portable-path.ts';
import { quoted } from './quoted.ts';
import { readWords } from './postings.ts';

/** What a snapshot holds, after every row was compared with its header. */
export interface Checked {
  readonly header: SnapshotHeader;
  readonly files: readonly SnapshotFile[];
  /** contentHash of a record's number, hex. */
  keyOf(recordId: number): string;
}

const KEY_BYTES = 32;
/** What tokenize.ts makes: nothing in a term separates. */
const TERM = /^[\p{L}\p{M}\p{N}_]+$/u;
/** A short name, or none. */
const REASON = /^[a-z0-9-]*$/;
/** How much longer than 1 a key may be: quantize() takes keys within 0.02, and rounding moves a number by half. */
const KEY_TOLERANCE = 0.02;

/**
 * Reads every row once and compares all with the header. Yields between pages. Throws `snapshot/…`, `memory/column`.
 *
 * @param shape of the snapshot's own records (shapeFor)
 */
export function* checkContent(
  db: DatabaseSync,
  header: SnapshotHeader,
  shape: MemoryShape,
  name: string,
): Generator<undefined, Checked> {
  return yield* new Check(db, header, shape, name).run();
}

class Check {
  readonly #db: DatabaseSync;
  readonly #header: SnapshotHeader;
  readonly #names: ReturnType<typeof namesOf>;
  readonly #shape: MemoryShape;
  readonly #name: string;
  readonly #digest = new ContentDigest();
  #lastRecord = 0;

  constructor(db: DatabaseSync, header: SnapshotHeader, shape: MemoryShape, name: string) {
    this.#db = db;
    this.#header = header;
    this.#names = namesOf(header.format);
    this.#shape = shape;
    this.#name = name;
  }

  *run(): Generator<undefined, Checked> {
    this.#checkCounts();
    const files = yield* this.#files();
    if (this.#lastRecord !== this.#header.records) throw this.#damaged('a record that no file uses');
    yield* this.#terms();
    const keys = Buffer.alloc(this.#header.records * KEY_BYTES);
    const hashes = Buffer.alloc(this.#header.records * KEY_BYTES);
    yield* this.#records(keys, hashes);
    const keyOf = (recordId: number): string => keys.toString('hex', (recordId - 1) * KEY_BYTES, recordId * KEY_BYTES);
    const ingested = files
      .filter(({ state }) => state === 'ingested')
      .map(({ path, segments }) => ({ path, recordIds: segments.map(({ recordId }) => recordId) }));
    const made = hashesOf(ingested, (recordId) => {
      const [from, end] = [(recordId - 1) * KEY_BYTES, recordId * KEY_BYTES];
      return { contentHash: keys.subarray(from, end), vectorsHash: hashes.subarray(from, end) };
    });
    const { content, treeHash, setHash } = this.#header;
    if (this.#digest.hex() !== content) throw this.#damaged('rows that do not match its digest');
    if (made.treeHash !== treeHash) throw this.#damaged('files that do not match its tree hash');
    if (setHash !== undefined && made.setHash !== setHash) {
      throw this.#damaged('segments whose set hash is not the one it states');
    }
    return { header: this.#header, files, keyOf };
  }

  /** Counted by SQLite: the numbers of the header are believed only where the rows are there. */
  #checkCounts(): void {
    for (const [table, count] of [
      ['file', this.#header.files],
      ['segment', this.#header.segments],
      ['term', this.#header.terms],
      [this.#names.table, this.#header.records],
    ] as const) {
      const counted = integer(this.#db.prepare(`SELECT count(*) AS n FROM ${table}`).get() ?? {}, 'n');
      if (counted !== count) throw this.#damaged(`${counted} rows of ${table} where its header says ${count}`);
    }
    const { table, contentHash } = this.#names;
    const twice = this.#db.prepare(`SELECT 1 FROM ${table} GROUP BY ${contentHash} HAVING count(*) > 1 LIMIT 1`).get();
    if (twice !== undefined) throw this.#unsafe('one record twice');
  }

  *#files(): Generator<undefined, SnapshotFile[]> {
    const files: SnapshotFile[] = [];
    const segmentsOf = this.#db.prepare('SELECT * FROM segment WHERE file_id = ? ORDER BY ordinal');
    let segments = 0;
    let before = Buffer.alloc(0);
    for (const row of this.#rows('file')) {
      const file = this.#file(row, segmentsOf, files.length + 1);
      const path = Buffer.from(file.path);
      // Strictly ascending, so no path is there twice.
      if (Buffer.compare(before, path) >= 0) throw this.#unsafe('its files out of order or twice');
      before = path;
      segments += file.segments.length;
      this.#digest.file(file);
      files.push(file);
      if (files.length % PAGE.rows === 0) yield;
    }
    if (segments !== this.#header.segments) throw this.#damaged('a segment without a file');
    return files;
  }

  #file(row: Row, segmentsOf: StatementSync, id: number): SnapshotFile {
    const path = text(row, 'path');
    if (!isPortable(path)) throw this.#unsafe(`a path that is none on every platform (${quoted(path)})`);
    const blobHash = text(row, 'blob_hash');
    const reason = text(row, 'reason');
    if (blobHash.length > LIMITS.blobHash || reason.length > LIMITS.reason) throw this.#unsafe('an oversized column');
    if (!REASON.test(reason) || isDisguised(blobHash)) throw this.#unsafe('a column that no export writes');
    const lines = this.#count(row, 'lines');
    const state = this.#state(row);
    const segments = segmentsOf.all(id).map((segment, ordinal) => this.#segment(segment, ordinal, lines));
    if (integer(row, 'id') !== id) throw this.#damaged('files that are not numbered in order');
    if (state !== 'ingested' && segments.length > 0) throw this.#damaged('segments of a file that was not read');
    if (state === 'ingested' && blobHash === '') throw this.#damaged('a file without a hash');
    return { path, blobHash, bytes: integer(row, 'bytes'), lines, state, reason, segments };
  }

  #segment(row: Row, ordinal: number, lines: number): SnapshotSegment {
    const start = this.#count(row, 'first');
    const end = this.#count(row, 'last');
    const recordId = this.#count(row, this.#names.id);
    if (integer(row, 'ordinal') !== ordinal || end < start || end > lines)
      throw this.#damaged('a segment out of place');
    // Numbered in the order of first use: every record is used, and none beyond the count is named.
    if (recordId < 1 || recordId > this.#lastRecord + 1) throw this.#damaged('a segment without a record');
    this.#lastRecord = Math.max(this.#lastRecord, recordId);
    return { start, end, tokens: this.#count(row, 'tokens'), recordId };
  }

  *#terms(): Generator<undefined> {
    const { words, terms } = this.#header;
    if (words === 'omitted' && terms > 0) throw this.#damaged('words that its header denies');
    let id = 0;
    for (const row of this.#rows('term')) {
      const term = text(row, 'term');
      if (integer(row, 'id') !== ++id || term.length > LIMITS.term || !TERM.test(term)) {
        throw this.#unsafe('a word that no text gives');
      }
      this.#digest.term(term);
      if (id % (PAGE.rows * PAGE.rows) === 0) yield;
    }
  }

  *#records(keys: Buffer, hashes: Buffer): Generator<undefined> {
    let id = 0;
    let total = 0;
    let held = 0;
    for (const row of this.#rows(this.#names.table)) {
      const key = bytes(row, this.#names.contentHash);
      const words = bytes(row, 'words');
      const blob = bytes(row, this.#names.vectors);
      if (integer(row, 'id') !== ++id || key.length !== KEY_BYTES) throw this.#damaged('a record without its name');
      const counted = readWords(words, this.#header.terms);
      if (counted === undefined) throw this.#damaged('words that cannot be read');
      held += blob.length + words.length;
      for (const { count } of counted) total += count;
      if (total > LIMITS.wordsAtLeast + LIMITS.wordsPerByte * held)
        throw this.#unsafe('more words than its size allows');
      this.#checkKeys(blob);
      keys.set(key, (id - 1) * KEY_BYTES);
      hashes.set(vectorsHash(blob), (id - 1) * KEY_BYTES);
      this.#digest.record(key, words, blob);
      if (id % PAGE.rows === 0) yield;
    }
  }

  /** Throws `snapshot/…` where a record does not decode, or a key is longer than a model makes them, or none. */
  #checkKeys(blob: Uint8Array): void {
    let record: EmbeddingRecord;
    try {
      record = decoderOf(this.#header.format)(blob, this.#shape);
    } catch (error) {
      if (!isAppError(error, 'memory/record')) throw error;
      throw new AppError(
        'snapshot/damaged',
        `The snapshot ${this.#name} holds a record that cannot be read: ${error.message}`,
      );
    }
    const { keySize } = this.#shape;
    const step = stepOf(keySize);
    const moved = (1 + step * roundingsOf(this.#header.format)) / 2;
    const longest = 127 * (1 + KEY_TOLERANCE) + moved * Math.sqrt(keySize);
    const size = packedSize(keySize);
    for (let from = 0; from < record.keys.length; from += size) {
      const length = step * Math.sqrt(squareOf(record.keys.subarray(from, from + size)));
      // What large numbers are cut off makes a key shorter; one without direction is none.
      if (length === 0 || length > longest) throw this.#unsafe('a key that no model gives');
    }
  }

  /** All rows in order; one at a time, so that a file is never in memory as a whole. */
  #rows(table: 'file' | 'term' | 'record' | 'write'): Iterable<Row> {
    return this.#db.prepare(`SELECT * FROM ${table} ORDER BY id`).iterate();
  }

  #count(row: Row, column: string): number {
    const value = integer(row, column);
    if (!Number.isInteger(value) || value < 0 || value > LIMITS.count) throw this.#damaged(`a ${column} of ${value}`);
    return value;
  }

  #state(row: Row): FileState['kind'] {
    const state = text(row, 'state');
    if (state !== 'ingested' && state !== 'skipped' && state !== 'failed') throw columnError('state');
    return state;
  }

  #damaged(what: string): AppError {
    return new AppError('snapshot/damaged', `The snapshot ${this.#name} is damaged: it holds ${what}.`);
  }

  #unsafe(what: string): AppError {
    return new AppError('snapshot/unsafe', `The snapshot ${this.#name} holds ${what}.`);
  }
}
