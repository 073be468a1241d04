import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { describe, expect, it } from 'vitest';

import { quantize } from '../../../../src/memory/algebra/embedding-record.ts';
import type { EmbeddingRecord } from '../../../../src/memory/algebra/embedding-record.ts';
import { pairedRecord } from '../../../../src/memory/algebra/former-record.ts';
import { exportSnapshot } from '../../../../src/memory/snapshot/export.ts';
import { Ledger } from '../../../../src/memory/store/ledger.ts';
import { imported } from '../../../unit/memory/snapshot/support.ts';
import { IDENTITY, madeUpFile, madeUpVectors, withFolder } from '../../../unit/memory/support.ts';

const PROGRAM = { program: '1.2.3', repository: '' };

describe('a snapshot whose keys stand each by itself', () => {
  const shape = { tokens: 2, keySize: 64, blocks: 0, valueSize: 0 };
  const made = { ...shape, tokens: 4 };

  /** Keys of length 1, as a model gives them. */
  function recordOf(name: string): EmbeddingRecord {
    const floats = Float32Array.from(madeUpVectors(name, made).keys);
    for (let from = 0; from < floats.length; from += made.keySize) {
      const key = floats.subarray(from, from + made.keySize);
      const length = Math.hypot(...key);
      key.forEach((x, at) => (key[at] = x / length));
    }
    return quantize({ keys: floats, values: new Float32Array(0) }, made, []);
  }

  /** As version 3 wrote it. */
  function asVersion3(file: string): void {
    const db = new DatabaseSync(file);
    const set = db.prepare('INSERT OR REPLACE INTO header VALUES (?, ?)');
    set.run('format', '3');
    db.exec("DELETE FROM header WHERE name = 'checksum'; PRAGMA user_version = 3");
    const rows = db.prepare('SELECT name, value FROM header').all() as { name: string; value: string }[];
    const sealed = rows.map(({ name, value }) => [name, value]).sort(([a], [b]) => (a! < b! ? -1 : 1));
    const checksum = createHash('sha256')
      .update('memory snapshot header\n')
      .update(JSON.stringify(sealed))
      .digest('hex');
    set.run('checksum', checksum);
    db.close();
  }

  it('is read of version 3 alone: its keys are averaged in pairs', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.imem');
      const path = 'a.ts';
      const own = madeUpFile(path, 1, 5, recordOf);
      const { ledger: from } = Ledger.open(join(folder, 'from'), { ...IDENTITY, shape: made });
      from.putFile(path, own.meta, own.segments, own.writes);
      await exportSnapshot(from, file, PROGRAM);
      from.close();
      const place = () => ({ meta: own.meta, terms: own.segments.map(({ terms }) => terms) });
      const { ledger: into } = Ledger.open(join(folder, 'into'), { ...IDENTITY, shape });
      await expect(imported(into, file, { place })).rejects.toMatchObject({ code: 'snapshot/foreign' });
      asVersion3(file);
      expect(await imported(into, file, { place })).toMatchObject({
        files: { placed: 1 },
        records: { added: 5, known: 0 },
      });
      for (const { contentHash, record } of into.records())
        expect(record).toEqual(pairedRecord(recordOf(contentHash), shape));
      expect(await into.verify()).toMatchObject({ kind: 'sound', records: 5 });
      // What was read is written in this version, and read again.
      const again = join(folder, 'again.imem');
      await exportSnapshot(into, again, PROGRAM);
      expect(await imported(into, again, { place })).toMatchObject({ records: { added: 0, known: 5 } });
      into.close();
    });
  });
});
