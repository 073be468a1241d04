import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shapeOf } from '../../../src/index/shape.ts';
import { openSnapshotMemory } from '../../../src/index/snapshot-io.ts';
import { pruneUnpacked, touchUnpacked, UNPACKED, unpackedPlace } from '../../../src/index/unpacked-snapshots.ts';
import { readAdapter } from '../../../src/engine/weights/adapter.ts';
import type { Engine } from '../../../src/engine/client/engine.ts';
import { Ledger } from '../../../src/memory/store/ledger.ts';
import { exportSnapshot } from '../../../src/memory/snapshot/export.ts';
import { contentHash } from '../../../src/memory/algebra/embedding-record.ts';
import { packKeys } from '../../../src/memory/algebra/packed-keys.ts';
import { withFolder } from '../memory/support.ts';

const MODELS = join(import.meta.dirname, '../../../models');
const NOW = Date.UTC(2026, 10, 25);
const DAY = 86_400_000;
const name = (digit: string) => digit.repeat(24);

/** An unpacked snapshot of that many bytes, log included, last used that many days ago. */
function put(home: string, digit: string, bytes: number, days: number): void {
  const place = unpackedPlace(home, name(digit));
  mkdirSync(join(home, 'snapshots'), { recursive: true });
  writeFileSync(place, Buffer.alloc(bytes - 10));
  writeFileSync(`${place}-wal`, Buffer.alloc(10));
  for (const file of [place, `${place}-wal`]) utimesSync(file, (NOW - days * DAY) / 1000, (NOW - days * DAY) / 1000);
}

/** Keys of length 1, as a model gives them. */
const unitWrite = (tokens: number, keySize: number) => ({
  keys: packKeys(
    Int8Array.from({ length: tokens * keySize }, (_, at) => (at % keySize === 0 ? 127 : 0)),
    keySize,
  ),
  values: new Int8Array(0),
});

const left = (home: string) =>
  readdirSync(join(home, 'snapshots'))
    .filter((file) => file !== '.gitignore')
    .sort();
const both = (...digits: string[]) => digits.flatMap((digit) => [`${name(digit)}.sqlite`, `${name(digit)}.sqlite-wal`]);

describe('unpacked snapshots', () => {
  it('go with their logs when nobody has asked them for long, and no other file does', async () => {
    await withFolder((home) => {
      put(home, 'a', 100, 31);
      put(home, 'b', 100, 29);
      const aside = `${name('a')}.sqlite.damaged-20260101T000000000Z`;
      for (const other of [aside, 'notes.txt', 'abc.sqlite']) writeFileSync(join(home, 'snapshots', other), 'x');
      const old = (NOW - 40 * DAY) / 1000;
      for (const other of [aside, 'notes.txt', 'abc.sqlite']) utimesSync(join(home, 'snapshots', other), old, old);
      expect(pruneUnpacked(home, { ...UNPACKED, now: NOW })).toBe(101);
      expect(left(home)).toEqual([...both('b'), 'abc.sqlite', 'notes.txt'].sort());
    });
  });

  it('go beyond the size, the longest unused first, but not while they may be in use', async () => {
    await withFolder((home) => {
      put(home, 'a', 100, 0.5);
      put(home, 'b', 100, 0.1);
      put(home, 'c', 100, 3);
      put(home, 'd', 100, 2);
      expect(pruneUnpacked(home, { maxAgeMs: 30 * DAY, maxBytes: 300, now: NOW })).toBe(100);
      expect(left(home)).toEqual(both('a', 'b', 'd'));
      expect(pruneUnpacked(home, { maxAgeMs: 30 * DAY, maxBytes: 10, now: NOW })).toBe(100);
      expect(left(home)).toEqual(both('a', 'b'));
    });
  });

  it('stay for another month when they are used', async () => {
    await withFolder((home) => {
      put(home, 'a', 100, 31);
      touchUnpacked(unpackedPlace(home, name('a')), new Date(NOW));
      expect(pruneUnpacked(home, { ...UNPACKED, now: NOW + 29 * DAY })).toBe(0);
      expect(pruneUnpacked(home, { ...UNPACKED, now: NOW + 31 * DAY })).toBe(100);
      expect(left(home)).toEqual([]);
    });
  });

  it('of a clock that was a year ahead begin to age when it is set right', async () => {
    await withFolder((home) => {
      put(home, 'a', 100, -365);
      expect(pruneUnpacked(home, { ...UNPACKED, now: NOW })).toBe(0);
      expect(pruneUnpacked(home, { ...UNPACKED, now: NOW + 31 * DAY })).toBe(100);
    });
  });

  it('are swept when another is unpacked, and that one is there', async () => {
    await withFolder(async (home) => {
      put(home, 'a', 100, (Date.now() - NOW) / DAY + 31);
      const folders = { adapterFolder: join(MODELS, 'adapter'), baseFolder: join(MODELS, 'base') };
      const adapter = await readAdapter(folders.adapterFolder, folders.baseFolder);
      const identity = { repository: 'r', checkout: '/r', adapter: adapter.id, shape: shapeOf(adapter) };
      const { ledger } = Ledger.open(join(home, 'from.sqlite'), identity);
      const meta = { blobHash: 'x', bytes: 1, mtimeMs: 1, lines: 1 };
      const { tokens, keySize } = identity.shape;
      const writes = new Map([[contentHash(adapter.id, 'a.ts', 'x'), unitWrite(tokens, keySize)]]);
      const segments = [...writes.keys()].map((key) => ({
        start: 1,
        end: 1,
        tokens: 1,
        contentHash: key,
        terms: ['x'],
      }));
      ledger.putFile('a.ts', meta, segments, writes);
      const file = join(home, 'x.imem');
      await exportSnapshot(ledger, file, { program: '1.2.3', repository: '' });
      ledger.close();
      const index = await openSnapshotMemory(file, { settings: folders } as unknown as Engine, undefined, home);
      expect(index.paths()).toEqual(['a.ts']);
      index.close();
      expect(left(home)).toEqual([expect.stringMatching(/^[0-9a-f]{24}\.sqlite$/)]);
      expect(left(home)[0]).not.toContain(name('a'));
    });
  });
});
