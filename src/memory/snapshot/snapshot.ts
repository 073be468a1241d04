import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

import { AppError, isAppError } from '../../common/app-error.ts';
import { bytes, text } from '../store/row.ts';
import { walk } from '../store/steps.ts';
import type { MemoryShape } from '../algebra/shape.ts';
import type { EmbeddingRecord } from '../algebra/embedding-record.ts';
import { pairedRecord } from '../algebra/former-record.ts';
import { checkContent } from './check.ts';
import type { Checked } from './check.ts';
import { ContentDigest } from './content.ts';
import { decoderOf, FORMAT_VERSION, isKnownFormat, LIMITS, namesOf, shapeFor, tablesOf } from './format.ts';
import { headerOf } from './header.ts';
import type { SnapshotHeader } from './header.ts';
import { firstBytes } from './magic.ts';
import { quoted } from './quoted.ts';
import { readWords } from './postings.ts';

/** What the reader of a snapshot must have in common with its writer. */
export interface SnapshotReader {
  readonly adapter: string;
  readonly shape: MemoryShape;
}

export interface NamedRecord {
  readonly recordId: number;
  /** contentHash(), hex */
  readonly contentHash: string;
  readonly record: EmbeddingRecord;
}

/**
 * A snapshot opened for reading. The file comes from somebody else, so it is treated as hostile: SQLite reads it
 * without locks, journals, triggers or views, it is never attached to another database, and its schema must be ours
 * letter for letter. Opening looks at the outside alone; nothing of the content is to be used before check().
 */
export class Snapshot {
  readonly file: string;
  readonly header: SnapshotHeader;
  readonly #db: DatabaseSync;

  private constructor(file: string, db: DatabaseSync, header: SnapshotHeader) {
    this.file = file;
    this.#db = db;
    this.header = header;
  }

  /** @throws `snapshot/…` */
  static open(file: string): Snapshot {
    const version = checkLead(file);
    return guarded(file, () => {
      // Immutable: no lock is taken and no journal or log beside the file is looked at, let alone rolled back.
      const place = pathToFileURL(file);
      place.searchParams.set('immutable', '1');
      const db = new DatabaseSync(place, { readOnly: true, allowExtension: false });
      try {
        db.exec(
          'PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA query_only = ON; PRAGMA mmap_size = 0;',
        );
        checkSchema(db, file, version);
        const [verdict] = db.prepare('PRAGMA integrity_check(1)').all();
        if (verdict === undefined || text(verdict, 'integrity_check') !== 'ok') throw damagedFile(file);
        return new Snapshot(file, db, readHeader(db, file));
      } catch (error) {
        db.close();
        throw error;
      }
    });
  }

