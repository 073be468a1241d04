import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';

import { bytes, integer, text } from './row.ts';
import { leafDigest } from '../algebra/tree-hash.ts';

/** What is stored beside a file's row so that a changed bit in it, or in its segments, is seen. */
export interface FileChecksum {
  readonly digest: Uint8Array;
  readonly checksum: number;
}

/** Computes digest and seal of files from their rows, in whatever checkout they are. */
export class FileChecksums {
  readonly #db: DatabaseSync;
  readonly #file: StatementSync;
  readonly #segments: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#file = db.prepare(
      `SELECT checkout_id, path, blob_hash, bytes, mtime_ms, lines, state, reason, sentence FROM main.file WHERE id = ?`,
    );
    this.#segments = db.prepare(
      `SELECT segment.checkout_id, ordinal, first, last, segment.tokens, key FROM main.segment
       JOIN main.write ON write.id = write_id WHERE file_id = ? ORDER BY ordinal`,
    );
  }

  /** What the seal of a file must be. Throws RowError where the file is gone or a value is of another type. */
  of(fileId: number): FileChecksum {
    const file = this.#file.get(fileId) ?? {};
    const segments = this.#segments.all(fileId);
    const keys = segments.map((row) => Buffer.from(bytes(row, 'key')).toString('hex'));
    const path = text(file, 'path');
    const rows = [
      Object.values(file),
      ...segments.map((row, at) => [...Object.values({ ...row, key: keys[at] ?? '' })]),
    ];
    return { digest: leafDigest(path, keys), checksum: crc32(JSON.stringify(rows)) };
  }

  /** Stores digest and seal with the file. */
  put(fileId: number): void {
    const { digest, checksum: seal } = this.of(fileId);
    this.#db.prepare('UPDATE main.file SET digest = ?, seal = ? WHERE id = ?').run(digest, seal, fileId);
  }

  /** True when the stored digest and seal are those of the rows. */
  holds(fileId: number): boolean {
    const stored = this.#db.prepare('SELECT digest, seal FROM main.file WHERE id = ?').get(fileId) ?? {};
    const { digest, checksum: seal } = this.of(fileId);
    return integer(stored, 'seal') === seal && Buffer.compare(bytes(stored, 'digest'), digest) === 0;
  }
}
