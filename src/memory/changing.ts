import type { DatabaseSync } from 'node:sqlite';

import { LedgerError } from './ledger-error.ts';
import type { LexicalIndex } from './lexical-index.ts';
import { terms } from './lexicon.ts';
import type { FileMeta, FileState, SegmentEntry } from './records.ts';
import { integer } from './row.ts';
import type { MemoryShape } from './shape.ts';
import { FILE_COLUMNS } from './stored.ts';
import { encodeWrite } from './write.ts';
import type { Write } from './write.ts';

/** The changes that a ledger makes to its rows. Each belongs inside a transaction of the caller's. */
export class Changing {
  readonly #db: DatabaseSync;
  readonly #lexical: LexicalIndex;
  readonly #shape: MemoryShape;

  constructor(db: DatabaseSync, lexical: LexicalIndex, shape: MemoryShape) {
    this.#db = db;
    this.#lexical = lexical;
    this.#shape = shape;
  }

  /** Puts a file's row in place and takes out its old segments: the row's id and the removed segments' ids. */
  replace(path: string, meta: FileMeta, state: FileState): [fileId: number, removed: number[]] {
    const removed = this.#removeSegments(path);
    const { reason, sentence } = state.kind === 'ingested' ? { reason: '', sentence: '' } : state;
    const row = this.#db
      .prepare(
        `INSERT INTO file (${FILE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (path) DO UPDATE SET blob_hash = excluded.blob_hash, bytes = excluded.bytes,
           mtime_ms = excluded.mtime_ms, lines = excluded.lines, state = excluded.state, reason = excluded.reason,
           sentence = excluded.sentence
         RETURNING id`,
      )
      .get(path, meta.blobHash, meta.bytes, meta.mtimeMs, meta.lines, state.kind, reason, sentence);
    return [integer(row ?? {}, 'id'), removed];
  }

  /** Adds segments to a file that has none; their ids. Throws LedgerError 'missing' for a write that is nowhere. */
  addSegments(
    path: string,
    fileId: number,
    segments: readonly SegmentEntry[],
    writes: ReadonlyMap<string, Write>,
  ): number[] {
    const pathTerms = terms(path);
    const insert = this.#db.prepare(
      'INSERT INTO segment (file_id, ordinal, first, last, tokens, write_id) VALUES (?, ?, ?, ?, ?, ?)',
    );
    return segments.map(({ start, end, tokens, writeKey, terms: textTerms }, ordinal) => {
      const writeId = this.#putWrite(writeKey, tokens, writes);
      const id = Number(insert.run(fileId, ordinal, start, end, tokens, writeId).lastInsertRowid);
      this.#lexical.put(id, pathTerms, textTerms);
      return id;
    });
  }

  /** Removes a file's row with its segments: the segments' ids. */
  removeFile(path: string): number[] {
    const removed = this.#removeSegments(path);
    this.#db.prepare('DELETE FROM file WHERE path = ?').run(path);
    return removed;
  }

  #removeSegments(path: string): number[] {
    const rows = this.#db
      .prepare(
        'SELECT segment.id, write_id FROM segment JOIN file ON file.id = file_id WHERE path = ? ORDER BY ordinal',
      )
      .all(path);
    const remove = this.#db.prepare('DELETE FROM segment WHERE id = ?');
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

  #putWrite(key: string, tokens: number, writes: ReadonlyMap<string, Write>): number {
    const name = Buffer.from(key, 'hex');
    const known = this.#db.prepare('SELECT id FROM write WHERE key = ?').get(name);
    if (known !== undefined) return integer(known, 'id');
    const write = writes.get(key);
    if (write === undefined) throw new LedgerError('missing', `The write ${key} of a segment was not handed over.`);
    const insert = this.#db.prepare('INSERT INTO write (key, tokens, used_ms, blob) VALUES (?, ?, ?, ?)');
    return Number(insert.run(name, tokens, Date.now(), encodeWrite(write, this.#shape)).lastInsertRowid);
  }
}
