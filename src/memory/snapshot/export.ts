import { closeSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { AppError } from '../../common/app-error.ts';
import { atExit } from '../../common/at-exit.ts';
import { translate } from '../ledger-error.ts';
import type { StoreReader } from '../store/store-reader.ts';
import { bytes, integer, text } from '../store/row.ts';
import { checkVectors } from '../store/set-hash-store.ts';
import { walk } from '../store/steps.ts';
import { recordLayout } from '../algebra/shape.ts';
import { storedKind, storedRecord } from '../store/stored.ts';
import { ContentDigest, hashesOf } from './content.ts';
import type { HashedFile, HashedRecord, SnapshotSegment } from './content.ts';
import { APPLICATION_ID, FORMAT_VERSION, NOTICE, PAGE, tablesOf } from './format.ts';
import { headerRows } from './header.ts';
import type { SnapshotHeader } from './header.ts';
import { firstBytes } from './magic.ts';
import { isPortable } from './portable-path.ts';
import { openCheckout } from './reader.ts';
import { WordsWriter } from './postings.ts';

export interface ExportOptions {
  /** Version of the program. */
  readonly program: string;
  /** A name of the repository that means the same on every machine; '' where it has none. */
  readonly repository: string;
  /**
   * Without them the file is a fifth smaller and holds no word in the clear, and alone it cannot be searched for words.
   */
  readonly words?: SnapshotHeader['words'];
  /** Files of these reasons are not even named. */
  readonly unnamed?: ReadonlySet<string>;
  readonly signal?: AbortSignal | undefined;
  readonly now?: Date;
}

export interface Exported {
  readonly header: SnapshotHeader;
  readonly bytes: number;
  /** Lines of the ingested files. */
  readonly lines: number;
  /** Files whose names do not exist on every platform: left out. */
  readonly unportable: readonly string[];
  /** Files of which some segments are not embedded yet: left out. */
  readonly notEmbedded: readonly string[];
}

/**
 * Writes what a ledger holds of its checkout, at one moment, to one file. An earlier snapshot of that name is replaced
 * when the new one is whole; any other file is left alone. Equal content gives an equal digest on every machine.
 *
 * @throws `snapshot/…`, `ledger/…`; the signal's reason
 */
export async function exportSnapshot(ledger: StoreReader, file: string, options: ExportOptions): Promise<Exported> {
  checkTarget(file);
  const unfinished = `${file}.${process.pid}.part`;
  try {
    // For its owner's eyes, until somebody decides otherwise.
    closeSync(openSync(unfinished, 'wx', 0o600));
  } catch (error) {
    throw new AppError('snapshot/unwritable', `The snapshot ${file} cannot be written.`, error);
  }
  const remove = () => {
    rmSync(unfinished, { force: true });
  };
  const removed = atExit(remove);
  try {
    const written = await write(ledger, unfinished, options);
    renameSync(unfinished, file);
    return { ...written, bytes: statSync(file).size };
  } catch (error) {
    const known = translate(error, ledger.location);
    // Reading fills no disk: it is the snapshot's, which may be another than the memory's.
    if (known?.code === 'ledger/full') {
      throw new AppError('snapshot/unwritable', `There is no space left to write the snapshot ${file}.`, error);
    }
    throw known ?? error;
  } finally {
    remove();
    removed();
  }
}

/** For a number that was given to no record, of which there is none. */
const NO_RECORD: HashedRecord = { contentHash: new Uint8Array(), vectorsHash: new Uint8Array() };

/** Throws `snapshot/…` where no snapshot may be written: before minutes of reading, not after them. */
export function checkTarget(file: string): void {
  const folder = dirname(resolve(file));
  if (!existsSync(folder)) throw new AppError('snapshot/unwritable', `There is no folder ${folder}.`);
  if (!existsSync(file) || firstBytes(file).kind === 'snapshot') return;
  throw new AppError('snapshot/unwritable', `${file} is there already and is no snapshot: it is left as it is.`);
}

async function write(ledger: StoreReader, file: string, options: ExportOptions): Promise<Omit<Exported, 'bytes'>> {
  const from = openCheckout(ledger.location, ledger.identity);
  try {
    const into = new DatabaseSync(file);
    try {
      // Nobody reads the file before it is whole, so no journal is needed.
      into.exec(`PRAGMA page_size = ${PAGE.bytes}; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
        PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}; BEGIN;`);
      for (const statement of tablesOf(FORMAT_VERSION).values()) into.exec(statement);
      const written = await walk(new Export(from, into, ledger, options).run(), options.signal);
      into.exec('COMMIT');
      return written;
    } finally {
      into.close();
    }
  } finally {
    from.close();
  }
}

/**
 * One export: files with their segments, then the words, then the records, each in an order that follows from the
 * content.
 */
class Export {
  readonly #from: DatabaseSync;
  readonly #into: DatabaseSync;
  readonly #ledger: StoreReader;
  readonly #options: ExportOptions;
  readonly #digest = new ContentDigest();
  /** The ledger's ids of the records, in the order of first use: their numbers in the snapshot. */
  readonly #recordIds = new Map<number, number>();
  /** The first segment of each record: its words are the record's. */
  readonly #wordsOf = new Map<number, WordsWriter>();
  readonly #files: HashedFile[] = [];
  readonly #unportable: string[] = [];
  readonly #notEmbedded: string[] = [];
  #fileCount = 0;
  #segments = 0;
  #terms = 0;
  #lines = 0;

  constructor(from: DatabaseSync, into: DatabaseSync, ledger: StoreReader, options: ExportOptions) {
    this.#from = from;
    this.#into = into;
    this.#ledger = ledger;
    this.#options = options;
  }

  *run(): Generator<undefined, Omit<Exported, 'bytes'>> {
    yield* this.#putFiles();
    if (this.#options.words !== 'omitted') yield* this.#putTerms();
    const records = yield* this.#putRecords();
    const { treeHash, setHash } = hashesOf(this.#files, (recordId) => records[recordId - 1] ?? NO_RECORD);
    const { adapter, shape } = this.#ledger.identity;
    const header: SnapshotHeader = {
      format: FORMAT_VERSION,
      notice: NOTICE,
      program: this.#options.program,
      created: (this.#options.now ?? new Date()).toISOString(),
      adapter,
      layout: recordLayout(shape),
      repository: this.#options.repository,
      treeHash,
      setHash,
      content: this.#digest.hex(),
      words: this.#options.words ?? 'kept',
      files: this.#fileCount,
      segments: this.#segments,
      records: records.length,
      terms: this.#terms,
    };
    const put = this.#into.prepare('INSERT INTO header (name, value) VALUES (?, ?)');
    for (const [name, value] of headerRows(header)) put.run(name, value);
    return { header, lines: this.#lines, unportable: this.#unportable, notEmbedded: this.#notEmbedded };
  }

  *#putFiles(): Generator<undefined> {
    const files = this.#from
      .prepare('SELECT id, path, blob_hash, bytes, lines, state, reason FROM file ORDER BY path')
      .all();
    const segmentsOf = this.#from.prepare(
      'SELECT id, start_line, end_line, tokens, record_id FROM segment WHERE file_id = ? ORDER BY ordinal',
    );
    const putFile = this.#into.prepare('INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?)');
    const putSegment = this.#into.prepare('INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?)');
    for (const [n, row] of files.entries()) {
      if (n % PAGE.rows === 0) yield;
      const path = text(row, 'path');
      const state = storedKind(row);
      const reason = text(row, 'reason');
      if (this.#options.unnamed?.has(reason) === true) continue;
      if (!isPortable(path)) {
        this.#unportable.push(path);
        continue;
      }
      const stored = segmentsOf.all(integer(row, 'id'));
      if (stored.some((segment) => segment.record_id === null)) {
        this.#notEmbedded.push(path);
        continue;
      }
      const segments = stored.map((segment): SnapshotSegment => {
        const recordId = this.#recordIdOf(integer(segment, 'record_id'), integer(segment, 'id'));
        return {
          start: integer(segment, 'start_line'),
          end: integer(segment, 'end_line'),
          tokens: integer(segment, 'tokens'),
          recordId,
        };
      });
      const file = {
        path,
        blobHash: text(row, 'blob_hash'),
        bytes: integer(row, 'bytes'),
        lines: integer(row, 'lines'),
        state,
        reason,
        segments,
      };
      this.#digest.file(file);
      const id = ++this.#fileCount;
      putFile.run(id, path, file.blobHash, file.bytes, file.lines, state, reason);
      for (const [ordinal, { start, end, tokens, recordId }] of segments.entries()) {
        putSegment.run(id, ordinal, start, end, tokens, recordId);
      }
      this.#segments += segments.length;
      if (state !== 'ingested') continue;
      this.#lines += file.lines;
      this.#files.push({ path, recordIds: segments.map(({ recordId }) => recordId) });
    }
  }

  #recordIdOf(stored: number, segmentId: number): number {
    const known = this.#recordIds.get(stored);
    if (known !== undefined) return known;
    const recordId = this.#recordIds.size + 1;
    this.#recordIds.set(stored, recordId);
    this.#wordsOf.set(segmentId, new WordsWriter());
    return recordId;
  }

  /** The index lists a term with all its places, one term after the other: its own order is the order of ids. */
  *#putTerms(): Generator<undefined> {
    const put = this.#into.prepare('INSERT INTO term VALUES (?, ?)');
    const rows = this.#from.prepare("SELECT term, doc FROM temp.word WHERE col = 'text'").iterate();
    let term = '';
    let counts = new Map<number, number>();
    let seen = 0;
    const close = (): void => {
      if (counts.size === 0) return;
      const id = ++this.#terms;
      put.run(id, term);
      this.#digest.term(term);
      for (const [segmentId, count] of counts) this.#wordsOf.get(segmentId)?.put(id, count);
      counts = new Map();
    };
    for (const row of rows) {
      if (++seen % (PAGE.rows * PAGE.rows) === 0) yield;
      const next = text(row, 'term');
      if (next !== term) {
        close();
        term = next;
      }
      const segmentId = integer(row, 'doc');
      if (this.#wordsOf.has(segmentId)) counts.set(segmentId, (counts.get(segmentId) ?? 0) + 1);
    }
    close();
  }

  /** All records in order. */
  *#putRecords(): Generator<undefined, HashedRecord[]> {
    const { shape } = this.#ledger.identity;
    const records: HashedRecord[] = [];
    const find = this.#from.prepare('SELECT content_hash, vectors_hash, vectors FROM main.record WHERE id = ?');
    const put = this.#into.prepare('INSERT INTO record VALUES (?, ?, ?, ?)');
    const words = this.#wordsOf.values();
    for (const [stored, recordId] of this.#recordIds) {
      if (recordId % PAGE.rows === 0) yield;
      const row = find.get(stored) ?? {};
      storedRecord(row, shape);
      checkVectors(row);
      const own = words.next().value?.bytes() ?? new Uint8Array();
      const [contentHash, vectors] = [bytes(row, 'content_hash'), bytes(row, 'vectors')];
      records.push({ contentHash, vectorsHash: bytes(row, 'vectors_hash') });
      put.run(recordId, contentHash, own, vectors);
      this.#digest.record(contentHash, own, vectors);
    }
    return records;
  }
}
