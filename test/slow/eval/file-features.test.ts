import { describe, expect, it } from 'vitest';
import { rankFiles } from '../../../src/retrieve/ranked-files.ts';
import { normalize } from '../../../src/memory/search/similarity.ts';
import type { SegmentPlace } from '../../../src/memory/records.ts';
import { placesOf } from '../../support/places.ts';
import { fileFeatures, inUse } from '../../eval/file-features.ts';

/** A segment: its path, its score for the memory (a logarithm) and its bm25. */
type Row = readonly [path: string, score: number, bm25: number];

const QUESTION = 'what sends cookies';

function found(rows: readonly Row[], words: Record<string, number>) {
  const place = (path: string, id: number): SegmentPlace => ({
    ...{ segmentId: id, path, ordinal: id, start: 1, end: 1, tokens: 1, contentHash: `${id}` },
  });
  const places = new Map(rows.map(([path], id) => [id, place(path, id)]));
  const shares = normalize(
    Float64Array.from(rows, (_, id) => id),
    Float64Array.from(rows, ([, score]) => score),
  );
  const segments = rows.flatMap(([, , bm25], segmentId) => (bm25 > 0 ? [{ segmentId, bm25 }] : []));
  const files = Object.entries(words).map(([path, bm25]) => ({ path, bm25 }));
  return {
    places,
    shares,
    segments,
    files,
    exact: new Map<number, number>(),
    meant: new Map<string, never>(),
    project: new Set<string>(),
    confidence: { cosine: 1, coverage: 1, isAimed: false },
    known: rows.length,
    embedded: { segments: rows.length, ofSegments: rows.length },
  };
}

describe('what is known of a file', () => {
  it('comes to the shares that an ask gives', () => {
    const rows: Row[] = [
      ['lib/a.js', 0, 2],
      ['lib/a.js', 1, 3],
      ['lib/b.js', 2, 0],
      ['test/a.test.js', 1, 9],
      ['History.md', 0, 4],
    ];
    const all = found(rows, { 'lib/a.js': 3, 'test/a.test.js': 5, 'History.md': 8 });
    const files = fileFeatures(QUESTION, all, all.places);
    const total = files.reduce((sum, file) => sum + Math.exp(inUse(file)), 0);
    const asked = rankFiles(QUESTION, 'fused', all, placesOf(all.shares, all.places)).files;
    expect(asked).toHaveLength(4);
    for (const { path, share } of asked) {
      const file = files.find((other) => other.path === path);
      expect(file && Math.exp(inUse(file)) / total, path).toBeCloseTo(share, 9);
    }
  });

  it('takes the best sources beside it, not itself, nor tests or other folders', () => {
    const words = { 'lib/a.js': 1, 'lib/b.js': 2, 'lib/c.js': 3, 'lib/d.js': 4, 'lib/e.js': 5, 'lib/a.test.js': 99 };
    const paths = [...Object.keys(words), 'lib/deep/f.js'];
    const all = found(
      paths.map((path): Row => [path, 0, 0]),
      { ...words, 'lib/deep/f.js': 77 },
    );
    const files = new Map(fileFeatures(QUESTION, all, all.places).map((file) => [file.path, file.neighbours]));
    const mean = (...bm25: number[]) => bm25.reduce((sum, score) => sum + Math.log1p(score), 0) / bm25.length;
    expect(files.get('lib/a.js')).toBeCloseTo(mean(5, 4, 3), 9);
    expect(files.get('lib/e.js')).toBeCloseTo(mean(4, 3, 2), 9);
    expect(files.get('lib/a.test.js')).toBeCloseTo(mean(5, 4, 3), 9);
    expect(files.get('lib/deep/f.js')).toBe(0);
  });
});
