import { createHash } from 'node:crypto';

import { SetHash } from '../algebra/set-hash.ts';
import type { SetElement } from '../algebra/set-hash.ts';
import { leafDigest, treeHashOf } from '../algebra/tree-hash.ts';
import type { FileState } from '../records.ts';

/** A file as a snapshot lists it. A sentence of the ledger is left out: it may hold places of the machine. */
export interface SnapshotFile {
  readonly path: string;
  readonly blobHash: string;
  readonly bytes: number;
  readonly lines: number;
  readonly state: FileState['kind'];
  /** '' for ingested files */
  readonly reason: string;
  readonly segments: readonly SnapshotSegment[];
}

export interface SnapshotSegment {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  /** Row of the table of records, from 1, in the order of first use. */
  readonly recordId: number;
}

/** sha256 over the rows in the order files with their segments, terms, records: equal content has an equal digest. */
export class ContentDigest {
  readonly #hash = createHash('sha256').update('memory snapshot content 1\n');

  file({ path, blobHash, bytes, lines, state, reason, segments }: SnapshotFile): void {
    const places = segments.map(({ start, end, tokens, recordId }) => [start, end, tokens, recordId]);
    this.#line(['file', path, blobHash, bytes, lines, state, reason, places]);
  }

  term(term: string): void {
    this.#line(['term', term]);
  }

  record(key: Uint8Array, words: Uint8Array, blob: Uint8Array): void {
    // Called so in every version: equal content has an equal digest.
    this.#line(['write', key.length, words.length, blob.length]);
    this.#hash.update(key).update(words).update(blob);
  }

  /** Ends it. */
  hex(): string {
    return this.#hash.digest('hex');
  }

  #line(values: readonly unknown[]): void {
    this.#hash.update(`${JSON.stringify(values)}\n`);
  }
}

/** An ingested file, and the numbers of its segments' records in order. */
export interface HashedFile {
  readonly path: string;
  readonly recordIds: readonly number[];
}

/** What stands for a record in the hashes: [32] each. */
export type HashedRecord = Pick<SetElement, 'contentHash' | 'vectorsHash'>;

/** The two hashes that a snapshot states of its files. */
export function hashesOf(
  files: readonly HashedFile[],
  recordOf: (recordId: number) => HashedRecord,
): { readonly treeHash: string; readonly setHash: string } {
  const setHash = new SetHash();
  const leaves = files.map(({ path, recordIds }) => {
    const records = recordIds.map(recordOf);
    for (const [ordinal, record] of records.entries()) setHash.add({ path, ordinal, ...record });
    return leafDigest(
      path,
      records.map(({ contentHash }) => Buffer.from(contentHash).toString('hex')),
    );
  });
  return { treeHash: treeHashOf(leaves), setHash: setHash.hex() };
}
