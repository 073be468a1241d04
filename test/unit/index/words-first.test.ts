import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { embedWords, indexWords, ingest } from '../../../src/index/ingest.ts';
import type { IngestOptions } from '../../../src/index/ingest.ts';
import { SegmentEncoder } from '../../../src/index/segment-encoder.ts';
import { SegmentTable } from '../../../src/index/segment-table.ts';
import type { Change } from '../../../src/memory/records.ts';
import { packKeys } from '../../../src/memory/algebra/packed-keys.ts';
import { Ledger } from '../../../src/memory/store/ledger.ts';
import { SHAPE, StandIn } from '../../support/encoder.ts';
import { withFolder } from '../memory/support.ts';

/** Notes which files it encodes, in order. */
class Noting extends StandIn {
  readonly paths: string[] = [];
  readonly #stopAfter: number;
  readonly #stop: (() => void) | undefined;

  constructor(stopAfter = Infinity, stop?: () => void) {
    super();
    this.#stopAfter = stopAfter;
    this.#stop = stop;
  }

  override encode(header: string, text: string) {
    this.paths.push(header.slice(2, -1));
    if (this.paths.length >= this.#stopAfter) this.#stop?.();
    return super.encode(header, text);
  }
}

interface Place {
  readonly root: string;
  readonly ledger: Ledger;
  readonly save: (path: string, text: string) => void;
  readonly options: (engine: StandIn, more?: Partial<IngestOptions>) => IngestOptions;
}

function withPlace(work: (place: Place) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const root = join(folder, 'root');
    mkdirSync(root);
    const identity = { repository: 'r', checkout: root, adapter: 'base+adapter', shape: SHAPE };
    const { ledger } = Ledger.open(join(folder, 'index.sqlite'), identity);
    const save = (path: string, text: string) => {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    try {
      await work({ root, ledger, save, options: ({ engine }, more = {}) => ({ root, ledger, engine, ...more }) });
    } finally {
      ledger.close();
    }
  });
}

const SHIP = 'export const mast = 1;\n\nexport const anchor = 2;\n\nexport const keel = 3;\n';
const DOCK = 'export const crane = 1;\n\nexport const rope = 2;\n';

describe('the words of a folder', () => {
  it('are searched before anything is encoded, and every file has its state', () =>
    withPlace(async ({ ledger, save, options }) => {
      save('ship.ts', SHIP);
      save('node_modules/left.ts', SHIP);
      save('empty.ts', '');
      const engine = new Noting();
      const { report } = await indexWords(options(engine));
      expect(report).toMatchObject({ read: 1, removed: 0 });
      expect(engine.paths).toEqual([]);
      expect(ledger.lexicalSearch(['anchor'], 5)).toHaveLength(1);
      expect(ledger.notEmbedded().map(({ path }) => path)).toEqual(['ship.ts', 'ship.ts', 'ship.ts']);
      expect(ledger.file('empty.ts')?.state).toMatchObject({ kind: 'skipped', reason: 'empty' });
      expect(await ledger.verify()).toMatchObject({ kind: 'sound' });
      expect((await indexWords(options(engine))).report).toMatchObject({ read: 0, unchanged: 1 });
    }));

  it('keep the vectors of what is unchanged in a file that changed', () =>
    withPlace(async ({ ledger, save, options }) => {
      save('ship.ts', SHIP);
      await ingest(options(new StandIn()));
      save('ship.ts', SHIP.replace('anchor = 2', 'anchor = 22'));
      expect((await indexWords(options(new StandIn()))).report).toMatchObject({ read: 1, reused: 2 });
      expect(ledger.notEmbedded().map(({ ordinal }) => ordinal)).toEqual([1]);
    }));
});

