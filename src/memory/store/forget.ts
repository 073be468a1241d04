import { basename } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

import { AppError } from '../../common/app-error.ts';
import type { StoreWriter } from './store-writer.ts';
import { holdersIn } from './elsewhere.ts';
import type { Elsewhere, Left, Mark } from './elsewhere.ts';
import { CONTENT } from './database.ts';
import { drain } from './steps.ts';
import { leavesOf } from './file-checksum.ts';
import type { Footprint } from './footprint.ts';
import type { LexicalIndex } from '../search/full-text-index.ts';
import { certificateSentence } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import type { Change, LedgerIdentity } from '../records.ts';
import { bytes, integer, text } from './row.ts';
import { UNUSED } from './schema.ts';
import { hashOfRows, storedSetHash } from './set-hash-store.ts';
import { idOf, Traces, traceOf, traceOfRecord } from './residue-scan.ts';
import type { Trace } from './residue-scan.ts';
import { treeHashOf } from '../algebra/tree-hash.ts';
import { beginForgetting } from './unfinished.ts';

export interface Forgotten {
  readonly change: Change;
  readonly certificate: Certificate;
}

export interface ForgetOptions {
  /** How the files are noted in place of what was known of them; left out, nothing is. */
  readonly mark?: Mark;
  /** The folder below which memories are kept: all of it is searched. The database's own folder when left out. */
  readonly home?: string;
  /** Names that the repository had before. */
  readonly names?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

export interface Taken {
  readonly removed: readonly number[];
  readonly facts: Pick<
    Certificate,
    'paths' | 'segments' | 'records' | 'former' | 'kept' | 'before' | 'subtracted' | 'rebuilt'
  >;
  /** Files of the same database, of any of its checkouts, with the same content or nearly the same words. */
  readonly left: readonly Left[];
  /** What must not be found any more. */
  readonly traces: readonly Trace[];
}

interface Ground {
  readonly db: DatabaseSync;
  readonly location: string;
  readonly identity: LedgerIdentity;
  readonly checkoutId: number;
  readonly lexical: LexicalIndex;
  readonly changing: StoreWriter;
  readonly mark: Mark | undefined;
}

/**
 * Takes files and their records out, with every record that no file uses, inside a transaction of the caller's, and
 * computes the hashes that are left twice: by subtraction, as they are stored then, and from the rows that are left.
 *
 * @throws `ledger/failed` when the two do not agree: nothing may be certified then, and the caller rolls back
 */
export function takeOut(ground: Ground, footprint: Footprint): Taken {
  const { db, checkoutId, lexical, changing, mark } = ground;
  const { paths } = footprint;
  const leaves = leavesOf(db);
  const rows = db
    .prepare(
      `SELECT record_id FROM segment JOIN file ON file.id = file_id WHERE path IN (SELECT value FROM json_each(?))`,
    )
    .all(JSON.stringify(paths));
  const used = new Set(rows.flatMap((row) => (row.record_id === null ? [] : [integer(row, 'record_id')])));
  const before = { setHash: storedSetHash(db, checkoutId).hex(), treeHash: treeHashOf(leaves.values()) };
  beginForgetting(db);
  const removed = paths.flatMap((path) => {
    leaves.delete(path);
    const segments = changing.removeFile(path);
    if (mark !== undefined) changing.replace(path, mark.meta, mark.state, [], new Map());
    return segments;
  });
  const kept = usersOf(db, used);
  const gone = takeUnused(db);
  lexical.optimize();

  const subtracted = { setHash: storedSetHash(db, checkoutId).hex(), treeHash: treeHashOf(leaves.values()) };
  const rebuilt = {
    setHash: drain(hashOfRows(db, checkoutId, 'hashes')).hex(),
    treeHash: treeHashOf(leavesOf(db).values()),
  };
  if (subtracted.setHash !== rebuilt.setHash || subtracted.treeHash !== rebuilt.treeHash) {
    throw new AppError(
      'ledger/failed',
      'The index without these files is not what a rebuild gives: nothing was forgotten.',
    );
  }
  const former = gone.filter(({ id }) => !used.has(id)).length;
  const left = holdersIn(db, ground.location, footprint).filter(
    (one) => !('path' in one && kept.some(({ checkout, path }) => checkout === one.checkout && path === one.path)),
  );
  return {
    removed,
    left,
    traces: gone.flatMap(({ contentHash, vectors }) => [...traceOf(contentHash), ...traceOfRecord(vectors)]),
    facts: { paths, segments: rows.length, records: gone.length, former, kept, before, subtracted, rebuilt },
  };
}

/** Searches what lies on disk and writes the certificate. Throws `ledger/failed` where a trace is found. */
export async function certify(
  { db, location, identity }: Pick<Ground, 'db' | 'location' | 'identity'>,
  { facts, traces, left }: Taken,
  elsewhere: Elsewhere,
): Promise<Certificate> {
  const searched = new Traces(traces);
  const files = CONTENT.map((suffix) => location + suffix).filter((file) => idOf(file) !== undefined);
  let bytesRead = 0;
  let found = 0;
  for (const file of files) {
    const seen = await searched.in(file);
    bytesRead += seen.bytes;
    found += seen.found.filter((trace) => !isKept(db, trace)).length;
  }
  if (found > 0) {
    throw new AppError(
      'ledger/failed',
      'The files are out of the memory, but bytes of them are still in its database file.',
    );
  }
  const everywhere = { ...elsewhere, left: [...left, ...elsewhere.left] };
  const names = files.map((file) => basename(file));
  const scan = { files: names, bytes: bytesRead, traces: searched.size, found };
  const setAside = everywhere.left.filter(({ why }) => why === 'damaged').map(({ place }) => place);
  return {
    kind: 'forgotten',
    version: 3,
    at: new Date().toISOString(),
    checkout: identity.checkout,
    adapter: identity.adapter,
    ...facts,
    scan,
    setAside,
    elsewhere: everywhere,
    message: certificateSentence(facts, everywhere),
  };
}

/**
 * Whether bytes are those of a record that stays, because nearly the same text may give the same numbers in the middle;
 * or of a segment elsewhere that has the same content and is not embedded.
 */
function isKept(db: DatabaseSync, trace: Uint8Array): boolean {
  const query = `SELECT 1 FROM record WHERE instr(vectors, ?) > 0
    UNION ALL SELECT 1 FROM main.segment WHERE record_id IS NULL AND instr(content_hash, ?) > 0 LIMIT 1`;
  return db.prepare(query).get(trace, trace) !== undefined;
}

function usersOf(db: DatabaseSync, recordIds: ReadonlySet<number>): Certificate['kept'] {
  return db
    .prepare(
      `SELECT folder, path, count(DISTINCT record_id) AS records FROM main.segment
       JOIN main.file ON file.id = file_id JOIN checkout ON checkout.id = file.checkout_id
       WHERE record_id IN (SELECT value FROM json_each(?)) GROUP BY file.id ORDER BY folder, path`,
    )
    .all(JSON.stringify([...recordIds]))
    .map((row) => ({ checkout: text(row, 'folder'), path: text(row, 'path'), records: integer(row, 'records') }));
}

interface Gone {
  readonly id: number;
  readonly contentHash: Uint8Array;
  readonly vectors: Uint8Array;
}

/** Takes out every record that no segment of any checkout uses. */
function takeUnused(db: DatabaseSync): Gone[] {
  return db
    .prepare(`DELETE FROM record WHERE ${UNUSED} RETURNING id, content_hash, vectors`)
    .all()
    .map((row) => ({
      id: integer(row, 'id'),
      contentHash: bytes(row, 'content_hash'),
      vectors: bytes(row, 'vectors'),
    }));
}
