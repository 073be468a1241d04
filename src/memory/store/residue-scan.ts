import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

import { AppError } from '../../common/app-error.ts';
import { keysIn } from '../algebra/embedding-record.ts';
import { FormerTraces, middleOfKeys } from './former-traces.ts';
import type { MiddleOfKeys } from './former-traces.ts';
import { integer } from './row.ts';
import { CONNECTION } from './schema.ts';

const TRACE = {
  /** Bytes of one trace: by chance it is found nowhere. */
  bytes: 24,
  /** Bytes of a block, and how many blocks a trace has. */
  block: 3,
  blocks: 22,
  /** Traces up to which all blocks of each are listed; of more, the first alone. */
  few: 5_000,
  /** ms that readers of an older state are waited for. */
  busyMs: 2_000,
  /** Bytes read at once. */
  chunk: 4 * 1024 * 1024,
} as const;

/** Device and number of a file, exact; undefined where there is none, or its folder cannot be looked into. */
export function idOf(file: string): string | undefined {
  try {
    const found = statSync(file, { bigint: true, throwIfNoEntry: false });
    return found && `${found.dev}:${found.ino}`;
  } catch {
    return undefined;
  }
}

/** By what a stored thing is found again. */
export interface Trace {
  /** [24], from its middle */
  readonly bytes: Uint8Array;
  /** Of a record: the middle of its keys, whose former forms are searched for too. */
  readonly keys?: MiddleOfKeys | undefined;
}

/** None where it is too short to be its own. */
export function traceOf(stored: Uint8Array): Trace[] {
  if (stored.length < TRACE.bytes) return [];
  const from = Math.floor((stored.length - TRACE.bytes) / 2);
  return [{ bytes: Uint8Array.from(stored.subarray(from, from + TRACE.bytes)) }];
}

/** The trace of a stored record, which may also be found as versions before stored it. */
export function traceOfRecord(stored: Uint8Array): Trace[] {
  const keys = keysIn(stored);
  const middle = keys && middleOfKeys(keys.packed, keys.keySize);
  return traceOf(stored).map((trace) => (middle ? { ...trace, keys: { middle, keySize: keys.keySize } } : trace));
}

/**
 * Writes the database anew without any free space, where deleted rows may have left copies, and empties its log.
 *
 * @throws `ledger/busy` where another process still reads an older state, which the log must keep
 */
export function rewriteWithoutFreePages(location: string): void {
  // A connection of its own: what is temporary goes to a file, not into memory, and the views of others do not bother
  // it.
  const db = new DatabaseSync(location, { timeout: CONNECTION.busyMs });
  try {
    db.exec(`PRAGMA secure_delete = ON; VACUUM; PRAGMA busy_timeout = ${TRACE.busyMs};`);
    const row = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {};
    if (integer(row, 'busy') === 0) return;
    throw new AppError(
      'ledger/busy',
      'The files are out of the memory, but its log could not be emptied while another window reads it.',
    );
  } finally {
    db.close();
  }
}

/**
 * Traces in a form in which a file is searched for all of them in one go (Rabin & Karp's filter, with a table of bits).
 * Where a trace is, one of its 22 blocks of three bytes begins at a multiple of 22: of a file, only those are looked at
 * (q-samples, Sutinen & Tarhio 1996). Keys are also found as versions before stored them (FormerTraces).
 */
export class Traces {
  readonly #byBlock = new Map<number, { readonly trace: Buffer; readonly offset: number }[]>();
  /** One bit for every three bytes that a listed block can be. */
  readonly #blocks = new Uint8Array(1 << 21);
  readonly #size: number;
  /** Blocks of a trace that are listed, and bytes from one look to the next. */
  readonly #stride: number;
  readonly #former: FormerTraces;
  /** Bytes of a chunk that stand in the next once more. */
  readonly #overlap: number;

