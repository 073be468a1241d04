import type { DatabaseSync } from 'node:sqlite';

import type { Changing } from './changing.ts';
import { CompressiveMemory } from './compressive-memory.ts';
import { LedgerError } from './ledger-error.ts';
import type { LexicalIndex } from './lexical-index.ts';
import type { Change, LedgerIdentity } from './records.ts';
import { bytes, integer, text } from './row.ts';
import { originOf } from './schema.ts';
import { storedWrite } from './stored.ts';
import { sumWrites } from './sum.ts';
import { scanFor, tracesOf } from './trace.ts';
import type { Scan } from './trace.ts';
import { treeHashOf } from './tree-hash.ts';

export interface Hashes {
  /** CompressiveMemory.hash() */
  readonly memory: string;
  /** treeHashOf() the files */
  readonly tree: string;
}

/** What was forgotten and how that is known. Plain JSON; README.md says what it proves and what not. */
export interface Certificate {
  readonly kind: 'forgotten';
  readonly version: 1;
  /** ISO 8601 */
  readonly at: string;
  readonly checkout: string;
  readonly adapter: string;
  readonly paths: readonly string[];
  readonly segments: number;
  /** Writes that were taken out of the database; `former` of them belonged to earlier versions of the files. */
  readonly writes: number;
  readonly former: number;
  /** Who still uses writes of these files: other checkouts with the same content, and files made of the same writes. */
  readonly kept: readonly { readonly checkout: string; readonly path: string; readonly writes: number }[];
  readonly before: Hashes;
  /** By subtraction: M and z less the files' own, the tree less their leaves. */
  readonly subtracted: Hashes;
  /** Made anew from what the ledger holds now. Equal to `subtracted`, or there is no certificate. */
  readonly rebuilt: Hashes;
  /** The database's files as they lie on disk, searched for bytes of the writes: none was found. */
  readonly scan: Scan;
  /** Damaged databases that were set aside earlier and not searched: they may hold the files. */
  readonly setAside: readonly string[];
  readonly sentence: string;
}

export interface Forgotten {
  readonly change: Change;
  readonly certificate: Certificate;
}

export interface Taken {
  readonly removed: readonly number[];
  readonly facts: Pick<
    Certificate,
    'paths' | 'segments' | 'writes' | 'former' | 'kept' | 'before' | 'subtracted' | 'rebuilt'
  >;
  /** Bytes that must not be found any more. */
  readonly traces: readonly Uint8Array[];
}

interface Place {
  readonly db: DatabaseSync;
  readonly identity: LedgerIdentity;
  readonly lexical: LexicalIndex;
  readonly changing: Changing;
}

/**
 * Takes files and their writes out, inside a transaction of the caller's, and computes the memory that is left twice.
 *
 * @param before M and z of the checkout as it is
 * @throws LedgerError 'failed' when the two do not agree: nothing may be certified then, and the caller rolls back
 */
export function takeOut(place: Place, paths: readonly string[], before: CompressiveMemory): Taken {
  const { db, identity, lexical, changing } = place;
  const list = JSON.stringify(paths);
  const leaves = leavesOf(db);
  const rows = db
    .prepare(
      `SELECT segment.id, write_id, blob FROM segment JOIN file ON file.id = file_id JOIN write ON write.id = write_id
       WHERE path IN (SELECT value FROM json_each(?))`,
    )
    .all(list);
  const own = new CompressiveMemory(identity.shape);
  for (const row of rows) own.add(storedWrite(row, identity.shape));
  const hashBefore = { memory: before.hash(), tree: treeHashOf(leaves.values()) };
  const used = new Set(rows.map((row) => integer(row, 'write_id')));
  const removed = paths.flatMap((path) => changing.removeFile(path));
  const kept = usersOf(db, used);
  const gone = unusedOf(db, used, paths);
  const traces = tracesOf(gone.map(({ key, blob }) => [key, blob]));
  const remove = db.prepare('DELETE FROM write WHERE id = ?');
  for (const { id } of gone) remove.run(id);
  lexical.optimise();

  before.merge(own, -1);
  for (const path of paths) leaves.delete(path);
  const subtracted = { memory: before.hash(), tree: treeHashOf(leaves.values()) };
  const rebuilt = {
    memory: toEnd(sumWrites(db, identity.shape)).hash(),
    tree: treeHashOf(leavesOf(db).values()),
  };
  if (subtracted.memory !== rebuilt.memory || subtracted.tree !== rebuilt.tree) {
    throw new LedgerError(
      'failed',
      'The memory without these files is not what a rebuild gives: nothing was forgotten.',
    );
  }
  const former = gone.filter(({ id }) => !used.has(id)).length;
  return {
    removed,
    traces,
    facts: { paths, segments: rows.length, writes: gone.length, former, kept, before: hashBefore, subtracted, rebuilt },
  };
}

