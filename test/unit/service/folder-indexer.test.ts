import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readAdapter } from '../../../src/engine/weights/adapter.ts';
import { AppError } from '../../../src/common/app-error.ts';
import { complete } from '../../../src/library/coverage.ts';
import { FolderIndexer } from '../../../src/service/folder-indexer.ts';
import { indexingStateOf } from '../../../src/service/tool-outcome.ts';
import type { MemoryState } from '../../../src/service/protocol.ts';
import { AdapterStandIn } from '../../support/encoder.ts';
import { withFolder } from '../memory/support.ts';

it.skipIf(process.platform === 'win32')('begins the memory anew when its folder is deleted under it', () =>
  withFolder(async (folder) => {
    const [home, root] = [join(folder, 'home'), join(folder, 'root')];
    mkdirSync(root);
    for (const name of ['a.ts', 'b.ts']) writeFileSync(join(root, name), `export const ${name[0] ?? ''} = 1;\n`);
    let deletions = 1;
    const standIn = new AdapterStandIn(() => {
      if (deletions-- > 0) rmSync(home, { recursive: true });
      return Promise.resolve();
    });
    standIn.shape = await readAdapter(standIn.settings.adapterFolder, standIn.settings.baseFolder);
    const states: MemoryState[] = [];
    const indexer = new FolderIndexer({
      folder: { root, name: 'root' },
      engine: standIn.engine,
      home,
      exclude: [],
      onState: (state) => states.push(state),
      onRefreshed: () => undefined,
      onNotice: () => undefined,
      onLog: () => undefined,
    });
    const databases = () => globSync(join(home, 'memory/*/*.sqlite')).length;
    await indexer.refresh();
    expect(states.some((state) => state.kind === 'failed' && /deleted or replaced/.test(state.message))).toBe(true);
    expect(indexer.state).toMatchObject({ kind: 'ready', files: 2 });
    expect(databases()).toBe(1);
    // And while nothing is read: the next save finds out, and what it fails with repairs it.
    rmSync(home, { recursive: true });
    writeFileSync(join(root, 'a.ts'), 'export const other = 2;\n');
    const failed: unknown = await indexer.refreshPaths(['a.ts'], performance.now()).catch((error: unknown) => error);
    indexer.repair(failed);
    await indexer.saved();
    expect(indexer.state).toMatchObject({ kind: 'ready', files: 2 });
    expect(databases()).toBe(1);
    expect(indexingStateOf(indexer)).toEqual(complete);
    // And where a question finds out and no memory can be made anew: nothing is found in none.
    const { location } = (await indexer.open()).ledger;
    rmSync(home, { recursive: true });
    writeFileSync(home, '');
    indexer.repair(new AppError('ledger/gone', `${location} was deleted.`));
    await indexer.saved();
    expect(indexer.state.kind).toBe('failed');
    expect(indexingStateOf(indexer).message).toContain('Files could not be indexed: ');
    rmSync(home);
    await indexer.refresh();
    expect(indexer.state).toMatchObject({ kind: 'ready', files: 2 });
    expect(indexingStateOf(indexer)).toEqual(complete);
    await indexer.close();
  }),
);

it.each(['before', 'after'])('answers from saved text whenever it is asked, %s the save is told', (order) =>
  withFolder(async (folder) => {
    const [home, root] = [join(folder, 'home'), join(folder, 'root')];
    mkdirSync(root);
    writeFileSync(join(root, 'a.ts'), 'export const lamp = 1;\n');
    const standIn = new AdapterStandIn();
    standIn.shape = await readAdapter(standIn.settings.adapterFolder, standIn.settings.baseFolder);
    const indexer = new FolderIndexer({
      folder: { root, name: 'root' },
      engine: standIn.engine,
      home,
      exclude: [],
      onState: () => undefined,
      onRefreshed: () => undefined,
      onNotice: () => undefined,
      onLog: () => undefined,
    });
    await indexer.refresh();
    const index = await indexer.open();
    const isFound = () => index.holding('vermilion', 1).length > 0;

    const text = 'export const vermilion = 2;\n';
    await indexer.overlay('a.ts', text);
    expect(isFound()).toBe(true);
    // The editor says that a document is as on disk, and then that it was saved: a question may come between.
    writeFileSync(join(root, 'a.ts'), text);
    const told = [() => indexer.overlay('a.ts', undefined), () => indexer.refreshPaths(['a.ts'], performance.now())];
    for (const tell of order === 'before' ? told : told.toReversed()) {
      await tell();
      expect(isFound()).toBe(true);
    }
    expect(index.ledger.segmentsOf('a.ts').map(({ segmentId }) => index.place(segmentId)?.path)).toEqual(['a.ts']);
    // What was typed and given up is as on disk too.
    await indexer.overlay('a.ts', 'export const other = 3;\n');
    expect(isFound()).toBe(false);
    await indexer.overlay('a.ts', undefined);
    expect(isFound()).toBe(true);
    await indexer.close();
  }),
);
