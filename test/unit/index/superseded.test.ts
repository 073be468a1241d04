import { appendFileSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ingest } from '../../../src/index/ingest.ts';
import type { IngestOptions } from '../../../src/index/ingest.ts';
import { noMeta, skippedState } from '../../../src/index/plan.ts';
import { Ledger } from '../../../src/memory/store/ledger.ts';
import { blobHash } from '../../../src/workspace/files/file.ts';
import { SHAPE, StandIn } from '../../support/encoder.ts';
import { withFolder } from '../memory/support.ts';

/** A stand-in for the engine that calls `meanwhile` once, while it cuts a text with `mark` in it. */
class Interrupted extends StandIn {
  #meanwhile: (() => Promise<void> | void) | undefined;
  readonly #mark: string;

  constructor(mark: string, meanwhile: () => Promise<void> | void) {
    super();
    this.#mark = mark;
    this.#meanwhile = meanwhile;
  }

  override async segment(text: string) {
    const meanwhile = text.includes(this.#mark) ? this.#meanwhile : undefined;
    if (meanwhile) {
      this.#meanwhile = undefined;
      await meanwhile();
    }
    return super.segment(text);
  }
}

const hash = (text: string) => blobHash(Buffer.from(text));

/** One folder and two windows on it. */
function together(work: (windows: Windows) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const root = join(folder, 'root');
    mkdirSync(root);
    const identity = { repository: 'r', checkout: root, adapter: 'base+adapter', shape: SHAPE };
    const [one, two] = ['one', 'two'].map(() => Ledger.open(join(folder, 'memory.sqlite'), identity).ledger);
    if (!one || !two) throw new Error('two ledgers were opened');
    try {
      await work({
        root,
        one,
        two,
        save: (path, text) => {
          writeFileSync(join(root, path), text);
        },
        append: (path, text) => {
          appendFileSync(join(root, path), text);
        },
        remove: (path) => {
          rmSync(join(root, path));
        },
        read: (ledger, more = {}) => ingest({ root, ledger, engine: new StandIn().engine, ...more }),
        meta: (path, text) => {
          const { size, mtimeMs } = statSync(join(root, path));
          return { blobHash: hash(text), bytes: size, mtimeMs, lines: 1 };
        },
      });
    } finally {
      one.close();
      two.close();
    }
  });
}

interface Windows {
  readonly root: string;
  readonly one: Ledger;
  readonly two: Ledger;
  readonly save: (path: string, text: string) => void;
  readonly append: (path: string, text: string) => void;
  readonly remove: (path: string) => void;
  readonly read: (ledger: Ledger, more?: Partial<IngestOptions>) => ReturnType<typeof ingest>;
  readonly meta: (path: string, text: string) => Parameters<Ledger['putFile']>[1];
}

describe('two windows on one folder', () => {
  it('the version that was saved and stored while another window still read the one before stays', () =>
    together(async ({ one, two, save, read }) => {
      save('a.ts', 'const before = 1;\n');
      const { engine } = new Interrupted('before', async () => {
        save('a.ts', 'const afterwards = 2;\n');
        await read(two, { paths: ['a.ts'] });
      });
      await read(one, { engine });
      expect(one.file('a.ts')?.blobHash).toBe(hash('const afterwards = 2;\n'));
      expect(await one.verify()).toMatchObject({ kind: 'sound' });
    }));

  it('a reading that is later than what was stored meanwhile takes its place', () =>
    together(async ({ one, two, save, read, meta }) => {
      save('a.ts', 'const old = 1;\n');
      const old = meta('a.ts', 'const old = 1;\n');
      save('a.ts', 'const latest = 22;\n');
      const { engine } = new Interrupted('latest', () => {
        two.putFile('a.ts', old, [], new Map());
      });
      await read(one, { engine });
      expect(one.file('a.ts')?.blobHash).toBe(hash('const latest = 22;\n'));
    }));

  it('a file that grows while it is read, and that nobody else has stored, is stored', () =>
    together(async ({ one, save, append, read }) => {
      save('a.log.ts', 'const line = 1;\n');
      const { engine } = new Interrupted('line', () => {
        append('a.log.ts', 'const more = 1;\n');
      });
      await read(one, { engine });
      expect(one.file('a.log.ts')?.blobHash).toBe(hash('const line = 1;\n'));
    }));

  it('a file that goes before its turn is not there, instead of unreadable', () =>
    together(async ({ one, save, remove, read }) => {
      save('a.ts', 'const first = 1;\n');
      save('b.ts', 'const second = 1;\n');
      const { engine } = new Interrupted('first', () => {
        remove('b.ts');
      });
      expect(await read(one, { engine })).toMatchObject({ removed: 1, skipped: 0 });
      expect(one.files().map(({ path }) => path)).toEqual(['a.ts']);
    }));

  it('a file that was gone when one window walked, and was stored by the other when it came back, stays', () =>
    together(async ({ one, two, save, remove, read, meta }) => {
      save('a.ts', 'const first = 1;\n');
      save('b.ts', 'const second = 1;\n');
      await read(one);
      remove('b.ts');
      await read(one, {
        onProgress: ({ kind }) => {
          if (kind !== 'walking' || two.file('b.ts')?.blobHash !== hash('const second = 1;\n')) return;
          save('b.ts', 'const third = 33;\n');
          two.putFile('b.ts', meta('b.ts', 'const third = 33;\n'), [], new Map());
        },
      });
      expect(one.file('b.ts')?.blobHash).toBe(hash('const third = 33;\n'));
      remove('b.ts');
      await read(one);
      expect(one.file('b.ts')).toBeUndefined();
    }));

  it('a folder that can no longer be looked into costs nothing that the other window stored', () =>
    together(async ({ root, one, two, save, read, meta }) => {
      mkdirSync(join(root, 'deep'));
      save('deep/a.ts', 'const mine = 1;\n');
      save('z.ts', 'const last = 1;\n');
      const { engine } = new Interrupted('mine', () => {
        save('deep/a.ts', 'const theirs = 22;\n');
        two.putFile('deep/a.ts', meta('deep/a.ts', 'const theirs = 22;\n'), [], new Map());
        rmSync(join(root, 'deep'), { recursive: true });
        symlinkSync('deep', join(root, 'deep'));
      });
      await read(one, { engine });
      expect(one.file('deep/a.ts')?.blobHash).toBe(hash('const theirs = 22;\n'));
      expect(one.file('z.ts')?.state).toMatchObject({ kind: 'ingested' });
    }));

  it('a file that is taken out for good while another window reads it stays out', () =>
    together(async ({ one, two, save, read }) => {
      save('a.ts', 'const secret = 1;\n');
      const { engine } = new Interrupted('secret', () => {
        two.skipFile('a.ts', noMeta(0), skippedState('forgotten'));
      });
      await read(one, { engine });
      expect(one.file('a.ts')?.state).toMatchObject({ kind: 'skipped', reason: 'forgotten' });
      await read(one, { remember: true });
      expect(one.file('a.ts')?.state).toMatchObject({ kind: 'ingested' });
    }));
});
