import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import type { LedgerIdentity } from '../../../src/memory/store/ledger.ts';
import { Ledger } from '../../../src/memory/store/ledger.ts';
import { terms } from '../../../src/memory/search/tokenize.ts';
import type { FileMeta, SegmentEntry } from '../../../src/memory/records.ts';
import type { MemoryShape } from '../../../src/memory/algebra/shape.ts';
import { contentHash, encodeRecord } from '../../../src/memory/algebra/embedding-record.ts';
import { packKeys } from '../../../src/memory/algebra/packed-keys.ts';
import { SetHash, vectorsHash } from '../../../src/memory/algebra/set-hash.ts';
import type { SetElement } from '../../../src/memory/algebra/set-hash.ts';
import type { EmbeddingRecord } from '../../../src/memory/algebra/embedding-record.ts';

export const SHAPE: MemoryShape = { tokens: 2, keySize: 8, blocks: 2, valueSize: 3 };
/** Without values: its records may be made of twice as many keys. */
export const PAIRED: MemoryShape = { tokens: 2, keySize: 64, blocks: 0, valueSize: 0 };
export const IDENTITY: LedgerIdentity = {
  repository: 'some/repository',
  checkout: '/some/checkout',
  adapter: 'base-1+adapter-1',
  shape: SHAPE,
};

/** Pseudo-random bytes from a name: the same in every process. */
function bytesOf(name: string, length: number): Int8Array {
  const out = new Int8Array(length);
  for (let at = 0, n = 0; at < length; n++) {
    for (const byte of createHash('sha256').update(`${name}/${n}`).digest()) {
      if (at < length) out[at++] = Math.max(-127, byte - 128);
    }
  }
  return out;
}

/** Numbers of eight bits, made up from a name. */
export interface EightBits {
  /** [P, d_k] */
  readonly keys: Int8Array;
  /** [B, P, d_v] */
  readonly values: Int8Array;
}

export function madeUpVectors(name: string, shape: MemoryShape = SHAPE): EightBits {
  return {
    keys: bytesOf(`k${name}`, shape.tokens * shape.keySize),
    values: bytesOf(`v${name}`, shape.blocks * shape.tokens * shape.valueSize),
  };
}

/** A record made up from its name. */
export function madeUpRecord(name: string, shape: MemoryShape = SHAPE): EmbeddingRecord {
  const { keys, values } = madeUpVectors(name, shape);
  return { keys: packKeys(keys, shape.keySize), values };
}

/** A record as the version before stored it: keys of eight bits. */
export function encodeFormerRecord({ keys, values }: EightBits, shape: MemoryShape = SHAPE): Uint8Array {
  const blob = Buffer.alloc(8 + keys.length + values.length + 4);
  blob.writeUInt8(1, 0);
  blob.writeUInt16LE(shape.tokens, 1);
  blob.writeUInt16LE(shape.keySize, 3);
  blob.writeUInt8(shape.blocks, 5);
  blob.writeUInt16LE(shape.valueSize, 6);
  blob.set(Buffer.from(keys), 8);
  blob.set(Buffer.from(values), 8 + keys.length);
  blob.writeUInt32LE(crc32(blob.subarray(0, -4)), blob.length - 4);
  return Uint8Array.from(blob);
}

export interface MadeUpFile {
  readonly path: string;
  readonly meta: FileMeta;
  readonly segments: readonly SegmentEntry[];
  readonly writes: ReadonlyMap<string, EmbeddingRecord>;
}

/** A file of some segments; everything follows from path and version. */
export function madeUpFile(path: string, version: number, segments = 3, recordOf = madeUpRecord): MadeUpFile {
  const writes = new Map<string, EmbeddingRecord>();
  const entries = Array.from({ length: segments }, (_, n) => {
    const text = `export function part${n}Of${version}() { return '${path}'; }`;
    const key = contentHash(IDENTITY.adapter, path, text);
    writes.set(key, recordOf(key));
    return { start: n * 10 + 1, end: n * 10 + 10, tokens: 100 + n, contentHash: key, terms: terms(text) };
  });
  const meta = {
    blobHash: `blob-${version}`,
    bytes: 1000 + version,
    mtimeMs: 1.5 + version,
    lines: segments * 10,
    stat: { ctimeMs: 2.25 + version, inode: 77 + version },
  };
  return { path, meta, segments: entries, writes };
}

/** The elements of a file in a set hash, without any database. */
export function elementsOf({ path, segments, writes }: MadeUpFile, shape: MemoryShape = SHAPE): SetElement[] {
  return segments.map(({ contentHash: hash }, ordinal) => {
    const vectors = encodeRecord(writes.get(hash)!, shape);
    return { path, ordinal, contentHash: Buffer.from(hash, 'hex'), vectorsHash: vectorsHash(vectors) };
  });
}

/** The set hash of files, without any database. */
export function setHashOf(files: Iterable<MadeUpFile>, shape: MemoryShape = SHAPE): string {
  const hash = new SetHash();
  for (const file of files) for (const element of elementsOf(file, shape)) hash.add(element);
  return hash.hex();
}

export function put(ledger: Ledger, file: MadeUpFile): ReturnType<Ledger['putFile']> {
  return ledger.putFile(file.path, file.meta, file.segments, file.writes);
}

/** A folder that is gone after `use`. */
export async function withFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'memory-test-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A new, empty ledger, closed and removed after `use`. */
export function withLedger<T>(use: (ledger: Ledger, folder: string) => T | Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    const { ledger } = Ledger.open(folder, IDENTITY);
    try {
      return await use(ledger, folder);
    } finally {
      ledger.close();
    }
  });
}

/** The error that `work` throws; fails when it does not. */
export function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
}

const PATHS = 40;

/** What step n of a crash test does to which file: mostly it stores version n of it. */
export function stepOf(n: number): { readonly path: string; readonly what: 'put' | 'skip' | 'forget' } {
  const path = `src/f${(n * 7) % PATHS}.ts`;
  return { path, what: n % 11 === 10 ? 'skip' : n % 13 === 12 ? 'forget' : 'put' };
}

export function applyStep(ledger: Ledger, n: number): void {
  const { path, what } = stepOf(n);
  const { meta } = madeUpFile(path, n, 0);
  if (what === 'put') put(ledger, madeUpFile(path, n));
  else if (what === 'skip') ledger.skipFile(path, meta, { kind: 'skipped', reason: 'binary', message: 'Not text.' });
  else ledger.drop([path]);
}
