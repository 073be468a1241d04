import { AppError } from '../../common/app-error.ts';
import { WordSearch } from '../search/word-search.ts';
import type { FileHit } from '../search/word-search.ts';
import type { Connection } from './connection.ts';
import { differenceOf } from '../algebra/difference.ts';
import type { Difference } from '../algebra/difference.ts';
import { leavesOf } from './file-checksum.ts';
import { LexicalIndex } from '../search/full-text-index.ts';
import type { LexicalHit } from '../search/fusion.ts';
import type {
  Change,
  CheckoutRecord,
  FileRecord,
  LedgerIdentity,
  Scope,
  SegmentPlace,
  StoredSegment,
  StoredRecord,
  Totals,
} from '../records.ts';
import { bytes, integer, pagesById, readId, text } from './row.ts';
import type { Row } from './row.ts';
import { originOf, originsOf } from './schema.ts';
import {
  FILE_COLUMNS,
  PLACE_COLUMNS,
  PLACE_TABLES,
  RECORD_JOIN,
  STAT_COLUMNS,
  storedFile,
  storedPlace,
  storedRecord,
} from './stored.ts';
import { hashOfScope, storedSetHash } from './set-hash-store.ts';
import type { SetHash } from '../algebra/set-hash.ts';
import { totals } from './totals.ts';
import { treeHashOf } from '../algebra/tree-hash.ts';
import type { Tree } from '../algebra/tree-hash.ts';

const FILE_QUERY = `SELECT ${FILE_COLUMNS}, ${STAT_COLUMNS} FROM file`;

/** The questions that a ledger answers without changing anything. `file` and `segment` are views of one checkout. */
export class StoreReader {
  readonly identity: LedgerIdentity;
  protected readonly checkoutId: number;
  /** For the ledger that extends this, and for nobody else. */
  protected readonly connection: Connection;
  protected readonly lexical: LexicalIndex;
  readonly #words: WordSearch;

  protected constructor(connection: Connection, identity: LedgerIdentity, checkoutId: number) {
    this.connection = connection;
    this.checkoutId = checkoutId;
    this.identity = identity;
    this.lexical = new LexicalIndex(connection.db);
    this.#words = new WordSearch(connection.db);
  }

  /** The database's path. */
  get location(): string {
    return this.connection.location;
  }

  /** What is known of a file, by its path from the root. */
  file(path: string): FileRecord | undefined {
    return this.connection.rows(`${FILE_QUERY} WHERE path = ?`, storedFile, path)[0];
  }

  /** Every file that was seen, by path. */
  files(): FileRecord[] {
    return this.connection.rows(`${FILE_QUERY} ORDER BY path`, storedFile);
  }

  /** Which of these content hashes have a stored record: their segments need no encoding. */
  hasRecord(contentHashes: readonly string[]): Set<string> {
    return this.connection.guard(() => {
      const find = this.connection.db.prepare('SELECT 1 FROM record WHERE content_hash = ?');
      return new Set(contentHashes.filter((hash) => find.get(Buffer.from(hash, 'hex')) !== undefined));
    });
  }

  /**
   * For which of these paths a record was made, be the file dropped or renamed since. Reads the table of records once,
   * which has no index for it.
   */
  hasFormer(paths: readonly string[]): Set<string> {
    const query = 'SELECT DISTINCT origin FROM record WHERE origin IN (SELECT unhex(value) FROM json_each(?))';
    const found = this.connection.rows(query, (row) => bytes(row, 'origin'), originsOf(paths));
    return new Set(paths.filter((path) => found.some((origin) => Buffer.compare(origin, originOf(path)) === 0)));
  }

