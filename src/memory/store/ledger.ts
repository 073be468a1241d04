import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

import { AppError } from '../../common/app-error.ts';
import { StoreWriter } from './store-writer.ts';
import { Connection } from './connection.ts';
import { openReader } from './database.ts';
import { clearElsewhere } from './elsewhere.ts';
import { contentHashesOf, footprintOf } from './footprint.ts';
import { certify, takeOut } from './forget.ts';
import type { Forgotten, ForgetOptions, Taken } from './forget.ts';
import { translate } from '../ledger-error.ts';
import { openLedger } from './open-ledger.ts';
import type { OpenOptions } from './open-ledger.ts';
import { hashOfRows } from './set-hash-store.ts';
import { StoreReader } from './store-reader.ts';
import type { SetHash } from '../algebra/set-hash.ts';
import type {
  Change,
  FileMeta,
  FileState,
  LedgerIdentity,
  Scope,
  SecretCheck,
  SegmentEntry,
  StoredRecord,
  Verdict,
} from '../records.ts';
import { text } from './row.ts';
import { dropFormerText, owesScrub, scrubbed } from './secret-check.ts';
import { dropFormerEncoders } from './former-encoders.ts';
import { prune } from './prune.ts';
import type { PruneLimits, Pruned } from './prune.ts';
import { rewriteWithoutFreePages } from './residue-scan.ts';
import { endForgetting } from './unfinished.ts';
import { brokenFiles, damagedRecords, verify } from './verify.ts';
import type { EmbeddingRecord } from '../algebra/embedding-record.ts';

export type { LedgerIdentity } from '../records.ts';

export type Opened =
  | { readonly kind: 'open'; readonly ledger: Ledger }
  | {
      readonly kind: 'recovered';
      readonly ledger: Ledger;
      readonly message: string;
      /** The damaged database's new name. */
      readonly setAside: string;
      /** Records that were still readable and were kept. */
      readonly recovered: number;
    };

/** How often forgetting begins anew because the files were read again meanwhile. */
const ATTEMPTS = 4;
/** Whether somebody else has recorded a file meanwhile, and knows better. */
type Superseded = (path: string) => boolean;
const never: Superseded = () => false;
/** A change that changes nothing. */
const NOTHING = { removed: [], added: [], embedded: [] } as const;

/**
 * What is remembered of one repository by one adapter, in one SQLite database, seen from one of its checkouts: files,
 * segments and searches are of that checkout, records are shared by all. Calls are synchronous, except those that
 * read every record. Several processes may use one database: readers never wait, writers wait for each other.
 *
 * Everything throws `ledger/…`, one sentence and what to do, when the database or the disk fails.
 */
export class Ledger extends StoreReader {
  readonly #changing: StoreWriter;

  private constructor(connection: Connection, identity: LedgerIdentity, checkoutId: number) {
    super(connection, identity, checkoutId);
    this.#changing = new StoreWriter(connection.db, this.lexical, identity.shape, checkoutId);
  }

  /**
   * Opens or begins the database. A damaged one is renamed, never deleted, and a new one begun with the records that
   * can still be read.
   *
   * @param place a file ending in `.sqlite`, or a folder in which the file is named after the identity
   */
  static open(place: string, identity: LedgerIdentity, options: OpenOptions = {}): Opened {
    const opened = openLedger(place, identity, options);
    const ledger = new Ledger(new Connection(opened.db, opened.location), identity, opened.checkoutId);
    if (opened.kind === 'open') return { kind: 'open', ledger };
    const { message, setAside, recovered } = opened;
    return { kind: 'recovered', ledger, message, setAside, recovered };
  }

