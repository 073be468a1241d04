import { DatabaseSync } from 'node:sqlite';

import { FileChecksums } from './file-checksum.ts';
import { FORGOTTEN } from '../records.ts';
import { namesIn } from './former-schema.ts';
import type { Names } from './former-schema.ts';
import { bytes, integer } from './row.ts';
import type { Row } from './row.ts';
import { FORMER_RECORDS } from './schema.ts';
import type { MemoryShape } from '../algebra/shape.ts';
import { FILE_COLUMNS } from './stored.ts';
import { SET_HASH_BYTES, vectorsHash } from '../algebra/set-hash.ts';
import { transaction } from './transaction.ts';
import { currentRecord } from '../algebra/former-record.ts';

const RECOVER = {
  /** Ids asked for at once; where they cannot be read they are tried one by one. */
  range: 128,
  /** Ranges in a row without anything readable after which the rest is given up. */
  patience: 100,
} as const;

/**
 * Copies every record that can still be read out of a damaged database, of whatever version, into a new one, so that
 * repair costs reading the files again and not hours of encoding. Safe because a record is found by the hash of its
 * content and carries a checksum: what is copied is right or is not copied.
 *
 * @returns how many records were copied
 */
export function recover(from: string, into: DatabaseSync, shape: MemoryShape): number {
  const source = attempt(() => openLeniently(from), undefined);
  if (source === undefined) return 0;
  try {
    return transaction(into, () => copy(source, into, shape));
  } finally {
    source.close();
  }
}

/**
 * Copies which files were taken out on request, so that a database that is begun anew does not read them in again.
 *
 * @param folder the working folder of a database that did not say which it was (version 1)
 * @param whose whether files of other working folders are noted too, which share the repository then
 * @returns how many files were noted; undefined where it could not be told which they are
 */
export function recoverForgotten(
  from: string,
  into: DatabaseSync,
  folder: string,
  whose: 'all' | 'ours' = 'all',
): number | undefined {
  const source = attempt(() => openLeniently(from), undefined);
  if (source === undefined) return undefined;
  try {
    const rows = attempt(() => forgottenIn(source), undefined);
    if (rows === undefined) return undefined;
    return transaction(into, () => {
      let noted = 0;
      for (const row of rows) if (whose === 'all' || row.folder === folder) noted += noteForgotten(into, row, folder);
      return noted;
    });
  } finally {
    source.close();
  }
}

function forgottenIn(source: DatabaseSync): Row[] {
  const { message, folder } = namesIn(source);
  const whose = folder === undefined ? 'NULL' : `(SELECT ${folder} FROM checkout WHERE id = checkout_id)`;
  const query = `SELECT path, ${message} AS message, ${whose} AS folder FROM file WHERE state = 'skipped' AND reason = ?`;
  return source.prepare(query).all(FORGOTTEN);
}

function noteForgotten(into: DatabaseSync, row: Row, otherwise: string): number {
  const { path, message } = row;
  if (typeof path !== 'string' || typeof message !== 'string') return 0;
  const folder = typeof row.folder === 'string' ? row.folder : otherwise;
  into
    .prepare(
      `INSERT INTO main.checkout (folder, seen_ms, generation, set_hash) VALUES (?, ?, 0, zeroblob(${SET_HASH_BYTES}))
       ON CONFLICT DO NOTHING`,
    )
    .run(folder, Date.now());
  const added = into
    .prepare(
      `INSERT INTO main.file (checkout_id, ${FILE_COLUMNS}, tree_leaf, checksum)
       SELECT id, ?, '', 0, 0, 0, 'skipped', ?, ?, '', x'', 0 FROM main.checkout WHERE folder = ?
       ON CONFLICT DO NOTHING RETURNING id`,
    )
    .get(path, FORGOTTEN, message, folder);
  if (added === undefined) return 0;
  new FileChecksums(into).put(integer(added, 'id'));
  return 1;
}

/** Read-only, so that what was set aside stays as it was found. */
function openLeniently(from: string): DatabaseSync {
  const source = new DatabaseSync(from, { readOnly: true });
  // With a writable schema SQLite also reads a file that is shorter than its header says.
  source.enableDefensive(false);
  source.exec('PRAGMA writable_schema = ON');
  return source;
}

function copy(source: DatabaseSync, into: DatabaseSync, shape: MemoryShape): number {
  const names = attempt(() => namesIn(source), undefined);
  if (names === undefined) return 0;
  // The former table is there where a process was killed while it brought the database up to this version.
  return copyFrom(source, into, shape, names) + copyFrom(source, into, shape, { ...names, record: FORMER_RECORDS });
}

function copyFrom(
  source: DatabaseSync,
  into: DatabaseSync,
  shape: MemoryShape,
  { record, contentHash, vectors }: Pick<Names, 'contentHash' | 'vectors'> & { readonly record: string },
): number {
  const put = into.prepare(
    `INSERT OR IGNORE INTO record (content_hash, tokens, used_ms, origin, vectors_hash, vectors)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  // Version 1 did not say what a record was made for.
  const hasOrigin = attempt(() => source.prepare(`SELECT origin FROM ${record} LIMIT 1`), undefined) !== undefined;
  const columns = `SELECT id, ${contentHash} AS content_hash, tokens, used_ms, ${hasOrigin ? 'origin' : "x'' AS origin"},
    ${vectors} AS vectors FROM ${record}`;
  const after = attempt(() => source.prepare(`${columns} WHERE id > ? ORDER BY id LIMIT ?`), undefined);
  const one = attempt(() => source.prepare(`${columns} WHERE id = ?`), undefined);
  if (after === undefined || one === undefined) return 0;
  let copied = 0;
  let last = 0;
  for (let barren = 0; barren < RECOVER.patience;) {
    const whole = attempt(() => after.all(last, RECOVER.range), undefined);
    if (whole?.length === 0) break;
    const singly = Array.from({ length: RECOVER.range }, (_, n) => last + 1 + n);
    const rows = whole ?? singly.flatMap((id) => attempt(() => one.all(id), []));
    barren = rows.length === 0 ? barren + 1 : 0;
    last =
      whole === undefined
        ? last + RECOVER.range
        : Math.max(...whole.map((row) => attempt(() => integer(row, 'id'), last + 1)));
    for (const row of rows) {
      const values = attempt(() => readable(row, shape), undefined);
      if (values !== undefined) copied += Number(put.run(...values).changes);
    }
  }
  return copied;
}

/** The columns of a record as this version stores it. Throws where its vectors do not match their checksum. */
function readable(row: Row, shape: MemoryShape): (Uint8Array | number)[] {
  const vectors = currentRecord(bytes(row, 'vectors'), shape);
  const [tokens, usedMs] = [integer(row, 'tokens'), integer(row, 'used_ms')];
  return [bytes(row, 'content_hash'), tokens, usedMs, bytes(row, 'origin'), vectorsHash(vectors), vectors];
}

/** Reading a damaged database may throw anywhere; what cannot be read is left behind. */
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
