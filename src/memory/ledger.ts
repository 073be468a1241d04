import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { setImmediate as breathe } from 'node:timers/promises';

import type { CompressiveMemory } from './compressive-memory.ts';
import { openDatabase, openReader, transaction, translated } from './database.ts';
import { damaged, LedgerError, translate } from './ledger-error.ts';
import { searchFiles } from './file-search.ts';
import type { FileHit } from './file-search.ts';
import { LexicalIndex } from './lexical-index.ts';
import { terms } from './lexicon.ts';
import type { LexicalHit } from './ranking.ts';
import type {
  Change,
  FileMeta,
  FileRecord,
  FileState,
  Scope,
  SegmentEntry,
  SegmentPlace,
  StoredSegment,
  Totals,
  Verdict,
} from './records.ts';
import { integer, text } from './row.ts';
import type { Row } from './row.ts';
import { salvage } from './salvage.ts';
import { setAside } from './set-aside.ts';
import { checkShape, memoryBytes, writeLayout } from './shape.ts';
import type { MemoryShape } from './shape.ts';
import { FILE_COLUMNS, PLACE_COLUMNS, SEGMENT_TABLES, storedFile, storedPlace, storedWrite } from './stored.ts';
import { sumWrites } from './sum.ts';
import { sweep } from './sweep.ts';
import type { Sweep, Swept } from './sweep.ts';
import { totals } from './totals.ts';
import { damagedWrites, verify } from './verify.ts';
import { encodeWrite } from './write.ts';
import type { Write } from './write.ts';

/** Whose memory, and what its writes look like. */
export interface LedgerIdentity {
  /** Names the repository: stable across worktrees and restarts, not the path of one checkout. */
  readonly repository: string;
  /** Base model and adapter with their versions: what writeKey() was given. */
  readonly adapter: string;
  readonly shape: MemoryShape;
}

export type Opened =
  | { readonly kind: 'open'; readonly ledger: Ledger }
  | {
      readonly kind: 'recovered';
      readonly ledger: Ledger;
      readonly sentence: string;
      /** The damaged database's new name. */
      readonly setAside: string;
      /** Writes that were still readable and were kept. */
      readonly salvaged: number;
    };

/** Rows read at once when all segments are walked. */
const PAGE = 512;

/**
 * What is remembered of one repository by one adapter, in one SQLite database. Calls are synchronous, except those that
 * read every write. Several processes may use one database: readers never wait, writers wait for each other.
 *
 * Everything throws LedgerError, one sentence and what to do, when the database or the disk fails.
 */
export class Ledger {
  /** The database's path. */
  readonly location: string;
  readonly identity: LedgerIdentity;
  readonly #db: DatabaseSync;
  readonly #lexical: LexicalIndex;

  private constructor(location: string, identity: LedgerIdentity, db: DatabaseSync) {
    this.location = location;
    this.identity = identity;
    this.#db = db;
    this.#lexical = new LexicalIndex(db);
  }

  /**
   * Opens or begins the database. A damaged one is renamed, never deleted, and a new one begun with the writes that can
   * still be read.
   *
   * @param place   a file ending in `.sqlite`, or a folder in which the file is named after the identity
   * @param options `maxBytes`: the database may not grow beyond this (LedgerError 'full'). `distrust`: set it aside even
   *                though it looks whole, for a user who wants it built anew
   */
  static open(
    place: string,
    identity: LedgerIdentity,
    options: { readonly maxBytes?: number; readonly distrust?: boolean } = {},
  ): Opened {
    checkShape(identity.shape);
    const location = extname(place) === '.sqlite' ? place : join(place, fileName(identity));
    const layout = writeLayout(identity.shape);
    const open = (): DatabaseSync => openDatabase(location, { ...identity, layout }, options.maxBytes);
    const check = (): DatabaseSync => {
      if (options.distrust === true && existsSync(location)) throw damaged(location);
      return open();
    };
    return translated(location, () => {
      try {
        return { kind: 'open', ledger: new Ledger(location, identity, check()) };
      } catch (error) {
        if (!(error instanceof LedgerError) || error.kind !== 'damaged') throw error;
      }
      const aside = setAside(location, check);
      if (aside.kind === 'mended') return { kind: 'open', ledger: new Ledger(location, identity, aside.db) };
      const why = options.distrust === true ? 'is to be built anew' : 'was damaged';
      const db = open();
      try {
        const salvaged = salvage(aside.to, db, identity.shape);
        const sentence =
          `The memory database of this repository ${why} and has been set aside as ${aside.to}. ` +
          `A new one was begun with ${salvaged} of its writes; the files are read again.`;
        return {
          kind: 'recovered',
          ledger: new Ledger(location, identity, db),
          sentence,
          setAside: aside.to,
          salvaged,
        };
      } catch (error) {
        db.close();
        throw error;
      }
    });
  }

