import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { LedgerError } from './ledger-error.ts';
import { integer } from './row.ts';
import { CONNECTION } from './schema.ts';

const TRACE = {
  /** Writes whose bytes are searched for, evenly spread: a search reads the files once for each of their traces. */
  writes: 12,
  /** Bytes of one trace: by chance it is found nowhere. */
  bytes: 24,
  /** ms that readers of an older state are waited for. */
  busyMs: 2_000,
  /** Bytes read at once. */
  chunk: 8 * 1024 * 1024,
} as const;

export interface Scan {
  /** Names of the files that were read, without their folder. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** How many pieces of writes and names of writes were searched for, and how many were found. */
  readonly traces: number;
  readonly found: number;
}

/** Pieces by which stored things are found again: the middle of each, for a sample of all. */
export function tracesOf(stored: readonly (readonly Uint8Array[])[]): Uint8Array[] {
  const step = Math.max(1, Math.ceil(stored.length / TRACE.writes));
  return stored
    .filter((_, at) => at % step === 0)
    .flat()
    .filter((piece) => piece.length >= TRACE.bytes)
    .map((piece) => {
      const from = Math.floor((piece.length - TRACE.bytes) / 2);
      return Uint8Array.from(piece.subarray(from, from + TRACE.bytes));
    });
}

/**
 * Writes the database anew without any free space, where deleted rows may have left copies, and empties its log.
 *
 * @throws LedgerError 'busy' where another process still reads an older state, which the log must keep
 */
export function cleanse(location: string): void {
  // A connection of its own: what is temporary goes to a file, not into memory, and the views of others do not bother it.
  const db = new DatabaseSync(location, { timeout: CONNECTION.busyMs });
  try {
    db.exec(`PRAGMA secure_delete = ON; VACUUM; PRAGMA busy_timeout = ${TRACE.busyMs};`);
    const row = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {};
    if (integer(row, 'busy') === 0) return;
    throw new LedgerError(
      'busy',
      'The files are out of the memory, but its log could not be emptied while another window reads it.',
    );
  } finally {
    db.close();
  }
}

/** Reads the database's files as bytes and looks for the traces; names databases that were set aside. */
export function scanFor(
  location: string,
  traces: readonly Uint8Array[],
): { readonly scan: Scan; readonly setAside: readonly string[] } {
  const name = basename(location);
  const files = [name, `${name}-wal`, `${name}-journal`];
  const there = files.filter(
    (file) => statSync(join(dirname(location), file), { throwIfNoEntry: false }) !== undefined,
  );
  let bytes = 0;
  let found = 0;
  for (const file of there) {
    for (const chunk of chunksOf(join(dirname(location), file))) {
      bytes += chunk.fresh;
      for (const trace of traces) if (chunk.content.includes(Buffer.from(trace))) found++;
    }
  }
  const setAside = readdirSync(dirname(location))
    .filter((file) => file.startsWith(`${name}.damaged-`) && !/-(?:wal|shm)$/.test(file))
    .map((file) => join(dirname(location), file));
  return { scan: { files: there, bytes, traces: traces.length, found }, setAside };
}

/** Each chunk begins with the end of the one before, so that nothing is missed between two. */
function* chunksOf(file: string): Generator<{ readonly content: Buffer; readonly fresh: number }> {
  const buffer = Buffer.alloc(TRACE.chunk + TRACE.bytes);
  const descriptor = openSync(file, 'r');
  try {
    for (let kept = 0; ;) {
      const fresh = readSync(descriptor, buffer, kept, TRACE.chunk, null);
      if (fresh === 0) return;
      const content = buffer.subarray(0, kept + fresh);
      yield { content, fresh };
      kept = Math.min(TRACE.bytes, content.length);
      buffer.copyWithin(0, content.length - kept, content.length);
    }
  } finally {
    closeSync(descriptor);
  }
}
