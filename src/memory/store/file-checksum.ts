import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';

import { bytes, integer, text } from './row.ts';
import { leafDigest } from '../algebra/tree-hash.ts';

/** What is stored beside a file's row so that a changed bit in it, or in its segments, is seen. */
export interface FileChecksum {
  readonly treeLeaf: Uint8Array;
  readonly checksum: number;
}

/** Computes tree leaf and checksum of files from their rows, in whatever checkout they are. */
export class FileChecksums {
  readonly #file: StatementSync;
  readonly #segments: StatementSync;
  readonly #stored: StatementSync;
  readonly #put: StatementSync;

  constructor(db: DatabaseSync) {
    this.#file = db.prepare(
      `SELECT checkout_id, path, blob_hash, bytes, mtime_ms, lines, state, reason, message, secret_check
       FROM main.file WHERE id = ?`,
    );
    this.#segments = db.prepare(
      `SELECT checkout_id, ordinal, start_line, end_line, tokens, content_hash FROM main.segment
       WHERE file_id = ? ORDER BY ordinal`,
    );
    this.#stored = db.prepare('SELECT tree_leaf, checksum FROM main.file WHERE id = ?');
    this.#put = db.prepare('UPDATE main.file SET tree_leaf = ?, checksum = ? WHERE id = ?');
  }

  /**
   * What the checksum of a file must be. Throws `memory/column` where the file is gone or a value is of another type.
   */
  of(fileId: number): FileChecksum {
    const file = this.#file.get(fileId) ?? {};
    const segments = this.#segments.all(fileId);
    const hashes = segments.map((row) => Buffer.from(bytes(row, 'content_hash')).toString('hex'));
    const path = text(file, 'path');
    const rows = [
      Object.values(file),
      ...segments.map((row, at) => [...Object.values({ ...row, content_hash: hashes[at] ?? '' })]),
    ];
    return { treeLeaf: leafDigest(path, hashes), checksum: crc32(JSON.stringify(rows)) };
  }

  /** Stores tree leaf and checksum with the file. */
  put(fileId: number): void {
    const { treeLeaf, checksum } = this.of(fileId);
    this.#put.run(treeLeaf, checksum, fileId);
  }

  /** True when the stored tree leaf and checksum are those of the rows. */
  holds(fileId: number): boolean {
    const stored = this.#stored.get(fileId) ?? {};
    const { treeLeaf, checksum } = this.of(fileId);
    return integer(stored, 'checksum') === checksum && Buffer.compare(bytes(stored, 'tree_leaf'), treeLeaf) === 0;
  }
}