/** Searches what lies on disk and writes the certificate. Throws LedgerError 'failed' where a trace is found. */
export function certify(location: string, identity: LedgerIdentity, { facts, traces }: Taken): Certificate {
  const { scan, setAside } = scanFor(location, traces);
  if (scan.found > 0) {
    throw new LedgerError(
      'failed',
      'The files are out of the memory, but bytes of them are still in its database file.',
    );
  }
  return {
    kind: 'forgotten',
    version: 1,
    at: new Date().toISOString(),
    checkout: identity.checkout,
    adapter: identity.adapter,
    ...facts,
    scan,
    setAside,
    sentence: sentenceOf(facts, setAside.length),
  };
}

/** Runs steps to their end without a pause: inside a transaction nobody else may work on the connection. */
export function toEnd<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function leavesOf(db: DatabaseSync): Map<string, Uint8Array> {
  const rows = db.prepare("SELECT path, digest FROM file WHERE state = 'ingested'").all();
  return new Map(rows.map((row) => [text(row, 'path'), bytes(row, 'digest')]));
}

function usersOf(db: DatabaseSync, writeIds: ReadonlySet<number>): Certificate['kept'] {
  return db
    .prepare(
      `SELECT place, path, count(DISTINCT write_id) AS writes FROM main.segment
       JOIN main.file ON file.id = file_id JOIN checkout ON checkout.id = file.checkout_id
       WHERE write_id IN (SELECT value FROM json_each(?)) GROUP BY file.id ORDER BY place, path`,
    )
    .all(JSON.stringify([...writeIds]))
    .map((row) => ({ checkout: text(row, 'place'), path: text(row, 'path'), writes: integer(row, 'writes') }));
}

/**
 * Writes to take out: those of the files, those of their former versions (found by origin), and unused ones that do not
 * say what they were made for. None that a segment of any checkout uses.
 */
function unusedOf(
  db: DatabaseSync,
  writeIds: ReadonlySet<number>,
  paths: readonly string[],
): { readonly id: number; readonly key: Uint8Array; readonly blob: Uint8Array }[] {
  const origins = paths.map((path) => Buffer.from(originOf(path)).toString('hex').toUpperCase());
  return db
    .prepare(
      `SELECT id, key, blob FROM write
       WHERE (id IN (SELECT value FROM json_each(?)) OR origin = x''
              OR origin IN (SELECT unhex(value) FROM json_each(?)))
         AND NOT EXISTS (SELECT 1 FROM main.segment WHERE write_id = write.id)`,
    )
    .all(JSON.stringify([...writeIds]), JSON.stringify(origins))
    .map((row) => ({ id: integer(row, 'id'), key: bytes(row, 'key'), blob: bytes(row, 'blob') }));
}

function sentenceOf({ paths, segments, writes, kept, rebuilt }: Taken['facts'], setAside: number): string {
  const count = (n: number, one: string) => `${n} ${one}${n === 1 ? '' : 's'}`;
  const sentences = [
    `${count(paths.length, 'file')} with ${count(segments, 'segment')} forgotten: taking them out of the sums leaves ` +
      `exactly the memory that a rebuild without them gives (${rebuilt.memory.slice(0, 12)}), and nothing of ` +
      `${count(writes, 'write')} is left in the database.`,
  ];
  if (kept.length > 0) {
    const places = [...new Set(kept.map(({ checkout }) => checkout))].join(', ');
    sentences.push(`The same content stays where it is still used: ${places}.`);
  }
  if (setAside > 0) {
    sentences.push(
      `${count(setAside, 'damaged database')} set aside earlier may still hold it; delete what you do not need.`,
    );
  }
  return sentences.join(' ');
}
