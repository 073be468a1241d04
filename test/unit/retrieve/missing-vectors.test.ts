import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../src/common/app-error.ts';
import { normalize, orderFreeSum } from '../../../src/memory/search/similarity.ts';
import { MultiFolderSearch } from '../../../src/retrieve/multi-folder-search.ts';
import { withFolder } from '../memory/support.ts';
import { folderIndexOf } from './support.ts';
import { candidates, fileShares, joinedShares } from '../../../src/retrieve/missing-vectors.ts';
import type { RankedFiles } from '../../../src/retrieve/ranked-files.ts';

const scores = fc.array(fc.double({ min: -40, max: 40, noNaN: true }), { maxLength: 8 });

/** Parts with ids that no two of them share. */
function partsOf(given: readonly { readonly known: readonly number[]; readonly notEmbedded: number }[]) {
  let next = 0;
  return given.map(({ known, notEmbedded }) => {
    const segmentIds = known.map(() => next++);
    const shares = normalize(Float64Array.from(segmentIds), Float64Array.from(known));
    return { segmentIds, shares, notEmbedded: Array.from({ length: notEmbedded }, () => next++) };
  });
}

describe('shares over what has vectors and what has none', () => {
  it('add up to 1 over all that is ranked', () => {
    const part = fc.record({ known: scores, notEmbedded: fc.nat(6) });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (given) => {
        const count = given.reduce((sum, { known, notEmbedded }) => sum + known.length + notEmbedded, 0);
        fc.pre(count > 0);
        const { shares, segmentIds } = joinedShares(partsOf(given));
        expect(segmentIds).toHaveLength(count);
        expect(orderFreeSum(shares)).toBeCloseTo(1, 9);
      }),
    );
  });

  it('are the exact ones where nothing is missing', () => {
    const all = normalize(Float64Array.from([0, 1, 2, 3]), Float64Array.from([1, 5, 2, 0]));
    const { shares } = joinedShares(
      partsOf([
        { known: [1, 5], notEmbedded: 0 },
        { known: [2, 0], notEmbedded: 0 },
      ]),
    );
    shares.forEach((share, at) => {
      expect(share).toBeCloseTo(all.shares[at] ?? -1, 12);
    });
  });

  it('take what has none for the median of the others', () => {
    const { logShares } = joinedShares(partsOf([{ known: [1, 5, 2], notEmbedded: 2 }]));
    const [, , median, notEmbedded, another] = logShares;
    expect([notEmbedded, another]).toEqual([median, median]);
  });
});

describe('the shares of files', () => {
  const [known, far, notEmbedded] = [0, 1, 2];

  it('count what has vectors, and take a file without any for the median', () => {
    const joined = joinedShares(partsOf([{ known: [4, 3, 1], notEmbedded: 1 }]));
    const shares = fileShares(joined, Int32Array.of(known, known, far, notEmbedded), 3, 3);
    expect(orderFreeSum(shares)).toBeCloseTo(1, 12);
    expect(shares[notEmbedded]).toBe(shares[known]);
    expect(shares[far]).toBeLessThan(shares[notEmbedded] ?? 0);
  });
});

describe('what a question has encoded first', () => {
  it('is the best of each file, then the second of each, and nothing that has vectors', () => {
    const segment = (segmentId: number, path: string) => ({ segmentId, path });
    const ranked = {
      files: [{ path: 'a' }, { path: 'b' }, { path: 'c' }],
      segments: [segment(1, 'a'), segment(2, 'a'), segment(3, 'b'), segment(4, 'a'), segment(5, 'c'), segment(6, 'a')],
    } as unknown as RankedFiles;
    expect(candidates(ranked, (id) => id !== 3)).toEqual([1, 5, 2, 4]);
  });
});