  /** What is known of a file, by its path from the root. */
  file(path: string): FileRecord | undefined {
    return this.#rows(`SELECT ${FILE_COLUMNS} FROM file WHERE path = ?`, storedFile, path)[0];
  }

  /** Every file that was seen, by path. */
  files(): FileRecord[] {
    return this.#rows(`SELECT ${FILE_COLUMNS} FROM file ORDER BY path`, storedFile);
  }

  /** Which of these writes are stored: their segments need no encoding. */
  hasWrite(keys: readonly string[]): Set<string> {
    return this.#guard(() => {
      const find = this.#db.prepare('SELECT 1 FROM write WHERE key = ?');
      return new Set(keys.filter((key) => find.get(Buffer.from(key, 'hex')) !== undefined));
    });
  }

  /**
   * Records an ingested file with all its segments in one transaction, in place of what was known of it: a process that
   * is killed at any moment has either all of the file or all of what was there before.
   *
   * A write that is stored already is kept as it is, whatever is handed over: another machine may have rounded
   * differently, and one content must have one write.
   *
   * @param segments in order
   * @param writes   by write key, at least those that hasWrite() does not know; else LedgerError 'missing'
   */
  putFile(path: string, meta: FileMeta, segments: readonly SegmentEntry[], writes: ReadonlyMap<string, Write>): Change {
    return this.#change(() => {
      const [fileId, removed] = this.#replace(path, meta, { kind: 'ingested' });
      const pathTerms = terms(path);
      const insert = this.#db.prepare(
        'INSERT INTO segment (file_id, ordinal, first, last, tokens, write_id) VALUES (?, ?, ?, ?, ?, ?)',
      );
      const added = segments.map(({ start, end, tokens, writeKey, terms: textTerms }, ordinal) => {
        const writeId = this.#putWrite(writeKey, tokens, writes);
        const id = Number(insert.run(fileId, ordinal, start, end, tokens, writeId).lastInsertRowid);
        this.#lexical.put(id, pathTerms, textTerms);
        return id;
      });
      return { removed, added };
    });
  }

  /** Records why a file is not in the memory; segments it had are removed. */
  skipFile(path: string, meta: FileMeta, state: Exclude<FileState, { kind: 'ingested' }>): Change {
    return this.#change(() => ({ removed: this.#replace(path, meta, state)[1], added: [] }));
  }

  /** Removes files as if they had never been seen. Their writes stay for other branches until sweep(). */
  forget(paths: Iterable<string>): Change {
    return this.#change(() => ({ removed: [...paths].flatMap((path) => this.#removeFile(path)), added: [] }));
  }

  /** Every segment with its write, by id. Reads page by page, so the ledger may be used while walking. */
  *segments(): Generator<StoredSegment> {
    const query = `SELECT ${PLACE_COLUMNS}, write.blob FROM ${SEGMENT_TABLES} WHERE segment.id > ? ORDER BY segment.id LIMIT ?`;
    for (let after = 0; ;) {
      const page = this.#rows(query, this.#stored, after, PAGE);
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      after = last.segmentId;
    }
  }

  /** The segments of one file with their writes, in order. */
  segmentsOf(path: string): StoredSegment[] {
    return this.#rows(
      `SELECT ${PLACE_COLUMNS}, write.blob FROM ${SEGMENT_TABLES} WHERE file.path = ? ORDER BY ordinal`,
      this.#stored,
      path,
    );
  }

  /** Where these segments lie; unknown ids are left out. */
  locate(segmentIds: Iterable<number>): Map<number, SegmentPlace> {
    const query = `SELECT ${PLACE_COLUMNS} FROM ${SEGMENT_TABLES} WHERE segment.id IN (SELECT value FROM json_each(?))`;
    const places = this.#rows(query, storedPlace, JSON.stringify([...segmentIds]));
    return new Map(places.map((place) => [place.segmentId, place]));
  }

  /** Ids of all segments in a scope: what recall() takes. */
  segmentIds(scope: Scope): number[] {
    const query = `SELECT id FROM segment WHERE file_id IN (SELECT value FROM json_each(?)) ORDER BY id`;
    return this.#rows(query, readId, JSON.stringify(this.#fileIds(scope)));
  }

  /** Segments with any of these terms (lexicon.ts), best first; any strings are safe. */
  lexicalSearch(asked: readonly string[], limit: number, scope?: Scope): LexicalHit[] {
    return this.#guard(() =>
      this.#lexical.search(asked, limit, scope === undefined ? undefined : this.#fileIds(scope)),
    );
  }

  /** Files with any of these terms, best first: BM25 over whole files. */
  fileSearch(asked: readonly string[]): FileHit[] {
    return this.#guard(() => searchFiles(this.#db, asked));
  }

  /** Number of the last change by any process: when it moved by more than one's own changes, others wrote. */
  generation(): number {
    const query = "SELECT CAST(value AS INTEGER) AS generation FROM meta WHERE name = 'generation'";
    return this.#rows(query, (row) => integer(row, 'generation'))[0] ?? 0;
  }

  totals(): Totals {
    return this.#guard(() => totals(this.#db, this.location, memoryBytes(this.identity.shape)));
  }

  /**
   * M and z of a scope (of everything when left out), summed anew from the stored writes: one moment of the database,
   * whatever is written meanwhile. Yields to other work; `signal` aborts with its reason.
   */
  async memory(scope?: Scope, signal?: AbortSignal): Promise<CompressiveMemory> {
    const reader = this.#guard(() => openReader(this.location));
    try {
      return await this.#walk(sumWrites(reader, this.identity.shape, scope), signal);
    } finally {
      reader.close();
    }
  }

  /** Checks everything that can be checked, checksums included. Never throws for damage: the verdict says it. */
  async verify(signal?: AbortSignal): Promise<Verdict> {
    try {
      return await this.#walk(verify(this.#db, this.identity.shape), signal);
    } catch (error) {
      const known = translate(error, this.location);
      if (known?.kind !== 'damaged') throw known ?? error;
      return { kind: 'unsound', cure: 'rebuild', sentence: known.sentence, faults: [known.message] };
    }
  }

  /** Drops writes that fail their checksum and the files made of them. Returns those files: they are to be read again. */
  async mend(signal?: AbortSignal): Promise<string[]> {
    const bad = await this.#walk(damagedWrites(this.#db, this.identity.shape), signal);
    const paths = this.#rows(
      `SELECT DISTINCT file.path FROM file JOIN segment ON segment.file_id = file.id
       WHERE segment.write_id IN (SELECT value FROM json_each(?)) ORDER BY file.path`,
      (row) => text(row, 'path'),
      JSON.stringify(bad),
    );
    this.#change(() => {
      const removed = paths.flatMap((path) => this.#removeFile(path));
      const remove = this.#db.prepare('DELETE FROM write WHERE id = ?');
      for (const id of bad) remove.run(id);
      return { removed, added: [] };
    });
    return paths;
  }

  /** Drops writes that no file uses; see Sweep. */
  sweep(limits: Sweep): Swept {
    return this.#guard(() => sweep(this.#db, this.#lexical, limits));
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  /** Puts a file's row in place and takes out its old segments: the row's id and the removed segments' ids. */
  #replace(path: string, meta: FileMeta, state: FileState): [fileId: number, removed: number[]] {
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

  #removeFile(path: string): number[] {
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
    return Number(insert.run(name, tokens, Date.now(), encodeWrite(write, this.identity.shape)).lastInsertRowid);
  }

  #change(work: () => { removed: readonly number[]; added: readonly number[] }): Change {
    return this.#guard(() =>
      transaction(this.#db, () => {
        const change = work();
        this.#db.exec("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE name = 'generation'");
        return { ...change, generation: this.generation() };
      }),
    );
  }

  #fileIds(scope: Scope): number[] {
    const query = 'SELECT id FROM file WHERE path IN (SELECT value FROM json_each(?))';
    return this.#rows(query, readId, JSON.stringify([...scope]));
  }

  readonly #stored = (row: Row): StoredSegment => ({
    ...storedPlace(row),
    write: storedWrite(row, this.identity.shape),
  });

  #rows<T>(query: string, read: (row: Row) => T, ...parameters: SQLInputValue[]): T[] {
    return this.#guard(() =>
      this.#db
        .prepare(query)
        .all(...parameters)
        .map(read),
    );
  }

  async #walk<T>(steps: Generator<undefined, T>, signal: AbortSignal | undefined): Promise<T> {
    for (;;) {
      signal?.throwIfAborted();
      const step = this.#guard(() => steps.next());
      if (step.done === true) return step.value;
      await breathe();
    }
  }

  #guard<T>(work: () => T): T {
    return translated(this.location, work);
  }
}

function readId(row: Row): number {
  return integer(row, 'id');
}

function fileName(identity: LedgerIdentity): string {
  // Hashed: names made from paths have been too long for file systems.
  const hash = createHash('sha256').update(JSON.stringify([identity.repository, identity.adapter]));
  return `memory-${hash.digest('hex').slice(0, 24)}.sqlite`;
}
