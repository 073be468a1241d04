import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import type { Engine } from '../../../src/engine/client/engine.ts';
import { ingest } from '../../../src/index/ingest.ts';
import { Ledger } from '../../../src/memory/store/ledger.ts';
import type { MemoryShape } from '../../../src/memory/algebra/shape.ts';
import { withFolder } from './support.ts';

vi.setConfig({ testTimeout: 60_000 });

const SHAPE: MemoryShape = {
  tokens: 1,
  keySize: 4,
  blocks: 0,
  valueSize: 0,
};

/** Stands for the model: cuts at blank lines, and counts what it encodes. Everything else of the ingest is real. */
class CountingEncoder {
  encoded: string[] = [];

  segment(text: string) {
    let start = 1;
    return Promise.resolve(
      text.split(/(?<=\n\n)/).map((part) => {
        const lines = part.split('\n').length - 1;
        const segment = { start, end: start + Math.max(1, lines) - 1, text: part, tokens: part.length };
        start += lines;
        return segment;
      }),
    );
  }

  encode(header: string, text: string) {
    this.encoded.push(header + text);
    const raw = Float32Array.from({ length: 4 }, (_, at) => 1 + ((header + text).charCodeAt(at + 2) || 0));
    const length = Math.hypot(...raw);
    return Promise.resolve({ keys: raw.map((x) => x / length), tokens: text.length, milliseconds: 1 });
  }
}

type Files = Readonly<Record<string, string>>;
const MAIN: Files = {
  'src/a.ts': 'const a = 1;\n\nconst b = 2;\n\nconst c = 3;\n',
  'src/b.ts': 'export const b = 1;\n',
  'only-main.ts': 'export {};\n',
};
const FEATURE: Files = {
  'src/a.ts': 'const a = 1;\n\nconst b = 20;\n\nconst c = 3;\n',
  'src/b.ts': 'export const b = 1;\n',
  'only-feature.ts': 'export const feature = true;\n',
};

let clock = 1_700_000_000;

/** What a checkout of a branch does to a folder: files come, change and go, and all have a new time. */
async function checkOut(root: string, files: Files): Promise<void> {
  await rm(root, { recursive: true, force: true });
  clock += 10;
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
    await utimes(join(root, path), clock, clock);
  }
}

function withRepository<T>(
  use: (place: { folder: string; open: (name: string) => { root: string; ledger: Ledger } }) => Promise<T>,
) {
  return withFolder(async (folder) => {
    const ledgers: Ledger[] = [];
    const open = (name: string) => {
      const root = join(folder, name);
      const identity = { repository: 'r', checkout: root, adapter: 'base+adapter', shape: SHAPE };
      const { ledger } = Ledger.open(join(folder, 'memory'), identity);
      ledgers.push(ledger);
      return { root, ledger };
    };
    try {
      return await use({ folder, open });
    } finally {
      for (const ledger of ledgers) ledger.close();
    }
  });
}

function read(root: string, ledger: Ledger, encoder: CountingEncoder) {
  encoder.encoded = [];
  return ingest({ root, ledger, engine: encoder as unknown as Engine });
}

describe('ingest through the ledger', () => {
  it('encodes nothing when a branch is switched to and back, and each branch has its memory again', async () => {
    await withRepository(async ({ open }) => {
      const { root, ledger } = open('work');
      const encoder = new CountingEncoder();
      await checkOut(root, MAIN);
      expect(await read(root, ledger, encoder)).toMatchObject({ encoded: 5, reused: 0 });
      const main = [ledger.setHash().hex(), ledger.treeHash()];
      await checkOut(root, FEATURE);
      // One segment changed, one file is new: the rest is known.
      expect(await read(root, ledger, encoder)).toMatchObject({ encoded: 2, removed: 1 });
      const feature = [ledger.setHash().hex(), ledger.treeHash()];
      for (const [files, hashes] of [
        [MAIN, main],
        [FEATURE, feature],
        [MAIN, main],
      ] as const) {
        // What was used lately is not swept.
        ledger.prune({ maxAgeMs: 60_000 });
        await checkOut(root, files);
        const report = await read(root, ledger, encoder);
        expect(encoder.encoded).toEqual([]);
        expect(report.encoded).toBe(0);
        expect([ledger.setHash().hex(), ledger.treeHash()]).toEqual(hashes);
        expect((await ledger.rebuild()).hex()).toBe(hashes[0]);
      }
      expect(await ledger.verify()).toMatchObject({ kind: 'sound', setHash: main[0], treeHash: main[1] });
    });
  });

  it('encodes nothing in a second worktree of the same commit, and only what differs in another', async () => {
    await withRepository(async ({ open }) => {
      const [first, second] = [open('first'), open('second')];
      const encoder = new CountingEncoder();
      await checkOut(first.root, MAIN);
      await read(first.root, first.ledger, encoder);
      await checkOut(second.root, MAIN);
      expect(await read(second.root, second.ledger, encoder)).toMatchObject({ encoded: 0, reused: 5 });
      expect(second.ledger.treeHash()).toBe(first.ledger.treeHash());
      expect(second.ledger.setHash().hex()).toBe(first.ledger.setHash().hex());
      await checkOut(second.root, FEATURE);
      expect(await read(second.root, second.ledger, encoder)).toMatchObject({ encoded: 2 });
      const here = second.ledger.tree();
      const changes = second.ledger.difference(here, second.ledger.tree(undefined, first.root));
      expect(changes.segments.map(({ sign, path }) => [sign, path])).toEqual([
        [1, 'only-feature.ts'],
        [-1, 'only-main.ts'],
        [-1, 'src/a.ts'],
        [1, 'src/a.ts'],
      ]);
    });
  });

  it('encodes a renamed file again: its path is part of what was encoded', async () => {
    await withRepository(async ({ open }) => {
      const { root, ledger } = open('work');
      const encoder = new CountingEncoder();
      await checkOut(root, MAIN);
      await read(root, ledger, encoder);
      await rename(join(root, 'src/a.ts'), join(root, 'src/z.ts'));
      expect(await read(root, ledger, encoder)).toMatchObject({ encoded: 3, removed: 1 });
      expect(encoder.encoded.every((text) => text.startsWith('# src/z.ts\n'))).toBe(true);
      await rename(join(root, 'src/z.ts'), join(root, 'src/a.ts'));
      expect(await read(root, ledger, encoder)).toMatchObject({ encoded: 0, reused: 3 });
    });
  });
});
