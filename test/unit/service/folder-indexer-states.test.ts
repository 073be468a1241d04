import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/common/app-error.ts';
import { complete } from '../../../src/library/coverage.ts';
import type { IndexingState } from '../../../src/library/coverage.ts';
import { readAdapter } from '../../../src/engine/weights/adapter.ts';
import { FolderIndexer } from '../../../src/service/folder-indexer.ts';
import { indexingStateOf, partialPercent } from '../../../src/service/tool-outcome.ts';
import type { MemoryState, Refreshed } from '../../../src/service/protocol.ts';
import { AdapterStandIn } from '../../support/encoder.ts';
import { withFolder } from '../memory/support.ts';

interface Stage {
  readonly root: string;
  readonly indexer: FolderIndexer;
  readonly standIn: AdapterStandIn;
  readonly states: readonly MemoryState[];
  readonly refreshed: readonly Refreshed[];
}

/**
 * An indexer over two files, with a stand-in for the model.
 *
 * @param meanwhile what happens while a segment is encoded
 */
async function withIndexer(
  work: (stage: Stage) => Promise<void>,
  meanwhile: (stage: Stage) => void = () => undefined,
): Promise<void> {
  await withFolder(async (folder) => {
    const [home, root] = [join(folder, 'home'), join(folder, 'root')];
    mkdirSync(root);
    for (const name of ['a', 'b']) writeFileSync(join(root, `${name}.ts`), `export const ${name} = 1;\n`);
    const standIn = new AdapterStandIn(() => {
      meanwhile(stage);
      return Promise.resolve();
    });
    standIn.shape = await readAdapter(standIn.settings.adapterFolder, standIn.settings.baseFolder);
    const states: MemoryState[] = [];
    const refreshed: Refreshed[] = [];
    const indexer = new FolderIndexer({
      folder: { root, name: 'root' },
      engine: standIn.engine,
      home,
      exclude: [],
      onState: (state) => states.push(state),
      onRefreshed: (each) => refreshed.push(each),
      onNotice: () => undefined,
      onLog: () => undefined,
    });
    const stage = { root, indexer, standIn, states, refreshed };
    try {
      await work(stage);
    } finally {
      await indexer.close();
    }
  });
}

const save = ({ root }: Stage, path: string, text: string) => {
  writeFileSync(join(root, path), text);
};

