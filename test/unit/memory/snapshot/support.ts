import { DatabaseSync } from 'node:sqlite';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import { Ledger } from '../../../../src/memory/store/ledger.ts';
import type { LedgerIdentity } from '../../../../src/memory/store/ledger.ts';
import { terms } from '../../../../src/memory/search/tokenize.ts';
import type { FileMeta, SegmentEntry } from '../../../../src/memory/records.ts';
import { exportSnapshot } from '../../../../src/memory/snapshot/export.ts';
import type { Exported } from '../../../../src/memory/snapshot/export.ts';
import { importSnapshot } from '../../../../src/memory/snapshot/import.ts';
import type { Imported, ImportOptions, Place } from '../../../../src/memory/snapshot/import.ts';
import { Snapshot } from '../../../../src/memory/snapshot/snapshot.ts';
import { quantize, quantizeVector, contentHash } from '../../../../src/memory/algebra/embedding-record.ts';
import type { EmbeddingRecord, FloatRecord } from '../../../../src/memory/algebra/embedding-record.ts';
import { IDENTITY, madeUpVectors, SHAPE } from '../support.ts';
import type { EightBits } from '../support.ts';

/** A write as a model gives it: keys of length 1. */
export function modelRecord(name: string): EmbeddingRecord {
  return quantize(modelFloats(name), SHAPE, [1, 1]);
}

/** The same as the version before stored it. */
export function formerModelRecord(name: string): EightBits {
  const { keys, values } = modelFloats(name);
  const vectors = Array.from({ length: SHAPE.tokens }, (_, token) =>
    quantizeVector(keys.subarray(token * SHAPE.keySize, (token + 1) * SHAPE.keySize)),
  );
  return { keys: Int8Array.from(vectors.flatMap((vector) => [...vector])), values: Int8Array.from(values) };
}

function modelFloats(name: string): FloatRecord {
  const { keys, values } = madeUpVectors(name);
  const floats = Float32Array.from(keys);
  for (let from = 0; from < floats.length; from += SHAPE.keySize) {
    const key = floats.subarray(from, from + SHAPE.keySize);
    const length = Math.hypot(...key) || 1;
    key.forEach((x, i) => (key[i] = x / length));
  }
  return { keys: floats, values: Float32Array.from(values) };
}

/** A file in a made-up checkout: the texts of its segments. */
export type Texts = readonly string[];
export type Tree = Readonly<Record<string, Texts>>;

export function metaOf(path: string, texts: Texts): FileMeta {
  return { blobHash: contentHash('blob', path, texts.join('')), bytes: 10, mtimeMs: 5.25, lines: texts.length * 10 };
}

export function putTexts(ledger: Ledger, path: string, texts: Texts): void {
  const writes = new Map<string, EmbeddingRecord>();
  const entries = texts.map((text, n): SegmentEntry => {
    const key = contentHash(IDENTITY.adapter, path, text);
    writes.set(key, modelRecord(key));
    return { start: n * 10 + 1, end: n * 10 + 10, tokens: 50 + n, contentHash: key, terms: terms(text) };
  });
  ledger.putFile(path, metaOf(path, texts), entries, writes);
}

export function putTree(ledger: Ledger, tree: Tree): void {
  for (const [path, texts] of Object.entries(tree)) putTexts(ledger, path, texts);
}

/** Files of a checkout that holds this tree. */
export function placeIn(tree: Tree): Place {
  return (file) => {
    const texts = tree[file.path];
    if (texts === undefined || metaOf(file.path, texts).blobHash !== file.blobHash) return undefined;
    return { meta: metaOf(file.path, texts), terms: texts.map(terms) };
  };
}

export const TREE: Tree = {
  'README.md': ['a library of books', 'lends them'],
  'src/a.ts': ['function lendBook(book) {}', 'function lateFee(loan) {}', 'const days = 21;'],
  'src/b.ts': ['function lendBook(book) {}'],
  'src/deep/größe.ts': ['export const size = 1;', 'export const size = 1;'],
};

export const FAR: LedgerIdentity = { ...IDENTITY, repository: 'elsewhere', checkout: '/far/checkout' };

/** A ledger holding TREE, exported: the file. */
export async function exported(folder: string, tree: Tree = TREE): Promise<{ file: string; exported: Exported }> {
  const file = join(folder, 'out.imem');
  const { ledger } = Ledger.open(join(folder, 'from'), IDENTITY);
  try {
    putTree(ledger, tree);
    ledger.skipFile('logo.png', metaOf('logo.png', []), { kind: 'skipped', reason: 'binary', message: 'Not text.' });
    return { file, exported: await exportSnapshot(ledger, file, { program: '1.2.3', repository: 'git:abc' }) };
  } finally {
    ledger.close();
  }
}

/** Opens, checks and imports. */
export async function imported(ledger: Ledger, file: string, options: ImportOptions): Promise<Imported> {
  const snapshot = Snapshot.open(file);
  try {
    return await importSnapshot(ledger, snapshot, await snapshot.check(ledger.identity), options);
  } finally {
    snapshot.close();
  }
}

/** Opens and checks: what an import does before anything is used. */
export async function checked(file: string): Promise<void> {
  const snapshot = Snapshot.open(file);
  try {
    await snapshot.check(IDENTITY);
  } finally {
    snapshot.close();
  }
}

/** A copy of a snapshot with these statements run on it, as somebody with another program could make it. */
export function crafted(file: string, statements: string): string {
  const copy = `${file}.crafted`;
  copyFileSync(file, copy);
  const db = new DatabaseSync(copy, { enableDoubleQuotedStringLiterals: false });
  db.enableDefensive(false);
  db.exec(`PRAGMA writable_schema = ON; PRAGMA ignore_check_constraints = ON; ${statements}`);
  db.close();
  return copy;
}
