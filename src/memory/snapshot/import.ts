import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

import { StoreWriter } from '../store/store-writer.ts';
import { enterCheckout, openDatabase } from '../store/database.ts';
import { translate } from '../ledger-error.ts';
import { LexicalIndex } from '../search/full-text-index.ts';
import type { StoreReader } from '../store/store-reader.ts';
import type { FileMeta, SegmentEntry } from '../records.ts';
import { originOf } from '../store/schema.ts';
import { recordLayout } from '../algebra/shape.ts';
import type { Checked } from './check.ts';
import type { SnapshotFile } from './content.ts';
import { PAGE } from './format.ts';
import type { Snapshot } from './snapshot.ts';

/** A file that stands in the checkout as the snapshot knows it. */
export interface Placed {
  readonly meta: FileMeta;
  /** terms() of each segment's text, in order. */
  readonly terms: readonly (readonly string[])[];
}

/**
 * The file in the importer's checkout, if it is the same to the last byte; else undefined, and only its records are
 * taken.
 */
export type Place = (
  file: SnapshotFile,
  keyOf: (recordId: number) => string,
) => Placed | undefined | Promise<Placed | undefined>;

export interface ImportOptions {
  readonly place: Place;
  /** Reason of files that the importer's user has forgotten: neither they nor their records come back this way. */
  readonly forgotten?: string;
  readonly signal?: AbortSignal | undefined;
  readonly onFiles?: (done: number, of: number) => void;
}

export interface Imported {
  /** Ingested files of the snapshot: now the checkout's, known to it before, of other content or missing, forgotten. */
  readonly files: {
    readonly placed: number;
    readonly known: number;
    readonly different: number;
    readonly forgotten: number;
  };
  /** Records that were not there before, and those that were. */
  readonly records: { readonly added: number; readonly known: number };
}

/**
 * Takes over a checked snapshot in one transaction: all of it or, after an error, an abort or a kill, nothing. What the
 * ledger holds is never replaced by something else: a record that is stored stays as it is, and a file's rows change
 * only where `place` says that the checkout holds that very content. The snapshot's digest is computed once more over
 * what was really taken, so that a file that changes under our hands cannot slip in.
 *
 * @throws `snapshot/…`, `ledger/…`; the signal's reason
 */
export async function importSnapshot(
  ledger: StoreReader,
  snapshot: Snapshot,
  checked: Checked,
  options: ImportOptions,
): Promise<Imported> {
  const { identity, location } = ledger;
  snapshot.checkReader(identity);
  try {
    // A connection of its own: others of this process may ask and change in the pauses without being drawn in.
    const db = openDatabase(location, { ...identity, layout: recordLayout(identity.shape) });
    try {
      const checkoutId = enterCheckout(db, identity.checkout);
      const changing = new StoreWriter(db, new LexicalIndex(db), identity.shape, checkoutId);
      db.exec('BEGIN IMMEDIATE');
      try {
        const imported = await new Import(db, ledger, changing, snapshot, checked, options).run();
        changing.countChange();
        options.signal?.throwIfAborted();
        db.exec('COMMIT');
        return imported;
      } finally {
        if (db.isTransaction) db.exec('ROLLBACK');
      }
    } finally {
      db.close();
    }
  } catch (error) {
    throw translate(error, location) ?? error;
  }
}

class Import {
  readonly #db: DatabaseSync;
  readonly #ledger: StoreReader;
  readonly #changing: StoreWriter;
  readonly #snapshot: Snapshot;
  readonly #checked: Checked;
  readonly #options: ImportOptions;

  constructor(
    db: DatabaseSync,
    ledger: StoreReader,
    changing: StoreWriter,
    snapshot: Snapshot,
    checked: Checked,
    options: ImportOptions,
  ) {
    this.#db = db;
    this.#ledger = ledger;
    this.#changing = changing;
    this.#snapshot = snapshot;
    this.#checked = checked;
    this.#options = options;
  }

  async run(): Promise<Imported> {
    const forgotten = this.#forgottenPaths();
    const ingested = this.#checked.files.filter(({ state }) => state === 'ingested');
    const wanted = ingested.filter(({ path }) => !forgotten.has(path));
    const records = await this.#putRecords(wanted);
    let placed = 0;
    let known = 0;
    for (const [n, file] of wanted.entries()) {
      await this.#pause(n);
      this.#options.onFiles?.(n, wanted.length);
      const outcome = await this.#putFile(file);
      if (outcome === 'placed') placed++;
      if (outcome === 'known') known++;
    }
    const different = wanted.length - placed - known;
    return { files: { placed, known, different, forgotten: ingested.length - wanted.length }, records };
  }

  #forgottenPaths(): Set<string> {
    const { forgotten } = this.#options;
    if (forgotten === undefined) return new Set();
    const rows = this.#db.prepare("SELECT path FROM file WHERE state = 'skipped' AND reason = ?").all(forgotten);
    return new Set(rows.flatMap(({ path }) => (typeof path === 'string' ? [path] : [])));
  }

  async #putRecords(files: readonly SnapshotFile[]): Promise<Imported['records']> {
    const usedBy = new Map<number, { readonly tokens: number; readonly path: string }>();
    for (const { path, segments } of files) {
      for (const { recordId, tokens } of segments) if (!usedBy.has(recordId)) usedBy.set(recordId, { tokens, path });
    }
    const before = this.#changing.countRecords();
    const rows = this.#snapshot.recordsAgain(this.#checked, this.#ledger.identity);
    for (const { recordId, contentHash, record } of rows) {
      await this.#pause(recordId);
      const use = usedBy.get(recordId);
      if (use === undefined) continue;
      this.#changing.putRecord({ contentHash, tokens: use.tokens, origin: originOf(use.path), record });
    }
    const added = this.#changing.countRecords() - before;
    return { added, known: usedBy.size - added };
  }

  async #putFile(file: SnapshotFile): Promise<'placed' | 'known' | 'different'> {
    const keyOf = (recordId: number): string => this.#checked.keyOf(recordId);
    const found = await this.#options.place(file, keyOf);
    if (found === undefined || found.terms.length !== file.segments.length) return 'different';
    const entries = file.segments.map(({ start, end, tokens, recordId }, at): SegmentEntry => {
      return { start, end, tokens, contentHash: keyOf(recordId), terms: found.terms[at] ?? [] };
    });
    if (this.#isKnown(file, found.meta, entries)) return 'known';
    this.#changing.replace(file.path, found.meta, { kind: 'ingested' }, entries, new Map());
    return 'placed';
  }

  /** Whether the checkout has the file with these very segments; then not even its index of words is touched. */
  #isKnown(file: SnapshotFile, meta: FileMeta, entries: readonly SegmentEntry[]): boolean {
    const before = this.#ledger.file(file.path);
    if (before?.state.kind !== 'ingested' || before.blobHash !== meta.blobHash || before.mtimeMs !== meta.mtimeMs) {
      return false;
    }
    const stored = this.#ledger.segmentsOf(file.path);
    return (
      stored.length === entries.length &&
      stored.every(({ contentHash, start, end }, at) => {
        const entry = entries[at];
        return entry?.contentHash === contentHash && entry.start === start && entry.end === end;
      })
    );
  }

  async #pause(n: number): Promise<void> {
    this.#options.signal?.throwIfAborted();
    if (n % PAGE.rows === 0) await yieldToEventLoop();
  }
}
