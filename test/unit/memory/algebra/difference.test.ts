import { describe, expect, it } from 'vitest';

import { SetHash } from '../../../../src/memory/algebra/set-hash.ts';
import { EmbeddingTable } from '../../../../src/memory/search/embedding-table.ts';
import { recall } from '../../../../src/memory/search/similarity.ts';
import { treeHash } from '../../../../src/memory/algebra/tree-hash.ts';
import { madeUpFile, madeUpRecord, put, SHAPE, withLedger } from '../support.ts';

/** Unit length, d_k numbers. */
const QUESTION = Float32Array.from({ length: SHAPE.keySize }, (_, at) => (at % 2 ? 1 : -1) / Math.sqrt(SHAPE.keySize));

describe('the difference of two trees', () => {
  it('is a signed sum and the segments that changed, each with its sign', async () => {
    await withLedger((ledger) => {
      for (const path of ['same.ts', 'edited.ts', 'deleted.ts']) put(ledger, madeUpFile(path, 1));
      const base = ledger.tree();
      const baseHash = ledger.setHash();
      expect(treeHash(base)).toBe(ledger.treeHash());
      // One segment of the edited file stays, two change, and it moves.
      const [before, after] = [madeUpFile('edited.ts', 1), madeUpFile('edited.ts', 2)];
      const edited = {
        ...after,
        segments: [after.segments[0]!, after.segments[1]!, before.segments[0]!],
        writes: new Map([...before.writes, ...after.writes]),
      };
      put(ledger, edited);
      put(ledger, madeUpFile('new.ts', 1));
      ledger.drop(['deleted.ts']);

      const { setHash, segments } = ledger.difference(ledger.tree(), base);
      const signs = segments.map(({ sign, path }) => `${sign > 0 ? '+' : '-'}${path}`);
      expect(signs).toEqual([
        ...Array<string>(3).fill('-deleted.ts'),
        ...Array<string>(2).fill('-edited.ts'),
        ...Array<string>(2).fill('+edited.ts'),
        ...Array<string>(3).fill('+new.ts'),
      ]);
      const expected = ledger.setHash();
      expected.merge(baseHash, -1);
      expect(setHash.hex()).toBe(expected.hex());
      baseHash.merge(setHash);
      expect(baseHash.equals(ledger.setHash())).toBe(true);
      for (const { contentHash, record } of segments) expect(record).toEqual(madeUpRecord(contentHash));
      const back = ledger.difference(base, ledger.tree());
      back.setHash.merge(setHash);
      expect(back.setHash.equals(new SetHash())).toBe(true);
    });
  });

  it('of two scopes is the set hash of the one less the other, and recall over it is over its segments alone', async () => {
    await withLedger((ledger) => {
      for (const path of ['a.ts', 'b.ts', 'c.ts']) put(ledger, madeUpFile(path, 1));
      const [wide, narrow] = [new Set(['a.ts', 'b.ts']), new Set(['a.ts'])];
      const { setHash, segments } = ledger.difference(wide, narrow);
      expect(setHash.hex()).toBe(ledger.setHash(new Set(['b.ts'])).hex());
      const all = new EmbeddingTable(SHAPE);
      for (const { segmentId, record } of ledger.segments()) all.append(segmentId, record!.keys);
      const inScope = recall(all, [QUESTION], 8, ledger.segmentIds(new Set(['b.ts'])));
      const table = new EmbeddingTable(SHAPE);
      for (const [at, { record }] of segments.entries()) table.append(at, record.keys);
      const changed = recall(table, [QUESTION], 8);
      expect([...changed.shares]).toEqual([...inScope.shares]);
      expect(changed.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    });
  });

  it('says when a tree names a record that is not stored', async () => {
    await withLedger((ledger) => {
      const tree = new Map([['a.ts', ['ab'.repeat(32)]]]);
      expect(() => ledger.difference(tree, new Set())).toThrow(expect.objectContaining({ code: 'ledger/missing' }));
      expect(ledger.difference(tree, tree).segments).toEqual([]);
    });
  });
});
