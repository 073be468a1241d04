import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { describe, expect, it } from 'vitest';

import { ingest } from '../../../src/index/ingest.ts';
import { Ledger } from '../../../src/memory/store/ledger.ts';
import { blobHash } from '../../../src/workspace/files/file.ts';
import { SHAPE, StandIn } from '../../support/encoder.ts';
import { withFolder } from '../memory/support.ts';

const TEXT = 'export const before = 1;\n';
const OTHER = 'export const behind = 2;\n';

interface Desk {
  readonly root: string;
  readonly file: string;
  readonly ledger: Ledger;
  readonly read: () => ReturnType<typeof ingest>;
  readonly stored: () => string | undefined;
}

/** A folder with one file that was read. */
function withFile(work: (desk: Desk) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const root = join(folder, 'root');
    mkdirSync(root);
    const file = join(root, 'a.ts');
    writeFileSync(file, TEXT);
    const identity = { repository: 'r', checkout: root, adapter: 'base+adapter', shape: SHAPE };
    const { ledger } = Ledger.open(join(folder, 'memory.sqlite'), identity);
    const read = () => ingest({ root, ledger, engine: new StandIn().engine });
    try {
      expect(await read()).toMatchObject({ read: 1, encoded: 1 });
      await work({ root, file, ledger, read, stored: () => ledger.file('a.ts')?.blobHash });
    } finally {
      ledger.close();
    }
  });
}

const hash = (text: string) => blobHash(Buffer.from(text));

/** Puts a file's times back to what they were. */
function keepingTime(file: string, change: () => void): void {
  const { atime, mtime } = statSync(file);
  change();
  utimesSync(file, atime, mtime);
}

describe('a file that is read', () => {
  it('is read again when its content changed and its size and time did not', () =>
    withFile(async ({ file, read, stored }) => {
      const { mtimeMs } = statSync(file);
      utimesSync(file, new Date(1_700_000_000_000), new Date(1_700_000_000_000));
      await read();
      keepingTime(file, () => {
        writeFileSync(file, OTHER);
      });
      expect(statSync(file).mtimeMs).not.toBe(mtimeMs);
      expect(await read()).toMatchObject({ read: 1, encoded: 1 });
      expect(stored()).toBe(hash(OTHER));
      expect(await read()).toMatchObject({ read: 0, unchanged: 1, encoded: 0 });
    }));

  it('is read again when another file of the same size and time was put in its place', () =>
    withFile(async ({ root, file, read, stored }) => {
      const time = new Date(1_700_000_000_000);
      utimesSync(file, time, time);
      await read();
      const next = join(root, '..', 'next');
      writeFileSync(next, OTHER);
      utimesSync(next, time, time);
      renameSync(next, file);
      expect(await read()).toMatchObject({ read: 1 });
      expect(stored()).toBe(hash(OTHER));
    }));

  it('costs a look and no work where only its rights or its place on the disk changed, once', () =>
    withFile(async ({ root, file, ledger, read }) => {
      utimesSync(file, new Date(1_700_000_000_000), new Date(1_700_000_000_000));
      await read();
      const generation = ledger.generation();
      chmodSync(file, 0o600);
      expect(await read()).toMatchObject({ read: 0, unchanged: 1, encoded: 0, reused: 0 });
      const copy = join(root, '..', 'copy');
      keepingTime(file, () => {
        writeFileSync(copy, readFileSync(file));
        const { atime, mtime } = statSync(file);
        utimesSync(copy, atime, mtime);
        renameSync(copy, file);
      });
      expect(await read()).toMatchObject({ unchanged: 1, encoded: 0 });
      expect(ledger.generation()).toBe(generation);
      expect(ledger.file('a.ts')?.stat).toEqual({ ctimeMs: statSync(file).ctimeMs, inode: statSync(file).ino });
    }));

  it('by a version that did not look so closely is looked at once more', () =>
    withFile(async ({ file, ledger, read, stored }) => {
      const db = new DatabaseSync(ledger.location);
      db.exec('UPDATE file SET ctime_ms = NULL, inode = NULL');
      db.close();
      expect(await read()).toMatchObject({ read: 0, unchanged: 1, encoded: 0 });
      expect(ledger.file('a.ts')?.stat?.inode).toBe(statSync(file).ino);
      expect(stored()).toBe(hash(TEXT));
    }));

  it('is read again once somebody has seen that it differs, whatever it looks like', () =>
    withFile(async ({ file, ledger, read, stored }) => {
      // As where a file system keeps neither: what is on disk is recorded with another content.
      const record = ledger.file('a.ts')!;
      const [segment] = ledger.segmentsOf('a.ts');
      const { start, end, tokens, contentHash } = segment!;
      const entry = { start, end, tokens, contentHash, terms: [] };
      ledger.putFile('a.ts', { ...record, blobHash: hash(OTHER) }, [entry], new Map());
      expect(await read()).toMatchObject({ read: 0, unchanged: 1 });
      ledger.doubt(['a.ts', 'never seen.ts']);
      expect(await ledger.verify()).toMatchObject({ kind: 'sound' });
      expect(await read()).toMatchObject({ read: 1 });
      expect(stored()).toBe(hash(TEXT));
      expect(statSync(file).size).toBe(TEXT.length);
    }));

  it('whose writes are taken out by another process meanwhile is read once more', () =>
    withFile(async ({ root, file, ledger, stored }) => {
      writeFileSync(file, `${TEXT}\n${OTHER}`);
      await ingest({ root, ledger, engine: new StandIn().engine });
      writeFileSync(file, TEXT);
      await ingest({ root, ledger, engine: new StandIn().engine });
      const pruner = new DatabaseSync(ledger.location);
      let pruned = 0;
      class Swept extends StandIn {
        override encode(header: string, text: string) {
          // Somebody forgets another file: what no file uses goes with it.
          if (pruned++ === 0) pruner.exec('DELETE FROM record WHERE id NOT IN (SELECT record_id FROM segment)');
          return super.encode(header, text);
        }
      }
      writeFileSync(file, `${TEXT}\n${OTHER}\nexport const third = 3;\n`);
      await ingest({ root, ledger, engine: new Swept().engine });
      pruner.close();
      expect(pruned).toBeGreaterThan(1);
      expect(stored()).toBe(blobHash(readFileSync(file)));
      expect(await ledger.verify()).toMatchObject({ kind: 'sound', segments: 3 });
    }));
});
