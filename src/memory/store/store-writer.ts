import type { DatabaseSync } from 'node:sqlite';

import { FileChecksums } from './file-checksum.ts';
import { LedgerError } from '../ledger-error.ts';
import type { LexicalIndex } from '../search/full-text-index.ts';
import { terms } from '../search/tokenize.ts';
import type { FileMeta, FileStat, FileState, SecretCheck, SegmentEntry } from '../records.ts';
import { integer } from './row.ts';
import { originOf } from './schema.ts';
import { checkColumns, oweScrub, storedCheck } from './secret-check.ts';
import type { MemoryShape } from '../algebra/shape.ts';
import { FILE_COLUMNS, storedKind } from './stored.ts';
import { encodeRecord } from '../algebra/embedding-record.ts';
import type { EmbeddingRecord } from '../algebra/embedding-record.ts';

type Writes = ReadonlyMap<string, EmbeddingRecord>;

/** ms since 1970 that no file system gives a file. */
const NO_TIME = -1e15;

interface Replaced {
  readonly removed: readonly number[];
  readonly added: readonly number[];
}

/** The changes that a ledger makes to the rows of its checkout. Each belongs inside a transaction of the caller's. */
export class StoreWriter {
  readonly #db: DatabaseSync;
  readonly #lexical: LexicalIndex;
  readonly #shape: MemoryShape;
  readonly #checkoutId: number;

  constructor(db: DatabaseSync, lexical: LexicalIndex, shape: MemoryShape, checkoutId: number) {
    this.#db = db;
    this.#lexical = lexical;
    this.#shape = shape;
    this.#checkoutId = checkoutId;
  }

