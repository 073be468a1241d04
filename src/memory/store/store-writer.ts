import type { DatabaseSync } from 'node:sqlite';

import { AppError } from '../../common/app-error.ts';
import { FileChecksums } from './file-checksum.ts';
import type { LexicalIndex } from '../search/full-text-index.ts';
import { terms } from '../search/tokenize.ts';
import type { FileMeta, FileStat, FileState, SecretCheck, SegmentEntry, StoredRecord } from '../records.ts';
import { bytes, integer, text } from './row.ts';
import { originOf } from './schema.ts';
import { checkColumn, oweScrub, storedCheck } from './secret-check.ts';
import { elementsOf, hashOfRows, storedSetHash, storeSetHash } from './set-hash-store.ts';
import type { MemoryShape } from '../algebra/shape.ts';
import { vectorsHash } from '../algebra/set-hash.ts';
import type { SetElement } from '../algebra/set-hash.ts';
import { FILE_COLUMNS, storedKind } from './stored.ts';
import { encodeRecord } from '../algebra/embedding-record.ts';
import type { EmbeddingRecord } from '../algebra/embedding-record.ts';
import { drain } from './steps.ts';

/** Records by content hash. */
type Records = ReadonlyMap<string, EmbeddingRecord>;
/** What is done with a segment whose record was neither handed over nor stored. */
type Missing = 'refuse' | 'leave';

/** ms since 1970 that no file system gives a file. */
const NO_TIME = -1e15;

interface Replaced {
  readonly removed: readonly number[];
  readonly added: readonly number[];
}

interface Added {
  readonly added: number[];
  /** The embedded ones. */
  readonly elements: SetElement[];
}

interface StoredUnder {
  readonly id: number;
  readonly vectorsHash: Uint8Array;
}

/**
 * The changes that a ledger makes to the rows of its checkout. Each belongs inside a transaction of the caller's, and
 * leaves the checkout's set hash that of its rows.
 */
export class StoreWriter {
  readonly #db: DatabaseSync;
  readonly #lexical: LexicalIndex;
  readonly #shape: MemoryShape;
  readonly #checkoutId: number;
  readonly #checksums: FileChecksums;

  constructor(db: DatabaseSync, lexical: LexicalIndex, shape: MemoryShape, checkoutId: number) {
    this.#db = db;
    this.#lexical = lexical;
    this.#shape = shape;
    this.#checkoutId = checkoutId;
    this.#checksums = new FileChecksums(db);
  }

  /**
   * Puts a file in place of what was known of it: the ids of the segments that went and came.
   *
   * @param missing a segment without a record is an error (`ledger/missing`), or stands without vectors
   */
  replace(
    path: string,
    meta: FileMeta,
    state: FileState,
    segments: readonly SegmentEntry[],
    records: Records,
    missing: Missing = 'refuse',
  ): Replaced {
    const before = this.#elementsOf(path);
    const removed = this.#removeSegments(path);
    const fileId = this.#putRow(path, meta, state);
    const { added, elements } = this.#addSegments(path, fileId, segments, records, missing);
    this.#checksums.put(fileId);
    this.#adjustSetHash(before, elements);
    return { removed, added };
  }

  /** Notes what a walk saw of a file; without it, the next one reads the file again. */
  putStat(fileId: number, stat: FileStat | undefined): void {
    const put = this.#db.prepare('UPDATE main.file SET ctime_ms = ?, inode = ? WHERE id = ?');
    put.run(stat?.ctimeMs ?? null, stat?.inode ?? null, fileId);
  }

  /** The id of a file's row; undefined where it was never seen. */
  fileId(path: string): number | undefined {
    const row = this.#db
      .prepare('SELECT id FROM main.file WHERE checkout_id = ? AND path = ?')
      .get(this.#checkoutId, path);
    return row && integer(row, 'id');
  }

  /** Makes a file look changed to the next walk, whatever its size and times are. */
  doubt(path: string): void {
    const fileId = this.fileId(path);
    if (fileId === undefined) return;
    this.#db.prepare('UPDATE main.file SET mtime_ms = ? WHERE id = ?').run(NO_TIME, fileId);
    this.#checksums.put(fileId);
    this.putStat(fileId, undefined);
  }

  #putRow(path: string, meta: FileMeta, state: FileState): number {
    const [reason, message] = state.kind === 'ingested' ? ['', ''] : [state.reason, state.message];
    const { blobHash, bytes: size, mtimeMs, lines, secrets, stat } = meta;
    this.#noteFormerText(path, meta, state);
    const row = this.#db
      .prepare(
        `INSERT INTO main.file (checkout_id, ${FILE_COLUMNS}, ctime_ms, inode, tree_leaf, checksum)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'', 0)
         ON CONFLICT (checkout_id, path) DO UPDATE SET blob_hash = excluded.blob_hash, bytes = excluded.bytes,
           mtime_ms = excluded.mtime_ms, ctime_ms = excluded.ctime_ms, inode = excluded.inode, lines = excluded.lines,
           state = excluded.state, reason = excluded.reason, message = excluded.message,
           secret_check = excluded.secret_check
         RETURNING id`,
      )
      .get(
        this.#checkoutId,
        ...[path, blobHash, size, mtimeMs, lines, state.kind, reason, message, checkColumn(secrets)],
        ...[stat?.ctimeMs ?? null, stat?.inode ?? null],
      );
    return integer(row ?? {}, 'id');
  }