  constructor(traces: Iterable<Trace>) {
    const all = [...traces];
    const once = new Map(all.map(({ bytes }) => [Buffer.from(bytes).toString('hex'), Buffer.from(bytes)]));
    this.#former = new FormerTraces(
      all.flatMap(({ bytes, keys }) => (keys ? [{ ...keys, name: Buffer.from(bytes) }] : [])),
    );
    this.#overlap = Math.max(TRACE.bytes, this.#former.bytes);
    this.#size = once.size;
    this.#stride = once.size <= TRACE.few ? TRACE.blocks : 1;
    for (const trace of once.values()) {
      for (let offset = 0; offset < this.#stride; offset++) {
        const block = trace.readUIntBE(offset, TRACE.block);
        this.#byBlock.set(block, [...(this.#byBlock.get(block) ?? []), { trace, offset }]);
        this.#blocks[block >> 3] = (this.#blocks[block >> 3] ?? 0) | (1 << (block & 7));
      }
    }
  }

  /** How many different ones are searched for. */
  get size(): number {
    return this.#size;
  }

  /**
   * The bytes of the traces that stand in a file, in any form, each once, and how many bytes were read. Throws what
   * the file system throws.
   */
  async in(file: string, signal?: AbortSignal): Promise<{ readonly found: readonly Buffer[]; readonly bytes: number }> {
    const found = new Map<string, Buffer>();
    let bytes = 0;
    for (const { content, fresh } of chunksOf(file, this.#overlap)) {
      signal?.throwIfAborted();
      bytes += fresh;
      if (this.#size > 0) for (const trace of this.#within(content)) found.set(trace.toString('hex'), trace);
      await yieldToEventLoop();
    }
    return { found: [...found.values()], bytes };
  }

  #within(content: Buffer): Buffer[] {
    const found: Buffer[] = [];
    const blocks = this.#blocks;
    for (let at = 0; at + TRACE.block <= content.length; at += this.#stride) {
      const block = ((content[at] ?? 0) << 16) | ((content[at + 1] ?? 0) << 8) | (content[at + 2] ?? 0);
      if (((blocks[block >> 3] ?? 0) & (1 << (block & 7))) === 0) continue;
      for (const { trace, offset } of this.#byBlock.get(block) ?? []) {
        const from = at - offset;
        if (from < 0 || from + trace.length > content.length) continue;
        if (content.compare(trace, 0, trace.length, from, from + trace.length) === 0) found.push(trace);
      }
    }
    return [...found, ...this.#former.within(content)];
  }
}

/** Each chunk begins with the end of the one before, so that nothing is missed between two. */
function* chunksOf(file: string, overlap: number): Generator<{ readonly content: Buffer; readonly fresh: number }> {
  const buffer = Buffer.alloc(TRACE.chunk + overlap);
  const { descriptor, isKept } = opened(file);
  try {
    for (let kept = 0, at = 0; ;) {
      const fresh = readSync(descriptor, buffer, kept, TRACE.chunk, at);
      if (fresh === 0) return;
      at += fresh;
      const content = buffer.subarray(0, kept + fresh);
      yield { content, fresh };
      kept = Math.min(overlap, content.length);
      buffer.copyWithin(0, content.length - kept, content.length);
    }
  } finally {
    if (!isKept) closeSync(descriptor);
  }
}

/** The first bytes of a file, with the same care. */
export function readBeginning(file: string, length: number): Buffer {
  const { descriptor, isKept } = opened(file);
  try {
    const beginning = Buffer.alloc(length);
    return beginning.subarray(0, readSync(descriptor, beginning, 0, length, 0));
  } finally {
    if (!isKept) closeSync(descriptor);
  }
}

/** Databases that this process has open, and the descriptors through which they were read, by device and number. */
const inUse = new Set<string>();
const descriptors = new Map<string, number>();

/** To be told of every database that stays open: from then on its file is read with care. */
export function noteInUse(location: string): void {
  const id = idOf(location);
  if (id !== undefined) inUse.add(id);
}

/**
 * POSIX takes every lock of a process on a file away when any of its descriptors is closed, those of SQLite too
 * (https://sqlite.org/howtocorrupt.html, 2.2): the descriptor of a database in use stays open until the process ends.
 * Windows has no such rule, and would not let an open file be renamed.
 */
function opened(file: string): { readonly descriptor: number; readonly isKept: boolean } {
  const id = process.platform === 'win32' ? undefined : idOf(file);
  const isKept = id !== undefined && inUse.has(id);
  const descriptor = (isKept ? descriptors.get(id) : undefined) ?? openSync(file, 'r');
  if (isKept) descriptors.set(id, descriptor);
  return { descriptor, isKept };
}