  /**
   * Puts a file in place of what was known of it: the ids of the segments that went and came. Throws LedgerError
   * 'missing' for a write that is nowhere.
   */
  replace(path: string, meta: FileMeta, state: FileState, segments: readonly SegmentEntry[], writes: Writes): Replaced {
    const removed = this.#removeSegments(path);
    const fileId = this.#putRow(path, meta, state);
    const added = this.#addSegments(path, fileId, segments, writes);
    new FileChecksums(this.#db).put(fileId);
    this.putStat(fileId, meta.stat);
    return { removed, added };
  }

  /** Notes what a walk saw of a file; without it, the next one reads the file again. */
  putStat(fileId: number, stat: FileStat | undefined): void {
    this.#db.prepare('DELETE FROM main.file_stat WHERE file_id = ?').run(fileId);
    if (stat === undefined) return;
    const put = this.#db.prepare('INSERT INTO main.file_stat (file_id, ctime_ms, inode) VALUES (?, ?, ?)');
    put.run(fileId, stat.ctimeMs, stat.inode);
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
    new FileChecksums(this.#db).put(fileId);
    this.putStat(fileId, undefined);
  }

  #putRow(path: string, meta: FileMeta, state: FileState): number {
    const reason = state.kind === 'ingested' ? '' : state.reason;
    const { blobHash, sentence } = checkColumns(meta.blobHash, state, meta.secrets);
    this.#noteFormerText(path, meta, state);
    const row = this.#db
      .prepare(
        `INSERT INTO main.file (checkout_id, ${FILE_COLUMNS}, digest, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, x'', 0)
         ON CONFLICT (checkout_id, path) DO UPDATE SET blob_hash = excluded.blob_hash, bytes = excluded.bytes,
           mtime_ms = excluded.mtime_ms, lines = excluded.lines, state = excluded.state, reason = excluded.reason,
           sentence = excluded.sentence
         RETURNING id`,
      )
      .get(this.#checkoutId, path, blobHash, meta.bytes, meta.mtimeMs, meta.lines, state.kind, reason, sentence);
    return integer(row ?? {}, 'id');
  }

  /** Text that was read in clear under other rules leaves its words behind when it goes: they are to be scrubbed. */
  #noteFormerText(path: string, { secrets }: FileMeta, state: FileState): void {
    if (secrets === undefined || (state.kind === 'ingested' && secrets.masked.length === 0)) return;
    const row = this.#db.prepare(`SELECT ${FILE_COLUMNS} FROM file WHERE path = ?`).get(path);
    if (row === undefined || storedKind(row) !== 'ingested') return;
    if (storedCheck(row, 'ingested')?.rules !== secrets.rules) oweScrub(this.#db);
  }

  #addSegments(path: string, fileId: number, segments: readonly SegmentEntry[], writes: Writes): number[] {
    if (segments.length === 0) return [];
    const pathTerms = terms(path);
    const origin = originOf(path);
    const insert = this.#db.prepare(
      `INSERT INTO main.segment (checkout_id, file_id, ordinal, first, last, tokens, write_id)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    return segments.map(({ start, end, tokens, writeKey, terms: textTerms }, ordinal) => {
      const writeId = this.putWrite(writeKey, tokens, origin, writes);
      const id = Number(insert.run(this.#checkoutId, fileId, ordinal, start, end, tokens, writeId).lastInsertRowid);
      this.#lexical.put(id, pathTerms, textTerms);
      return id;
    });
  }

  /** Notes that a file's text is the same under these rules. */
  markChecked(path: string, secrets: SecretCheck): void {
    const id = this.fileId(path);
    if (id === undefined) return;
    const { sentence } = checkColumns('', { kind: 'ingested' }, secrets);
    this.#db.prepare("UPDATE main.file SET sentence = ? WHERE id = ? AND state = 'ingested'").run(sentence, id);
    new FileChecksums(this.#db).put(id);
  }

  /** Removes a file's row with its segments: the segments' ids. */
  removeFile(path: string): number[] {
    const removed = this.#removeSegments(path);
    this.#db.prepare('DELETE FROM main.file WHERE checkout_id = ? AND path = ?').run(this.#checkoutId, path);
    return removed;
  }

  /** Removes these writes and, in every checkout, these files and those that are made of the writes. */
  dropDamaged(writeIds: readonly number[], fileIds: readonly number[]): void {
    const [writes, files] = [JSON.stringify(writeIds), JSON.stringify(fileIds)];
    const meant = `(SELECT file_id FROM main.segment WHERE write_id IN (SELECT value FROM json_each(?))
                    UNION SELECT value FROM json_each(?))`;
    const segments = this.#db.prepare(`SELECT id FROM main.segment WHERE file_id IN ${meant}`).all(writes, files);
    for (const row of segments) this.#lexical.remove(integer(row, 'id'));
    const gone = this.#db
      .prepare(`DELETE FROM main.file WHERE id IN ${meant} RETURNING checkout_id`)
      .all(writes, files);
    for (const row of gone) {
      const moved = 'UPDATE checkout SET generation = generation + 1 WHERE id = ?';
      this.#db.prepare(moved).run(integer(row, 'checkout_id'));
    }
    this.#db.prepare('DELETE FROM write WHERE id IN (SELECT value FROM json_each(?))').run(writes);
  }

  countWrites(): number {
    return integer(this.#db.prepare('SELECT count(*) AS n FROM write').get() ?? {}, 'n');
  }

  #removeSegments(path: string): number[] {
    const rows = this.#db
      .prepare(
        'SELECT segment.id, write_id FROM segment JOIN file ON file.id = file_id WHERE path = ? ORDER BY ordinal',
      )
      .all(path);
    const remove = this.#db.prepare('DELETE FROM main.segment WHERE id = ?');
    const touch = this.#db.prepare('UPDATE write SET used_ms = ? WHERE id = ?');
    const now = Date.now();
    return rows.map((row) => {
      const id = integer(row, 'id');
      this.#lexical.remove(id);
      remove.run(id);
      touch.run(now, integer(row, 'write_id'));
      return id;
    });
  }

  /** The id of a write, stored now unless it was before. */
  putWrite(key: string, tokens: number, origin: Uint8Array, writes: Writes): number {
    const name = Buffer.from(key, 'hex');
    const known = this.#db.prepare('SELECT id, length(origin) AS origin FROM write WHERE key = ?').get(name);
    if (known !== undefined) {
      const id = integer(known, 'id');
      if (integer(known, 'origin') === 0) this.#db.prepare('UPDATE write SET origin = ? WHERE id = ?').run(origin, id);
      return id;
    }
    const write = writes.get(key);
    if (write === undefined) throw new LedgerError('missing', `The write ${key} of a segment was not handed over.`);
    const insert = this.#db.prepare('INSERT INTO write (key, tokens, used_ms, origin, blob) VALUES (?, ?, ?, ?, ?)');
    return Number(insert.run(name, tokens, Date.now(), origin, encodeRecord(write, this.#shape)).lastInsertRowid);
  }
}