  /**
   * Every segment with its record, by id; without one where it is not embedded. Reads page by page, so the ledger may
   * be used while walking.
   */
  *segments(): Generator<StoredSegment> {
    const query = `SELECT ${PLACE_COLUMNS}, vectors FROM ${PLACE_TABLES} ${RECORD_JOIN} WHERE segment.id > ? ORDER BY segment.id LIMIT ?`;
    const page = (after: number, limit: number) => this.connection.rows(query, this.#stored, after, limit);
    for (const segments of pagesById(page, ({ segmentId }) => segmentId)) yield* segments;
  }

  /** The segments of one file with their records, in order. */
  segmentsOf(path: string): StoredSegment[] {
    return this.connection.rows(
      `SELECT ${PLACE_COLUMNS}, vectors FROM file JOIN segment ON file.id = segment.file_id ${RECORD_JOIN}
       WHERE file.path = ? ORDER BY ordinal`,
      this.#stored,
      path,
    );
  }

  /** Segments that stand without vectors, of these files or of all, by path and in order. */
  notEmbedded(paths?: Iterable<string>): SegmentPlace[] {
    const query = `SELECT ${PLACE_COLUMNS} FROM ${PLACE_TABLES} WHERE record_id IS NULL`;
    const order = 'ORDER BY path, ordinal';
    if (paths === undefined) return this.connection.rows(`${query} ${order}`, storedPlace);
    const ofPaths = 'AND path IN (SELECT value FROM json_each(?))';
    return this.connection.rows(`${query} ${ofPaths} ${order}`, storedPlace, JSON.stringify([...paths]));
  }

  /** These segments with their records, by id; unknown ones are left out. */
  segmentsById(segmentIds: Iterable<number>): StoredSegment[] {
    return this.connection.rows(
      `SELECT ${PLACE_COLUMNS}, vectors FROM ${PLACE_TABLES} ${RECORD_JOIN}
       WHERE segment.id IN (SELECT value FROM json_each(?)) ORDER BY segment.id`,
      this.#stored,
      JSON.stringify([...segmentIds]),
    );
  }

  /** Ids of all segments in a scope: what recall() takes. */
  segmentIds(scope: Scope): number[] {
    const query = `SELECT id FROM segment WHERE file_id IN (SELECT value FROM json_each(?)) ORDER BY id`;
    return this.connection.rows(query, readId, JSON.stringify(this.#fileIds(scope)));
  }

  /** Segments with any of these terms (tokenize.ts), best first; any strings are safe. */
  lexicalSearch(asked: readonly string[], limit: number, scope?: Scope): LexicalHit[] {
    const isIn = scope && ((path: string) => scope.has(path));
    return this.connection.guard(() => this.#words.segments(asked, limit, this.generation(), isIn));
  }

  /** How many segments hold a term. */
  lexicalCount(term: string): number {
    return this.connection.guard(() => this.#words.count(term, this.generation()));
  }

  /** Files with any of these terms, in no order: BM25 over whole files. */
  fileSearch(asked: readonly string[]): FileHit[] {
    return this.connection.guard(() => this.#words.files(asked, this.generation()));
  }

  /** Tells the search for words of a change: without it, the next search reads all segments again. */
  follow(change: Change): void {
    this.connection.guard(() => {
      this.#words.follow(change);
    });
  }

  /** Number of the last change by any process: when it moved by more than one's own changes, others wrote. */
  generation(): number {
    const query = 'SELECT generation FROM checkout WHERE id = ?';
    return this.connection.rows(query, (row) => integer(row, 'generation'), this.checkoutId)[0] ?? 0;
  }

  /** The working folders that share this database. */
  checkouts(): CheckoutRecord[] {
    return this.connection.rows(
      `SELECT folder, seen_ms, (SELECT count(*) FROM main.file WHERE checkout_id = checkout.id) AS files,
         (SELECT count(*) FROM main.segment WHERE checkout_id = checkout.id) AS segments
       FROM checkout ORDER BY folder`,
      (row) => ({
        folder: text(row, 'folder'),
        seenMs: integer(row, 'seen_ms'),
        files: integer(row, 'files'),
        segments: integer(row, 'segments'),
      }),
    );
  }

  /**
   * Path → content hashes of the ingested files of a scope (of all when left out), of this checkout or of another that
   * shares the database. From it follow the tree hash, and differences between branches.
   */
  tree(scope?: Scope, checkout: string = this.identity.checkout): Map<string, readonly string[]> {
    const query = `SELECT path, group_concat(hex(content_hash), ' ' ORDER BY ordinal) AS hashes FROM main.file
      LEFT JOIN main.segment ON file_id = file.id
      WHERE file.checkout_id = (SELECT id FROM checkout WHERE folder = ?) AND state = 'ingested' GROUP BY file.id`;
    const rows = this.connection.rows(query, (row) => [text(row, 'path'), hashesIn(row)] as const, checkout);
    return new Map(scope === undefined ? rows : rows.filter(([path]) => scope.has(path)));
  }

  /**
   * sha256 (hex) over the set of (path, content hashes) of a scope: equal for equal trees, whatever machine read them.
   */
  treeHash(scope?: Scope): string {
    const leaves = this.connection.guard(() => [...leavesOf(this.connection.db)]);
    return treeHashOf(leaves.filter(([path]) => scope?.has(path) !== false).map(([, leaf]) => leaf));
  }

  /**
   * What one tree has more than another, with signs. A side is a scope of this checkout or a tree: of another checkout,
   * or of a commit whose segments were encoded once. Throws `ledger/missing` where a record is not stored.
   */
  difference(a: Scope | Tree, b: Scope | Tree): Difference {
    return this.connection.guard(() => {
      const find = this.connection.db.prepare('SELECT vectors_hash, vectors FROM record WHERE content_hash = ?');
      return differenceOf(this.#treeOf(a), this.#treeOf(b), (hash) => {
        const row = find.get(Buffer.from(hash, 'hex'));
        if (row === undefined) throw new AppError('ledger/missing', `The record ${hash} of a segment is not stored.`);
        return { record: storedRecord(row, this.identity.shape), vectorsHash: bytes(row, 'vectors_hash') };
      });
    });
  }

  /**
   * The set hash of a scope (of everything when left out), which follows every change. Equal to rebuild() bit for bit:
   * of everything it is one row, of a scope it is added up from that scope or from what it leaves out.
   */
  setHash(scope?: Scope): SetHash {
    return this.connection.guard(() =>
      scope === undefined
        ? storedSetHash(this.connection.db, this.checkoutId)
        : hashOfScope(this.connection.db, this.checkoutId, scope),
    );
  }

  /** Every stored record of all checkouts, those that no file uses now included, by id; page by page. */
  *records(): Generator<StoredRecord> {
    const query = 'SELECT id, content_hash, tokens, origin, vectors FROM record WHERE id > ? ORDER BY id LIMIT ?';
    const read = (row: Row) => ({ id: readId(row), record: this.#storedRecord(row) });
    const page = (after: number, limit: number) => this.connection.rows(query, read, after, limit);
    for (const records of pagesById(page, ({ id }) => id)) for (const { record } of records) yield record;
  }

  totals(): Totals {
    return this.connection.guard(() => totals(this.connection.db, this.location));
  }

  /**
   * Throws `ledger/gone` where the database was deleted or replaced since it was opened: what was stored is
   * nowhere.
   */
  assertOnDisk(): void {
    this.connection.assertOnDisk();
  }

  close(): void {
    this.connection.close();
  }

  #fileIds(scope: Scope): number[] {
    const query = 'SELECT id FROM file WHERE path IN (SELECT value FROM json_each(?))';
    return this.connection.rows(query, readId, JSON.stringify([...scope]));
  }

  #treeOf(side: Scope | Tree): Tree {
    return 'get' in side ? side : this.tree(side);
  }

  #storedRecord(row: Row): StoredRecord {
    return {
      contentHash: Buffer.from(bytes(row, 'content_hash')).toString('hex'),
      tokens: integer(row, 'tokens'),
      origin: bytes(row, 'origin'),
      record: storedRecord(row, this.identity.shape),
    };
  }

  readonly #stored = (row: Row): StoredSegment => ({
    ...storedPlace(row),
    record: row.vectors === null ? undefined : storedRecord(row, this.identity.shape),
  });
}

function hashesIn(row: Row): string[] {
  // An empty file has one row without a hash, and hex() makes an empty text of it.
  return text(row, 'hashes').toLowerCase().split(' ').filter(Boolean);
}