  /**
   * Compares every row with the header: counts, order, paths, checksums, the digest of all, the tree hash and the set
   * hash. Yields to other work.
   *
   * @throws `snapshot/…`; the signal's reason
   */
  async check(reader: SnapshotReader, signal?: AbortSignal): Promise<Checked> {
    const steps = checkContent(this.#db, this.header, this.checkReader(reader), this.file);
    return walk(steps, signal, (step) => guarded(this.file, step));
  }

  /** The shape of its records. Throws `snapshot/foreign` unless they are of the reader's model, adapter and shape. */
  checkReader({ adapter, shape }: SnapshotReader): MemoryShape {
    const { header, file } = this;
    const own = header.adapter === adapter ? shapeFor(header.layout, header.format, shape) : undefined;
    if (own !== undefined) return own;
    throw new AppError(
      'snapshot/foreign',
      `The snapshot ${file} was made with another model or adapter (${quoted(header.adapter)}; this one is ${adapter}), so its numbers mean nothing here.`,
    );
  }

  /**
   * The records of a checked snapshot as the reader stores them, once more, in order: whatever became of the file
   * since, they are those that were checked, or `snapshot/…` is thrown at the end, before which nothing may be made
   * lasting.
   */
  *recordsAgain(checked: Checked, reader: SnapshotReader): Generator<NamedRecord> {
    const [own, { shape }] = [this.checkReader(reader), reader];
    const { table, contentHash, vectors } = namesOf(this.header.format);
    const find = guarded(this.file, () =>
      this.#db.prepare(`SELECT ${contentHash}, words, ${vectors} FROM ${table} WHERE id = ?`),
    );
    const decode = decoderOf(this.header.format);
    const digest = new ContentDigest();
    for (const file of checked.files) digest.file(file);
    for (const term of this.terms()) digest.term(term);
    for (let recordId = 1; recordId <= this.header.records; recordId++) {
      const row = guarded(this.file, () => find.get(recordId)) ?? {};
      const [key, words, blob] = guarded(
        this.file,
        () => [bytes(row, contentHash), bytes(row, 'words'), bytes(row, vectors)] as const,
      );
      digest.record(key, words, blob);
      const stored = guarded(this.file, () => decode(blob, own));
      const record = own.tokens === shape.tokens ? stored : pairedRecord(stored, shape);
      yield { recordId, contentHash: Buffer.from(key).toString('hex'), record };
    }
    if (digest.hex() !== this.header.content) throw damagedFile(this.file);
  }

  /** All terms by id - 1. */
  terms(): string[] {
    return guarded(this.file, () => {
      const rows = this.#db.prepare('SELECT term FROM term ORDER BY id').all();
      return rows.map((row) => text(row, 'term'));
    });
  }

  /** The words of a record, repeats kept, their order lost. */
  wordsOf(recordId: number, terms: readonly string[]): string[] {
    const { table } = namesOf(this.header.format);
    const find = `SELECT words FROM ${table} WHERE id = ?`;
    const row = guarded(this.file, () => this.#db.prepare(find).get(recordId)) ?? {};
    const words = readWords(bytes(row, 'words'), terms.length) ?? [];
    return words.flatMap(({ termId, count }) => Array.from({ length: count }, () => terms[termId - 1] ?? ''));
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }
}

function damagedFile(file: string, cause?: unknown): AppError {
  return new AppError('snapshot/damaged', `The snapshot ${file} is damaged.`, cause);
}

/** Whatever SQLite or a row reader finds wrong in a file that is only read, is damage. */
function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const isDamage =
      isAppError(error, 'memory/column') ||
      isAppError(error, 'memory/record') ||
      (error instanceof Error &&
        'code' in error &&
        (error.code === 'ERR_SQLITE_ERROR' || error.code === 'ERR_OUT_OF_RANGE'));
    throw isDamage ? damagedFile(file, error) : error;
  }
}

/** The version of a snapshot, as its first bytes say. */
function checkLead(file: string): number {
  const lead = firstBytes(file);
  switch (lead.kind) {
    case 'absent':
      throw new AppError('snapshot/unreadable', `There is no file ${file} that can be read.`);
    case 'other':
      throw new AppError('snapshot/no-snapshot', `${file} is not a snapshot of a memory.`);
    case 'snapshot':
      if (lead.version > FORMAT_VERSION) {
        throw new AppError('snapshot/newer', `The snapshot ${file} was made by a newer version of this program.`);
      }
      if (lead.bytes > LIMITS.bytes) {
        throw new AppError(
          'snapshot/unsafe',
          `The snapshot ${file} has ${lead.bytes} bytes; ${LIMITS.bytes} are the most.`,
        );
      }
      if (!isKnownFormat(lead.version) || lead.plain !== 'plain' || lead.bytes !== lead.saidBytes) {
        throw damagedFile(file);
      }
      return lead.version;
  }
}

/** Exactly our tables: anything beyond could run when it is read, anything less is damage. */
function checkSchema(db: DatabaseSync, file: string, version: number): void {
  const rows = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema').all();
  const expected = new Map(tablesOf(version));
  for (const row of rows) {
    const name = text(row, 'name');
    const isOurs =
      row.type === 'table' &&
      row.tbl_name === name &&
      expected.get(name) !== undefined &&
      row.sql === expected.get(name);
    if (!isOurs) {
      throw new AppError(
        'snapshot/unsafe',
        `The snapshot ${file} holds something that no export writes (${quoted(name)}).`,
      );
    }
    expected.delete(name);
  }
  if (expected.size > 0) throw damagedFile(file);
}

/** More rows than the header has, and longer ones than it may have, are not even read. */
function readHeader(db: DatabaseSync, file: string): SnapshotHeader {
  const long = db.prepare(
    'SELECT count(*) > 32 OR max(length(value)) > ? OR max(length(name)) > 32 AS found FROM header',
  );
  if (long.get(LIMITS.value)?.found !== 0) throw damagedFile(file);
  const rows = db.prepare('SELECT name, value FROM header').all();
  return headerOf(new Map(rows.map((row) => [text(row, 'name'), text(row, 'value')])), file);
}