  /**
   * Records an ingested file with all its segments in one transaction, in place of what was known of it: a process that
   * is killed at any moment has either all of the file or all of what was there before.
   *
   * A record that is stored already is kept as it is, whatever is handed over: another machine may have rounded
   * differently, and one content must have one record.
   *
   * @param segments in order
   * @param records  by content hash, at least those that hasRecord() does not know; else `ledger/missing`
   * @param superseded asked inside the transaction, when nobody else can write: true leaves what is recorded
   */
  putFile(
    path: string,
    meta: FileMeta,
    segments: readonly SegmentEntry[],
    records: ReadonlyMap<string, EmbeddingRecord>,
    superseded: Superseded = never,
  ): Change {
    return this.#replace(path, superseded, () =>
      this.#changing.replace(path, meta, { kind: 'ingested' }, segments, records),
    );
  }

  /**
   * Records an ingested file by its words, in one transaction as putFile() does: it is searched from then on. Segments
   * whose record is stored have their vectors at once; the others stand without until embed().
   */
  putWords(path: string, meta: FileMeta, segments: readonly SegmentEntry[], superseded: Superseded = never): Change {
    return this.#replace(path, superseded, () =>
      this.#changing.replace(path, meta, { kind: 'ingested' }, segments, new Map(), 'leave'),
    );
  }

  /**
   * Stores records and gives them to the segments of this checkout that stand without vectors, in one transaction. A
   * record that no segment waits for is kept for other branches, as putRecords() keeps it.
   */
  embed(records: readonly StoredRecord[]): Change {
    return this.#change(() => {
      for (const record of records) this.#changing.putRecord(record);
      return { ...NOTHING, embedded: this.#changing.embed(records.map(({ contentHash }) => contentHash)) };
    });
  }

  /** Gives segments that stand without vectors the records that were stored since, by another process or checkout. */
  embedStored(): Change {
    return this.#change(() => ({ ...NOTHING, embedded: this.#changing.embed() }));
  }

  /** Records why a file is not in the memory; segments it had are removed. `superseded` as for putFile(). */
  skipFile(
    path: string,
    meta: FileMeta,
    state: Exclude<FileState, { kind: 'ingested' }>,
    superseded: Superseded = never,
  ): Change {
    return this.#replace(path, superseded, () => this.#changing.replace(path, meta, state, [], new Map()));
  }

  /**
   * Removes files as if they had never been seen, because they are not there now. Their records stay for other branches
   * until prune(). `superseded` as for putFile(), of each.
   */
  drop(paths: Iterable<string>, superseded: Superseded = never): Change {
    const list = [...paths];
    return this.#change(() => ({
      ...NOTHING,
      removed: list.flatMap((path) => (superseded(path) ? [] : this.#changing.removeFile(path))),
    }));
  }

  /**
   * Forgets files for good. Everything else below `home` is searched first, while the database still knows what to look
   * for (elsewhere.ts); then their records and words, and every record that no file uses, leave the database and its
   * log. The set hash that is left is computed by subtraction and from the rows that are left: both are equal, or
   * nothing is forgotten. Others can read meanwhile. A process that is killed has certified nothing: the files are in
   * or out, and whoever opens the database next, or forgets once more, cleans what was left.
   *
   * @throws `ledger/busy` where the log could not be emptied: the files are out of the memory, traces are not
   */
  async forget(paths: Iterable<string>, options: ForgetOptions = {}): Promise<Forgotten> {
    const list = [...new Set(paths)];
    const { db } = this.connection;
    const { identity, location } = this;
    const { mark, signal, names = [], home = dirname(location) } = options;
    const { lexical, checkoutId } = this;
    const place = { db, location, identity, checkoutId, lexical, changing: this.#changing, mark };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const footprint = this.connection.guard(() => footprintOf(db, list));
      const live = new Set(this.#ingestedPaths());
      const search = { home, location, identity, names, mark, live, signal };
      const elsewhere = await clearElsewhere(search, footprint);
      signal?.throwIfAborted();
      let taken: Taken | undefined;
      const change = this.#change(() => {
        // Somebody has read the files anew: what came has not been searched for.
        const isSearched = [...contentHashesOf(db, list)].every((hash) => footprint.contentHashes.has(hash));
        if (!isSearched) return NOTHING;
        taken = takeOut(place, footprint);
        return { ...NOTHING, removed: taken.removed };
      });
      const facts: Taken | undefined = taken;
      if (facts === undefined) continue;
      this.connection.guard(() => {
        rewriteWithoutFreePages(location);
      });
      this.connection.change(() => {
        endForgetting(db);
      });
      const certificate = await certify(place, facts, elsewhere);
      this.assertOnDisk();
      return { change, certificate };
    }
    throw new AppError('ledger/busy', 'Another window reads these files anew all the time: they were not forgotten.');
  }

  /**
   * Several changes in one transaction, all or nothing: a transaction a file takes longer than what is written.
   * What the changes return is true once this has returned.
   */
  together<T>(work: () => T): T {
    return this.connection.change(work);
  }

  /** Notes what was seen of a file whose content is what is recorded; what another process recorded since stays. */
  noteStat(path: string, meta: FileMeta): void {
    this.connection.change(() => {
      const now = this.file(path);
      const same = now?.blobHash === meta.blobHash && now.bytes === meta.bytes && now.mtimeMs === meta.mtimeMs;
      const fileId = same ? this.#changing.fileId(path) : undefined;
      if (fileId !== undefined) this.#changing.putStat(fileId, meta.stat);
    });
  }

  /** Makes the next walk read these files again, though they look as they were: somebody has seen that they are not. */
  doubt(paths: readonly string[]): void {
    if (paths.length === 0) return;
    this.connection.change(() => {
      for (const path of paths) this.#changing.doubt(path);
    });
  }

  /** Notes that a file, unchanged, holds nothing to be masked under these rules: nothing else of it changes. */
  markChecked(path: string, secrets: SecretCheck): void {
    this.connection.change(() => {
      this.#changing.markChecked(path, secrets);
    });
  }

  /**
   * Takes words and records of text that was read in clear, and that is masked now, off the disk. Does nothing where
   * there was no such text. Throws `ledger/busy` where another process reads an older state: to be tried again.
   */
  scrub(): void {
    const { db } = this.connection;
    if (!this.connection.guard(() => owesScrub(db))) return;
    this.connection.change(() => {
      dropFormerText(db, this.lexical);
    });
    this.connection.guard(() => {
      rewriteWithoutFreePages(this.location);
    });
    this.connection.change(() => {
      scrubbed(db);
    });
  }

  /** Stores records that no file uses yet, from another ledger of the same adapter. How many were not there before. */
  putRecords(records: Iterable<StoredRecord>): number {
    return this.connection.change(() => {
      const before = this.#changing.countRecords();
      for (const record of records) this.#changing.putRecord(record);
      return this.#changing.countRecords() - before;
    });
  }

  /**
   * The set hash of a scope (of everything when left out), made anew from the stored vectors: one moment of the
   * database, whatever is written meanwhile. What setHash() is checked against. `signal` aborts with its reason.
   */
  async rebuild(scope?: Scope, signal?: AbortSignal): Promise<SetHash> {
    return this.#reading((reader) =>
      this.connection.walk(hashOfRows(reader, this.checkoutId, 'vectors', scope), signal),
    );
  }

  /**
   * Checks everything that can be checked, checksums included, and compares the set hash in use with one made anew.
   * Never throws for damage: the verdict says what differs.
   */
  async verify(signal?: AbortSignal): Promise<Verdict> {
    try {
      return await this.#reading((reader) =>
        this.connection.walk(verify(reader, this.identity.shape, this.checkoutId), signal),
      );
    } catch (error) {
      const known = translate(error, this.location);
      if (known?.code !== 'ledger/damaged' && known?.code !== 'ledger/corrupt') throw known ?? error;
      return { kind: 'unsound', needs: 'rebuild', message: known.problem, faults: [known.message] };
    }
  }

  /**
   * Drops records that fail their checksum with the files made of them, and files that are not as they were stored, in
   * every checkout, and makes every set hash anew. Returns those of this one: they are to be read again; another
   * checkout reads its own again when it is opened next.
   */
  async repair(signal?: AbortSignal): Promise<string[]> {
    const { db } = this.connection;
    const badRecords = await this.connection.walk(damagedRecords(db, this.identity.shape), signal);
    const badFiles = await this.connection.walk(brokenFiles(db), signal);
    const paths = this.connection.rows(
      `SELECT DISTINCT file.path FROM file LEFT JOIN segment ON segment.file_id = file.id
       WHERE segment.record_id IN (SELECT value FROM json_each(?)) OR file.id IN (SELECT value FROM json_each(?))
       ORDER BY file.path`,
      (row) => text(row, 'path'),
      JSON.stringify(badRecords),
      JSON.stringify(badFiles),
    );
    this.#change(() => {
      const removed = paths.flatMap((path) => this.#changing.removeFile(path));
      this.#changing.dropDamaged(badRecords, badFiles);
      return { ...NOTHING, removed };
    });
    return paths;
  }

  /** Drops records that no file of any checkout uses, checkouts that are gone, and databases of former encoders. */
  prune(limits: PruneLimits): Pruned {
    const { location, identity, lexical, checkoutId } = this;
    const { db } = this.connection;
    return this.connection.guard(() => {
      const pruned = prune(db, lexical, checkoutId, limits);
      return { ...pruned, formerEncoders: dropFormerEncoders({ db, location, identity }, limits) };
    });
  }

  #replace(path: string, superseded: Superseded, work: () => Pick<Change, 'removed' | 'added'>): Change {
    return this.#change(() => (superseded(path) ? NOTHING : { ...NOTHING, ...work() }));
  }

  #change(work: () => Omit<Change, 'generation'>): Change {
    return this.connection.change(() => {
      const done = work();
      this.#changing.countChange();
      return { ...done, generation: this.generation() };
    });
  }

  #ingestedPaths(): string[] {
    return this.connection.rows("SELECT path FROM file WHERE state = 'ingested'", (row) => text(row, 'path'));
  }

  async #reading<T>(work: (reader: DatabaseSync) => Promise<T>): Promise<T> {
    const reader = this.connection.guard(() => openReader(this.location, this.checkoutId));
    try {
      return await work(reader);
    } finally {
      reader.close();
    }
  }
}