describe('a question to a folder whose words alone are read', () => {
  const FILES = {
    'src/ship.ts': 'export const mast = 1;\n\nexport const anchor = 2;\n',
    'src/dock.ts': 'export const crane = 1;\n\nexport const rope = 2;\n',
    'src/crew.ts': 'export const captain = 1;\n',
  };
  const total = ({ files }: RankedFiles) => orderFreeSum(files.map(({ share }) => share));

  it('is answered by words, encodes the best candidates, and finds them encoded the next time', () =>
    withFolder(async (folder) => {
      const index = await folderIndexOf(folder, FILES);
      await index.indexWords({});
      const search = MultiFolderSearch.of(index);
      const words = await search.recall('Where is the anchor?', { embedMs: 0 });
      expect(words.embedded).toEqual({ segments: 0, ofSegments: 5 });
      expect(words.files[0]?.path).toBe('src/ship.ts');
      expect(total(words)).toBeCloseTo(1, 9);
      const asked = await search.recall('Where is the anchor?');
      expect(asked.files[0]?.path).toBe('src/ship.ts');
      expect(asked.embedded.segments).toBeGreaterThan(0);
      expect(total(asked)).toBeCloseTo(1, 9);
      expect(index.ledger.notEmbedded()).toHaveLength(5 - asked.embedded.segments);
      index.close();
    }));

  it('is answered where the engine cannot encode a candidate, and within its time where it can encode none', () =>
    withFolder(async (folder) => {
      const index = await folderIndexOf(folder, FILES);
      const encode = index.engine.encode.bind(index.engine);
      const engine = vi.spyOn(index.engine, 'encode').mockImplementation((header, text, asked) => {
        const cannot = text.includes('anchor');
        return cannot ? Promise.reject(new AppError('engine/internal', 'It failed.')) : encode(header, text, asked);
      });
      await index.indexWords({});
      const found = await MultiFolderSearch.of(index).recall('Where is the anchor?', { embedMs: 60_000 });
      expect(found.files[0]?.path).toBe('src/ship.ts');
      expect(found.embedded).toEqual({ segments: 4, ofSegments: 5 });

      engine.mockClear().mockRejectedValue(new AppError('engine/gave-up', 'It stopped.'));
      const everySegment = index.everywhere().map(({ segmentId }) => segmentId);
      await index.embedSegments(everySegment, performance.now());
      expect(engine).toHaveBeenCalledTimes(1);
      engine.mockRejectedValue(new AppError('engine/model-file', 'There is no model.'));
      await expect(index.embedSegments(everySegment, performance.now())).rejects.toThrow('There is no model.');
      engine.mockRestore();
      index.close();
    }));

  it('gives each of several folders its part of the time', () =>
    withFolder(async (folder) => {
      const names = ['harbour', 'yard', 'fleet'];
      const members = await Promise.all(
        names.map(async (name) => ({ index: await folderIndexOf(join(folder, name), FILES), prefix: `${name}/` })),
      );
      const ends: number[] = [];
      for (const { index } of members) {
        await index.indexWords({});
        vi.spyOn(index, 'embedSegments').mockImplementation((_, until) => Promise.resolve(void ends.push(until)));
      }
      const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000);
      await new MultiFolderSearch(members).recall('Where is the anchor?', { embedMs: 300 });
      clock.mockRestore();
      expect(ends).toEqual([1_100, 1_150, 1_300]);
      for (const { index } of members) index.close();
    }));

  it('is put to a scope of which all has vectors, beside files that have none', () =>
    withFolder(async (folder) => {
      const index = await folderIndexOf(folder, FILES);
      await index.indexWords({});
      await index.refresh({ paths: ['src/ship.ts'] });
      expect(index.embedded).toBe(2);
      const scope = () => new Set(['src/ship.ts']);
      const found = await MultiFolderSearch.of(index).recall('Where is the crane?', { scope });
      expect(found.files.map(({ path }) => path)).toEqual(['src/ship.ts']);
      expect(found.embedded).toEqual({ segments: 2, ofSegments: 5 });
      index.close();
    }));
});