describe('the vectors of a folder', () => {
  it('are made of what is asked about or worked on first, then of sources before tests', () =>
    withPlace(async ({ save, options }) => {
      for (const path of ['a.test.ts', 'b.ts', 'c.ts', 'd.ts']) save(path, `${DOCK}// ${path}\n`);
      const engine = new Noting();
      let nearest = ['d.ts'];
      // Somebody asks about another file while the first is encoded.
      const onChange = ({ embedded }: Change) => {
        if (embedded.length > 0) nearest = ['c.ts'];
      };
      await ingest(options(engine, { nearest: () => nearest, onChange }));
      expect([...new Set(engine.paths)]).toEqual(['d.ts', 'c.ts', 'b.ts', 'a.test.ts']);
    }));

  it('are made once, whatever stops the pass and wherever it goes on', () =>
    withPlace(async ({ ledger, save, options }) => {
      for (let at = 0; at < 9; at += 1) save(`f${at}.ts`, `${SHIP}\n// ${at}\n`);
      const texts: string[] = [];
      for (let round = 0; round < 20 && (round === 0 || ledger.notEmbedded().length > 0); round += 1) {
        const stop = new AbortController();
        const engine = new Noting(4, () => {
          stop.abort();
        });
        await ingest(options(engine, { signal: stop.signal })).catch(() => undefined);
        texts.push(...engine.paths);
      }
      expect(ledger.notEmbedded()).toEqual([]);
      // Four segments a file, and none of them twice.
      expect(texts).toHaveLength(36);
      expect(await ledger.verify()).toMatchObject({ kind: 'sound' });
    }));

  it('of a file that changed since its words were read wait for the next reading', () =>
    withPlace(async ({ ledger, save, options }) => {
      save('ship.ts', SHIP);
      const words = await indexWords(options(new StandIn()));
      save('ship.ts', SHIP.replaceAll('const', 'let'));
      expect(await embedWords(options(new StandIn()), words)).toMatchObject({ encoded: 0, failed: 0 });
      expect(ledger.notEmbedded()).toHaveLength(3);
      expect(await ingest(options(new StandIn()))).toMatchObject({ read: 1, encoded: 3 });
    }));

  it('of a few segments that are asked about stay, and are not made again', () =>
    withPlace(async ({ ledger, save, options }) => {
      save('ship.ts', SHIP);
      const words = await indexWords(options(new StandIn()));
      const encoder = new SegmentEncoder(options(new StandIn()));
      const [, second] = ledger.notEmbedded();
      const record = second && (await encoder.encode(second));
      expect(ledger.embed(record ? [record] : []).embedded).toEqual([second?.segmentId]);
      expect(await embedWords(options(new StandIn()), words)).toMatchObject({ encoded: 2 });
    }));
});

describe('the table of segments', () => {
  const place = (segmentId: number, path: string) => ({
    ...{ segmentId, path, ordinal: 0, start: 1, end: 1, tokens: 1, contentHash: String(segmentId) },
  });
  const unit = Int8Array.from([127, 0, 0, 0, 0, 0, 0, 0]);
  const keys = packKeys(unit, SHAPE.keySize);

  it('knows what has vectors and what has none', () => {
    const table = new SegmentTable(SHAPE);
    table.append({ ...place(1, 'a'), record: undefined });
    table.append({ ...place(2, 'b'), record: { keys, values: new Int8Array(0) } });
    table.append({ ...place(3, 'b'), record: undefined });
    expect([table.length, table.embedded, table.notEmbedded()]).toEqual([3, 1, [1, 3]]);
    const question = Float32Array.from(unit, (value) => value / 127);
    expect([...table.recall([question], 1).segmentIds]).toEqual([2]);
    expect(table.recall([question], 1, table.list(new Set(['a']))).segmentIds).toHaveLength(0);
    expect(table.recall([], 1).segmentIds).toHaveLength(0);
    table.append({ ...place(3, 'b'), record: { keys, values: new Int8Array(0) } });
    table.remove(1);
    expect([table.length, table.embedded, table.notEmbedded(), table.recall([question], 1).cosine]).toEqual([
      2,
      2,
      [],
      1,
    ]);
  });

  it('lists what has vectors first, and keeps the list of paths while the files are the same', () => {
    const table = new SegmentTable(SHAPE);
    const listed = () => {
      const { segmentIds, embedded, fileOf, paths } = table.list();
      return [embedded, ...Array.from(segmentIds, (id, at) => `${id} ${paths[fileOf[at]!]}`)];
    };
    table.append({ ...place(1, 'a'), record: undefined });
    table.append({ ...place(2, 'b'), record: { keys, values: new Int8Array(0) } });
    table.append({ ...place(3, 'b'), record: undefined });
    expect(listed()).toEqual([1, '2 b', '1 a', '3 b']);
    const { paths } = table.list();
    table.put(place(3, 'b'), keys);
    table.remove(1);
    table.append({ ...place(4, 'a'), record: undefined });
    expect(listed()).toEqual([2, '2 b', '3 b', '4 a']);
    expect(table.list().paths).toBe(paths);
    expect(table.list(new Set(['b']))).toMatchObject({ embedded: 2, paths: ['b'] });
    table.append({ ...place(5, 'c'), record: undefined });
    expect(listed()).toEqual([2, '2 b', '3 b', '4 a', '5 c']);
    table.remove(4);
    expect(listed()).toEqual([2, '2 b', '3 b', '5 c']);
    expect(table.list().paths).toEqual(['b', 'c']);
  });
});