  /** Text that was read in clear under other rules leaves its words behind when it goes: they are to be scrubbed. */
  #noteFormerText(path: string, { secrets }: FileMeta, state: FileState): void {
    if (secrets === undefined || (state.kind === 'ingested' && secrets.masked.length === 0)) return;
    const row = this.#db.prepare(`SELECT ${FILE_COLUMNS} FROM file WHERE path = ?`).get(path);
    if (row === undefined || storedKind(row) !== 'ingested') return;
    if (storedCheck(row)?.rules !== secrets.rules) oweScrub(this.#db);
  }

  #addSegments(
    path: string,
    fileId: number,
    segments: readonly SegmentEntry[],
    records: Records,
    missing: Missing,
  ): Added {
    const elements: SetElement[] = [];
    if (segments.length === 0) return { added: [], elements };
    const pathTerms = terms(path);
    const origin = originOf(path);
    const insert = this.#db.prepare(
      `INSERT INTO main.segment
         (checkout_id, file_id, ordinal, start_line, end_line, tokens, content_hash, record_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const added = segments.map(({ start, end, tokens, contentHash, terms: textTerms }, ordinal) => {
      const stored = this.#store(contentHash, tokens, origin, records.get(contentHash));
      if (stored === undefined && missing === 'refuse') {
        throw new AppError('ledger/missing', `The record ${contentHash} of a segment was not handed over.`);
      }
      const name = Buffer.from(contentHash, 'hex');
      if (stored) elements.push({ path, ordinal, contentHash: name, vectorsHash: stored.vectorsHash });
      const row = [this.#checkoutId, fileId, ordinal, start, end, tokens, name] as const;
      const id = Number(insert.run(...row, stored?.id ?? null).lastInsertRowid);
      this.#lexical.put(id, pathTerms, textTerms);
      return id;
    });
    return { added, elements };
  }

  /** Notes that a file's text is the same under these rules. */
  markChecked(path: string, secrets: SecretCheck): void {
    const id = this.fileId(path);
    if (id === undefined) return;
    const column = checkColumn(secrets);
    this.#db.prepare("UPDATE main.file SET secret_check = ? WHERE id = ? AND state = 'ingested'").run(column, id);
    this.#checksums.put(id);
  }

  /** Removes a file's row with its segments: the segments' ids. */
  removeFile(path: string): number[] {
    this.#adjustSetHash(this.#elementsOf(path), []);
    const removed = this.#removeSegments(path);
    this.#db.prepare('DELETE FROM main.file WHERE checkout_id = ? AND path = ?').run(this.#checkoutId, path);
    return removed;
  }

  /**
   * Removes these records and, in every checkout, these files and those that are made of the records; then every
   * checkout has the set hash of its rows.
   */
  dropDamaged(recordIds: readonly number[], fileIds: readonly number[]): void {
    const [records, files] = [JSON.stringify(recordIds), JSON.stringify(fileIds)];
    const meant = `(SELECT file_id FROM main.segment WHERE record_id IN (SELECT value FROM json_each(?))
                    UNION SELECT value FROM json_each(?))`;
    const segments = this.#db.prepare(`SELECT id FROM main.segment WHERE file_id IN ${meant}`).all(records, files);
    for (const row of segments) this.#lexical.remove(integer(row, 'id'));
    const gone = this.#db
      .prepare(`DELETE FROM main.file WHERE id IN ${meant} RETURNING checkout_id`)
      .all(records, files);
    for (const row of gone) this.countChange(integer(row, 'checkout_id'));
    this.#db.prepare('DELETE FROM record WHERE id IN (SELECT value FROM json_each(?))').run(records);
    for (const row of this.#db.prepare('SELECT id FROM checkout').all()) {
      const id = integer(row, 'id');
      storeSetHash(this.#db, id, drain(hashOfRows(this.#db, id, 'hashes')));
    }
  }

  /** Gives the checkout its next generation: other processes see that its files have changed. */
  countChange(checkoutId = this.#checkoutId): void {
    this.#db.prepare('UPDATE main.checkout SET generation = generation + 1 WHERE id = ?').run(checkoutId);
  }

  countRecords(): number {
    return integer(this.#db.prepare('SELECT count(*) AS n FROM record').get() ?? {}, 'n');
  }

  #removeSegments(path: string): number[] {
    const rows = this.#db
      .prepare(
        'SELECT segment.id, record_id FROM segment JOIN file ON file.id = file_id WHERE path = ? ORDER BY ordinal',
      )
      .all(path);
    const remove = this.#db.prepare('DELETE FROM main.segment WHERE id = ?');
    const touch = this.#db.prepare('UPDATE record SET used_ms = ? WHERE id = ?');
    const now = Date.now();
    return rows.map((row) => {
      const id = integer(row, 'id');
      this.#lexical.remove(id);
      remove.run(id);
      if (row.record_id !== null) touch.run(now, integer(row, 'record_id'));
      return id;
    });
  }

  /** Stores a record unless it was stored before. */
  putRecord({ contentHash, tokens, origin, record }: StoredRecord): void {
    this.#store(contentHash, tokens, origin, record);
  }

  /**
   * Gives segments of this checkout that stand without vectors the records that are stored for them: the ids of the
   * segments.
   *
   * @param contentHashes of the segments; of all that stand without vectors when left out
   */
  embed(contentHashes?: readonly string[]): number[] {
    const chosen =
      contentHashes === undefined ? '' : 'AND segment.content_hash IN (SELECT unhex(value) FROM json_each(?))';
    const rows = this.#db
      .prepare(
        `SELECT segment.id, ordinal, path, record.id AS record_id, record.content_hash, vectors_hash
         FROM main.segment INDEXED BY segment_not_embedded
         JOIN main.record ON record.content_hash = segment.content_hash JOIN main.file ON file.id = file_id
         WHERE segment.checkout_id = ? AND record_id IS NULL ${chosen} ORDER BY segment.id`,
      )
      .all(this.#checkoutId, ...(contentHashes === undefined ? [] : [JSON.stringify(contentHashes)]));
    const give = this.#db.prepare('UPDATE main.segment SET record_id = ? WHERE id = ?');
    const added: SetElement[] = [];
    for (const row of rows) {
      give.run(integer(row, 'record_id'), integer(row, 'id'));
      added.push({
        path: text(row, 'path'),
        ordinal: integer(row, 'ordinal'),
        contentHash: bytes(row, 'content_hash'),
        vectorsHash: bytes(row, 'vectors_hash'),
      });
    }
    this.#adjustSetHash([], added);
    return rows.map((row) => integer(row, 'id'));
  }

  /** A record that is stored, or is stored now; undefined where there is none. */
  #store(
    contentHash: string,
    tokens: number,
    origin: Uint8Array,
    record: EmbeddingRecord | undefined,
  ): StoredUnder | undefined {
    const name = Buffer.from(contentHash, 'hex');
    const known = this.#db
      .prepare('SELECT id, length(origin) AS origin, vectors_hash FROM record WHERE content_hash = ?')
      .get(name);
    if (known !== undefined) {
      const id = integer(known, 'id');
      if (integer(known, 'origin') === 0) this.#db.prepare('UPDATE record SET origin = ? WHERE id = ?').run(origin, id);
      return { id, vectorsHash: bytes(known, 'vectors_hash') };
    }
    if (record === undefined) return undefined;
    const vectors = encodeRecord(record, this.#shape);
    const insert = this.#db.prepare(
      'INSERT INTO record (content_hash, tokens, used_ms, origin, vectors_hash, vectors) VALUES (?, ?, ?, ?, ?, ?)',
    );
    const hash = vectorsHash(vectors);
    const id = Number(insert.run(name, tokens, Date.now(), origin, hash, vectors).lastInsertRowid);
    return { id, vectorsHash: hash };
  }

  #elementsOf(path: string): SetElement[] {
    const fileId = this.fileId(path);
    return fileId === undefined ? [] : elementsOf(this.#db, fileId);
  }

  #adjustSetHash(removed: readonly SetElement[], added: readonly SetElement[]): void {
    if (removed.length + added.length === 0) return;
    const hash = storedSetHash(this.#db, this.#checkoutId);
    for (const element of removed) hash.subtract(element);
    for (const element of added) hash.add(element);
    storeSetHash(this.#db, this.#checkoutId, hash);
  }
}