describe('a folder indexer', () => {
  it('opens, reads everything and is ready', () =>
    withIndexer(async ({ indexer, states }) => {
      expect(indexer.state.kind).toBe('opening');
      await indexer.refresh();
      expect(indexer.state).toMatchObject({ kind: 'ready', files: 2, segments: 2 });
      expect(states.at(-1)).toEqual(indexer.state);
      const files = await indexer.files();
      expect(files.map(({ path, share }) => [path, share])).toEqual([
        ['a.ts', 0.5],
        ['b.ts', 0.5],
      ]);
    }));

  it('reads what is saved alone, and tells what that took', () =>
    withIndexer(async (stage) => {
      const { root, indexer, standIn, refreshed } = stage;
      await indexer.refresh();
      const before = standIn.encoded;
      save(stage, 'a.ts', 'export const changed = 2;\n');
      save(stage, 'b.ts', 'export const unseen = 2;\n');
      await indexer.refreshPaths(['a.ts'], performance.now());
      expect(standIn.encoded - before).toBe(1);
      expect(refreshed).toMatchObject([{ root, paths: ['a.ts'], encoded: 1, reused: 0, removed: 0 }]);
    }));

  it('goes round once more for what is asked while it reads', () =>
    withIndexer(
      async ({ indexer }) => {
        await indexer.refresh();
        await expect.poll(() => indexer.state).toMatchObject({ kind: 'ready', files: 3 });
      },
      (stage) => {
        if (stage.standIn.encoded !== 1) return;
        save(stage, 'c.ts', 'export const c = 1;\n');
        void stage.indexer.refresh();
      },
    ));

  it('stops between two segments for a pause, keeps what was read, and goes on from there', () =>
    withIndexer(
      async ({ indexer, standIn, states }) => {
        await indexer.refresh();
        // Words are there before vectors are made, so no answer may say that files cannot be found.
        expect(indexer.state).toMatchObject({ kind: 'paused', isIndexed: true });
        expect(indexer.state.message).toBe('Embedding is paused. Every file can be asked about.');
        expect(indexingStateOf(indexer)).toEqual(complete);
        expect(standIn.encoded).toBe(1);
        await indexer.refresh();
        expect(standIn.encoded).toBe(1);
        await indexer.resume();
        expect(indexer.state).toMatchObject({ kind: 'ready', files: 2 });
        expect(states.some(({ kind }) => kind === 'failed')).toBe(false);
      },
      ({ indexer, standIn }) => {
        if (standIn.encoded === 1) indexer.pause();
      },
    ));

  it('says that every file can be found while vectors are made, whatever progress was told last', () => {
    const during: IndexingState[] = [];
    return withIndexer(
      async ({ indexer }) => {
        await indexer.refresh();
        expect(during).toEqual([complete, complete]);
      },
      ({ indexer }) => {
        during.push(indexingStateOf(indexer));
      },
    );
  });

  it('leaves nothing out of an answer by its own account once every file can be found', () => {
    const reading = { kind: 'reading', message: '', percent: 40, files: 2, ofFiles: 5, path: 'a.ts' } as const;
    const paused = { kind: 'paused', message: '', percent: 40, isIndexed: false } as const;
    for (const state of [reading, paused]) {
      expect(partialPercent({ state, isIndexed: false })).toBe(40);
      expect(partialPercent({ state, isIndexed: true })).toBeUndefined();
    }
  });

  it('says that every file can be found where only vectors failed', () => {
    let isBroken = true;
    return withIndexer(
      async (stage) => {
        const { indexer } = stage;
        await indexer.refresh();
        expect(indexer.state.kind).toBe('failed');
        expect(indexingStateOf(indexer)).toEqual(complete);
        save(stage, 'a.ts', 'export const changed = 2;\n');
        await expect(indexer.refreshPaths(['a.ts'], performance.now())).rejects.toThrow();
        expect(indexingStateOf(indexer)).toEqual(complete);
        isBroken = false;
        await indexer.refresh();
        expect(indexer.state.kind).toBe('ready');
      },
      () => {
        if (isBroken) throw new AppError('engine/model-file', 'The model is not whole.');
      },
    );
  });

  it('does not say that every file can be asked about where a later walk is paused', () =>
    withIndexer(async (stage) => {
      const { indexer } = stage;
      await indexer.refresh();
      save(stage, 'c.ts', 'export const c = 1;\n');
      const walk = indexer.refresh();
      indexer.pause();
      await walk;
      expect(indexer.state).toMatchObject({ kind: 'paused', isIndexed: false });
      expect(indexer.state.message).toBe('Indexing is paused. What is indexed can be asked about.');
      // Of what the memory knows every word is there, as before each walk.
      expect(indexingStateOf(indexer)).toEqual(complete);
      await indexer.resume();
      expect(indexer.state).toMatchObject({ kind: 'ready', files: 3 });
    }));

  it('reads a save while it is paused', () =>
    withIndexer(async (stage) => {
      const { indexer } = stage;
      await indexer.refresh();
      indexer.pause();
      save(stage, 'c.ts', 'export const c = 1;\n');
      await indexer.refreshPaths(['c.ts'], performance.now());
      expect((await indexer.files()).map(({ path }) => path)).toContain('c.ts');
    }));

  it('keeps a forgotten file out until it is wanted back', () =>
    withIndexer(async ({ indexer }) => {
      await indexer.refresh();
      expect((await indexer.forget(['a.ts'])).files).toBe(1);
      expect(indexer.state).toMatchObject({ kind: 'ready', files: 1 });
      await indexer.refresh();
      expect(indexer.state).toMatchObject({ kind: 'ready', files: 1 });
      await indexer.refresh({ remember: true });
      expect(indexer.state).toMatchObject({ kind: 'ready', files: 2 });
    }));

  it('lays unsaved text over the files, and takes it away again', () =>
    withIndexer(async ({ indexer, standIn }) => {
      await indexer.refresh();
      const before = standIn.encoded;
      await indexer.overlay('a.ts', 'export const typed = 3;\n');
      expect([...indexer.unsaved.keys()]).toEqual(['a.ts']);
      expect(standIn.encoded - before).toBe(1);
      await indexer.overlay('a.ts', undefined);
      expect(indexer.unsaved.size).toBe(0);
    }));

  it('says what failed, and works when that is repaired', () =>
    withIndexer(async ({ indexer, root, states }) => {
      rmSync(root, { recursive: true });
      await indexer.refresh();
      expect(indexer.state.kind).toBe('failed');
      expect(indexingStateOf(indexer).message).toContain('Files could not be indexed: ');
      mkdirSync(root);
      writeFileSync(join(root, 'a.ts'), 'export const a = 1;\n');
      await indexer.refresh();
      expect(states.at(-1)).toMatchObject({ kind: 'ready', files: 1 });
    }));

  it('tells nothing any more once it is closed', () =>
    withIndexer(async ({ indexer, states }) => {
      await indexer.close();
      indexer.pause();
      expect(indexer.state).toMatchObject({ kind: 'paused', isIndexed: false });
      expect(indexingStateOf(indexer).kind).toBe('paused');
      expect(states).toEqual([]);
    }));
});
