import { DatabaseSync } from 'node:sqlite';

import { FileChecksums } from './file-checksum.ts';
import { FORGOTTEN } from '../records.ts';
import { bytes, integer } from './row.ts';
import type { Row } from './row.ts';
import type { MemoryShape } from '../algebra/shape.ts';
import { FILE_COLUMNS } from './stored.ts';
import { transaction } from './transaction.ts';
import { decodeRecord } from '../algebra/embedding-record.ts';

const SALVAGE = {
  /** Ids asked for at once; where they cannot be read they are tried one by one. */
  range: 128,
  /** Ranges in a row without anything readable after which the rest is given up. */
  patience: 100,
} as const;

/**
 * Copies every write that can still be read out of a damaged database into a new one, so that mending costs reading the
 * files again and not hours of encoding. Safe because a write is found by the hash of its content and carries a
 * checksum: what is copied is right or is not copied.
 *
 * @returns how many writes were copied
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
 * @param place the working folder of a database that did not say which it was (version 1)
 * @param whose whether files of other working folders are noted too, which share the repository then
 * @returns how many files were noted
 */
export function salvageForgotten(
  from: string,
  into: DatabaseSync,
  place: string,
  whose: 'all' | 'ours' = 'all',
): number {
  const source = attempt(() => openLeniently(from), undefined);
  if (source === undefined) return 0;
  try {
    const columns = 'path, sentence';
    const where = "FROM file WHERE state = 'skipped' AND reason = ?";
    const rows = attempt(
      () =>
        source
          .prepare(`SELECT ${columns}, (SELECT place FROM checkout WHERE id = checkout_id) AS place ${where}`)
          .all(FORGOTTEN),
      attempt(() => source.prepare(`SELECT ${columns}, NULL AS place ${where}`).all(FORGOTTEN), []),
    );
    return transaction(into, () => {
      let noted = 0;
      for (const row of rows) if (whose === 'all' || row.place === place) noted += noteForgotten(into, row, place);
      return noted;
    });
  } finally {
    source.close();
  }
}

function noteForgotten(into: DatabaseSync, row: Row, otherwise: string): number {
  const { path, sentence, place = otherwise } = row;
  if (typeof path !== 'string' || typeof sentence !== 'string') return 0;
  const folder = typeof place === 'string' ? place : otherwise;
  into
    .prepare('INSERT INTO main.checkout (place, seen_ms, generation) VALUES (?, ?, 0) ON CONFLICT DO NOTHING')
    .run(folder, Date.now());
  const added = into
    .prepare(
      `INSERT INTO main.file (checkout_id, ${FILE_COLUMNS}, digest, seal)
       SELECT id, ?, '', 0, 0, 0, 'skipped', ?, ?, x'', 0 FROM main.checkout WHERE place = ?
       ON CONFLICT DO NOTHING RETURNING id`,
    )
    .get(path, FORGOTTEN, sentence, folder);
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
  const put = into.prepare('INSERT OR IGNORE INTO write (key, tokens, used_ms, origin, blob) VALUES (?, ?, ?, ?, ?)');
  // Version 1 did not say what a write was made for.
  const hasOrigin = attempt(() => source.prepare('SELECT origin FROM write LIMIT 1'), undefined) !== undefined;
  const columns = `SELECT id, key, tokens, used_ms, ${hasOrigin ? 'origin' : "x'' AS origin"}, blob FROM write`;
  const after = attempt(() => source.prepare(`${columns} WHERE id > ? ORDER BY id LIMIT ?`), undefined);
  const one = attempt(() => source.prepare(`${columns} WHERE id = ?`), undefined);
  if (after === undefined || one === undefined) return 0;
  let copied = 0;
  let last = 0;
  for (let barren = 0; barren < SALVAGE.patience;) {
    const whole = attempt(() => after.all(last, SALVAGE.range), undefined);
    if (whole?.length === 0) break;
    const singly = Array.from({ length: SALVAGE.range }, (_, n) => last + 1 + n);
    const rows = whole ?? singly.flatMap((id) => attempt(() => one.all(id), []));
    barren = rows.length === 0 ? barren + 1 : 0;
    last =
      whole === undefined
        ? last + SALVAGE.range
        : Math.max(...whole.map((row) => attempt(() => integer(row, 'id'), last + 1)));
    for (const row of rows) {
      const write = attempt(() => readable(row, shape), undefined);
      if (write !== undefined)
        copied += Number(put.run(write.key, write.tokens, write.usedMs, write.origin, write.blob).changes);
    }
  }
  return copied;
}

function readable(
  row: Row,
  shape: MemoryShape,
): Record<'key' | 'origin' | 'blob', Uint8Array> & Record<'tokens' | 'usedMs', number> {
  const blob = bytes(row, 'blob');
  decodeRecord(blob, shape);
  return {
    key: bytes(row, 'key'),
    tokens: integer(row, 'tokens'),
    usedMs: integer(row, 'used_ms'),
    origin: bytes(row, 'origin'),
    blob,
  };
}

/** Reading a damaged database may throw anywhere; what cannot be read is left behind. */
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
