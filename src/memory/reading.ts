import { searchFiles } from './file-search.ts';
import type { FileHit } from './file-search.ts';
import type { Connection } from './connection.ts';
import { LexicalIndex } from './lexical-index.ts';
import type { LexicalHit } from './ranking.ts';
import type { FileRecord, LedgerIdentity, Scope, SegmentPlace, StoredSegment, Totals } from './records.ts';
import { integer } from './row.ts';
import type { Row } from './row.ts';
import { memoryBytes } from './shape.ts';
import { FILE_COLUMNS, PLACE_COLUMNS, SEGMENT_TABLES, storedFile, storedPlace, storedWrite } from './stored.ts';
import { totals } from './totals.ts';

/** Rows read at once when all segments are walked. */
const PAGE = 512;

/** The questions that a ledger answers without changing anything. */
export class Reading {
  readonly identity: LedgerIdentity;
  /** For the ledger that extends this, and for nobody else. */
  protected readonly connection: Connection;
  protected readonly lexical: LexicalIndex;

  protected constructor(connection: Connection, identity: LedgerIdentity) {
    this.connection = connection;
    this.identity = identity;
    this.lexical = new LexicalIndex(connection.db);
  }

  /** The database's path. */
  get location(): string {
    return this.connection.location;
  }

  /** What is known of a file, by its path from the root. */
  file(path: string): FileRecord | undefined {
    return this.connection.rows(`SELECT ${FILE_COLUMNS} FROM file WHERE path = ?`, storedFile, path)[0];
  }

  /** Every file that was seen, by path. */
  files(): FileRecord[] {
    return this.connection.rows(`SELECT ${FILE_COLUMNS} FROM file ORDER BY path`, storedFile);
  }

  /** Which of these writes are stored: their segments need no encoding. */
  hasWrite(keys: readonly string[]): Set<string> {
    return this.connection.guard(() => {
      const find = this.connection.db.prepare('SELECT 1 FROM write WHERE key = ?');
      return new Set(keys.filter((key) => find.get(Buffer.from(key, 'hex')) !== undefined));
    });
  }

  /** Every segment with its write, by id. Reads page by page, so the ledger may be used while walking. */
  *segments(): Generator<StoredSegment> {
    const query = `SELECT ${PLACE_COLUMNS}, write.blob FROM ${SEGMENT_TABLES} WHERE segment.id > ? ORDER BY segment.id LIMIT ?`;
    for (let after = 0; ;) {
      const page = this.connection.rows(query, this.#stored, after, PAGE);
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      after = last.segmentId;
    }
  }

  /** The segments of one file with their writes, in order. */
  segmentsOf(path: string): StoredSegment[] {
    return this.connection.rows(
      `SELECT ${PLACE_COLUMNS}, write.blob FROM ${SEGMENT_TABLES} WHERE file.path = ? ORDER BY ordinal`,
      this.#stored,
      path,
    );
  }

  /** Where these segments lie; unknown ids are left out. */
  locate(segmentIds: Iterable<number>): Map<number, SegmentPlace> {
    const query = `SELECT ${PLACE_COLUMNS} FROM ${SEGMENT_TABLES} WHERE segment.id IN (SELECT value FROM json_each(?))`;
    const places = this.connection.rows(query, storedPlace, JSON.stringify([...segmentIds]));
    return new Map(places.map((place) => [place.segmentId, place]));
  }

  /** Ids of all segments in a scope: what recall() takes. */
  segmentIds(scope: Scope): number[] {
    const query = `SELECT id FROM segment WHERE file_id IN (SELECT value FROM json_each(?)) ORDER BY id`;
    return this.connection.rows(query, readId, JSON.stringify(this.#fileIds(scope)));
  }

  /** Segments with any of these terms (lexicon.ts), best first; any strings are safe. */
  lexicalSearch(asked: readonly string[], limit: number, scope?: Scope): LexicalHit[] {
    return this.connection.guard(() =>
      this.lexical.search(asked, limit, scope === undefined ? undefined : this.#fileIds(scope)),
    );
  }

  /** Files with any of these terms, best first: BM25 over whole files. */
  fileSearch(asked: readonly string[]): FileHit[] {
    return this.connection.guard(() => searchFiles(this.connection.db, asked));
  }

  /** Number of the last change by any process: when it moved by more than one's own changes, others wrote. */
  generation(): number {
    const query = "SELECT CAST(value AS INTEGER) AS generation FROM meta WHERE name = 'generation'";
    return this.connection.rows(query, (row) => integer(row, 'generation'))[0] ?? 0;
  }

  totals(): Totals {
    return this.connection.guard(() => totals(this.connection.db, this.location, memoryBytes(this.identity.shape)));
  }

  close(): void {
    this.connection.close();
  }

  #fileIds(scope: Scope): number[] {
    const query = 'SELECT id FROM file WHERE path IN (SELECT value FROM json_each(?))';
    return this.connection.rows(query, readId, JSON.stringify([...scope]));
  }

  readonly #stored = (row: Row): StoredSegment => ({
    ...storedPlace(row),
    write: storedWrite(row, this.identity.shape),
  });
}

function readId(row: Row): number {
  return integer(row, 'id');
}
