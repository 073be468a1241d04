import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';

import type { SetElement } from '../algebra/set-hash.ts';
import { bytes, integer, pagesById, text } from './row.ts';
import type { Row } from './row.ts';
import { leafDigest } from '../algebra/tree-hash.ts';

/** The columns of a file's row that its checksum is over, in this order. */
const COLUMNS = [
  'checkout_id',
  'path',
  'blob_hash',
  'bytes',
  'mtime_ms',
  'lines',
  'state',
  'reason',
  'message',
  'secret_check',
] as const;

/** NULL where a flipped bit has made a text of the same bytes. */
const CONTENT_HASH = `CASE typeof(segment.content_hash) WHEN 'blob' THEN lower(hex(segment.content_hash)) END`;
/** A segment's row as JSON. NULL where a value is missing: its segment is left out, which the checksum shows. */
const SEGMENT = `'[' || segment.checkout_id || ',' || ordinal || ',' || start_line || ',' || end_line || ',' ||
  segment.tokens || ',"' || ${CONTENT_HASH} || '"]'`;

/**
 * Files with their segments, one row a file: a row of each segment takes twice the time. A segment that is not embedded
 * has an empty vectors hash.
 */
const filesWhere = (condition: string): string =>
  `SELECT file.id, ${COLUMNS.map((name) => `file.${name}`).join(', ')}, tree_leaf, checksum,
     group_concat(${SEGMENT}, ',' ORDER BY ordinal) AS segments,
     group_concat(${CONTENT_HASH}, ' ' ORDER BY ordinal) AS content_hashes,
     group_concat(hex(vectors_hash), ' ' ORDER BY ordinal) AS vectors_hashes
   FROM main.file LEFT JOIN main.segment ON file_id = file.id LEFT JOIN main.record ON record.id = record_id
   WHERE ${condition} GROUP BY file.id ORDER BY file.id`;

/** What is stored beside a file's row so that a changed bit in it, or in its segments, is seen. */
interface FileChecksum {
  readonly treeLeaf: Uint8Array;
  readonly checksum: number;
}

/** A file as it was found, of whatever checkout. */
export interface CheckedFile {
  readonly id: number;
  readonly checkoutId: number;
  /** True when the stored tree leaf and checksum are those of the rows. */
  readonly isSound: boolean;
  /** Its embedded segments. */
  readonly elements: () => SetElement[];
}

/** Computes tree leaf and checksum of files from their rows, in whatever checkout they are. */
export class FileChecksums {
  readonly #file: StatementSync;
  readonly #put: StatementSync;

  constructor(db: DatabaseSync) {
    this.#file = db.prepare(filesWhere('file.id = ?'));
    this.#put = db.prepare('UPDATE main.file SET tree_leaf = ?, checksum = ? WHERE id = ?');
  }

  /**
   * Stores tree leaf and checksum with the file. Throws `memory/column` where the file is gone or a value is of another
   * type.
   */
  put(fileId: number): void {
    const { treeLeaf, checksum } = checksumOf(this.#file.get(fileId) ?? {});
    this.#put.run(treeLeaf, checksum, fileId);
  }
}

/** Every file of every checkout, checked, page by page. Throws `memory/column` where a value is of another type. */
export function checkedFiles(db: DatabaseSync): Generator<readonly CheckedFile[], void> {
  const page = db.prepare(`${filesWhere('file.id > ?')} LIMIT ?`);
  return pagesById(
    (after, limit) => page.all(after, limit).map(checked),
    ({ id }) => id,
  );
}

/** The tree leaves of the ingested files of the connection's checkout, by path. */
export function leavesOf(db: DatabaseSync): Map<string, Uint8Array> {
  // In the order of the tree hash, which SQLite sorts faster.
  const rows = db.prepare("SELECT path, tree_leaf FROM file WHERE state = 'ingested' ORDER BY tree_leaf").all();
  return new Map(rows.map((row) => [text(row, 'path'), bytes(row, 'tree_leaf')]));
}

function checked(row: Row): CheckedFile {
  const { treeLeaf, checksum } = checksumOf(row);
  const isSound = integer(row, 'checksum') === checksum && Buffer.compare(bytes(row, 'tree_leaf'), treeLeaf) === 0;
  return { id: integer(row, 'id'), checkoutId: integer(row, 'checkout_id'), isSound, elements: () => elementsIn(row) };
}

function checksumOf(row: Row): FileChecksum {
  const file = JSON.stringify(COLUMNS.map((name) => row[name]));
  const segments = row.segments === null ? '' : `,${text(row, 'segments')}`;
  return { treeLeaf: leafDigest(text(row, 'path'), contentHashes(row)), checksum: crc32(`[${file}${segments}]`) };
}

function elementsIn(row: Row): SetElement[] {
  const path = text(row, 'path');
  const vectors = row.vectors_hashes === null ? [] : text(row, 'vectors_hashes').split(' ');
  return contentHashes(row).flatMap((contentHash, ordinal) => {
    const vectorsHash = vectors[ordinal] ?? '';
    if (vectorsHash === '') return [];
    return {
      path,
      ordinal,
      contentHash: Buffer.from(contentHash, 'hex'),
      vectorsHash: Buffer.from(vectorsHash, 'hex'),
    };
  });
}

function contentHashes(row: Row): string[] {
  return row.content_hashes === null ? [] : text(row, 'content_hashes').split(' ');
}
