import { describe, expect, it } from 'vitest';

import { rankFiles, FILE_RANKING } from '../../../src/retrieve/ranked-files.ts';
import type { RankingInput, RecallBy } from '../../../src/retrieve/ranked-files.ts';
import { normalize } from '../../../src/memory/search/similarity.ts';
import type { SegmentPlace } from '../../../src/memory/records.ts';
import { placesOf } from '../../support/places.ts';

/** A segment: its path, its score for the memory (a logarithm) and its bm25. */
type Row = readonly [path: string, score: number, bm25: number];

function find(
  rows: readonly Row[],
  files: Record<string, number>,
  by: RecallBy,
  question = 'what sends cookies',
  exact: RankingInput['exact'] = new Map(),
) {
  const places = new Map<number, SegmentPlace>(
    rows.map(([path], id) => [
      id,
      { segmentId: id, path, ordinal: id, start: id + 1, end: id + 1, tokens: 1, contentHash: `${id}` },
    ]),
  );
  const found: RankingInput = {
    shares: normalize(
      Float64Array.from(rows, (_, id) => id),
      Float64Array.from(rows, ([, score]) => score),
    ),
    segments: rows.flatMap(([, , bm25], segmentId) => (bm25 > 0 ? [{ segmentId, bm25 }] : [])),
    files: Object.entries(files).map(([path, bm25]) => ({ path, bm25 })),
    exact,
    meant: new Map(),
    project: new Set(),
    confidence: { cosine: 1, coverage: 1, isAimed: false },
    known: rows.length,
    embedded: { segments: rows.length, ofSegments: rows.length },
  };
  return rankFiles(question, by, found, placesOf(found.shares, places));
}

const order = (ranking: ReturnType<typeof find>) => ranking.files.map(({ path }) => path);

describe('the order of files', () => {
  it('counts the words of a whole file and of its best segments, no more of them than a table says', () => {
    const many = Array.from({ length: 9 }, (): Row => ['src/long.ts', 0, 2]);
    const few = Array.from({ length: FILE_RANKING.bestSegments }, (): Row => ['src/short.ts', 0, 3]);
    const words = find([...many, ...few], { 'src/long.ts': 4, 'src/short.ts': 4 }, 'lexical');
    expect(order(words)).toEqual(['src/short.ts', 'src/long.ts']);
    const [short, long] = words.files;
    expect((short?.share ?? 0) / (long?.share ?? 1)).toBeCloseTo((4 + 3 * 3) / (4 + 3 * 2), 9);
  });

  it('puts the file that is called as the topic first, of files that say as much, by memory and words alone never', () => {
    const rows: Row[] = [
      ['src/a.ts', 0, 2],
      ['src/letter.ts', 0, 2],
    ];
    expect(order(find(rows, {}, 'fused', 'what sends letters'))).toEqual(['src/letter.ts', 'src/a.ts']);
    expect(order(find(rows, {}, 'fused', 'what sends bread'))).toEqual(['src/a.ts', 'src/letter.ts']);
    expect(order(find(rows, {}, 'memory', 'what sends letters'))).toEqual(['src/a.ts', 'src/letter.ts']);
  });

  it('lets the memory decide between files that share as many words', () => {
    const rows: Row[] = [
      ['src/a.ts', 0, 2],
      ['src/b.ts', 5, 2],
    ];
    expect(order(find(rows, { 'src/a.ts': 3, 'src/b.ts': 3 }, 'fused'))).toEqual(['src/b.ts', 'src/a.ts']);
    expect(order(find(rows, { 'src/a.ts': 3, 'src/b.ts': 2 }, 'lexical'))).toEqual(['src/a.ts', 'src/b.ts']);
  });

  it('puts a test behind the source of the same score, until tests are asked for', () => {
    const rows: Row[] = [
      ['src/cookie.ts', 0, 2],
      ['test/cookie.test.ts', 0.5, 2.5],
    ];
    const words = { 'src/cookie.ts': 3, 'test/cookie.test.ts': 3.5 };
    expect(order(find(rows, words, 'fused'))[0]).toBe('src/cookie.ts');
    expect(order(find(rows, words, 'fused', 'which tests are there for cookies'))[0]).toBe('test/cookie.test.ts');
  });

  it('puts the file and the segment that define what is named before those that use it more often', () => {
    const rows: Row[] = [
      ['src/user.ts', 1, 4],
      ['src/maker.ts', 0, 2],
      ['src/maker.ts', 0, 1],
    ];
    const words = { 'src/user.ts': 4, 'src/maker.ts': 3 };
    const asked = (by: RecallBy, exact?: RankingInput['exact']) => find(rows, words, by, undefined, exact);
    expect(order(asked('fused'))[0]).toBe('src/user.ts');
    const defined = asked('fused', new Map([[2, 2]]));
    expect(order(defined)).toEqual(['src/maker.ts', 'src/user.ts']);
    expect(defined.segments[0]?.segmentId).toBe(2);
    expect(asked('fused').segments[0]?.segmentId).toBe(0);
    expect(order(asked('lexical', new Map([[2, 2]])))[0]).toBe('src/user.ts');
  });

  it('puts the file that the question names before all others, be it a test', () => {
    const rows: Row[] = [
      ['src/cookie.ts', 5, 9],
      ['test/jar.test.ts', 0, 1],
    ];
    const asked = (question: string, by: RecallBy) => order(find(rows, { 'src/cookie.ts': 9 }, by, question))[0];
    expect(asked('what does the jar do', 'fused')).toBe('src/cookie.ts');
    expect(asked('what does jar.test.ts do', 'fused')).toBe('test/jar.test.ts');
    expect(asked('what does jar.test.ts do', 'memory')).toBe('src/cookie.ts');
  });

  it('puts the lines that the question names before all others, and answers about them', () => {
    const rows: Row[] = [
      ['src/jar.ts', 5, 9],
      ['src/jar.ts', 0, 0],
      ['src/cookie.ts', 5, 9],
    ];
    const asked = (question: string) => find(rows, { 'src/cookie.ts': 9, 'src/jar.ts': 9 }, 'fused', question);
    const named = asked('why does src/jar.ts:2 fail');
    expect(named.files[0]?.lines[0]?.start).toBe(2);
    expect(named.segments[0]?.segmentId).toBe(1);
    expect(named.confidence.isAimed).toBe(true);
    expect(asked('why does src/jar.ts fail').files[0]?.lines[0]?.start).toBe(1);
    expect(asked('why does it fail').confidence.isAimed).toBe(false);
  });

  it('gives all files together one share, and a file to its segments', () => {
    const rows: Row[] = [
      ['src/a.ts', 0, 2],
      ['src/a.ts', 1, 0],
      ['src/b.ts', 2, 1],
    ];
    const { files } = find(rows, { 'src/a.ts': 3, 'src/b.ts': 1 }, 'fused');
    expect(files.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    for (const { share, lines } of files) {
      expect(lines.reduce((sum, own) => sum + own.share, 0)).toBeCloseTo(share, 9);
    }
  });

  it('reads the segments of the highest score first, not those that own their file alone', () => {
    const rows: Row[] = [
      ['src/large.ts', 2, 4],
      ['src/large.ts', 1.9, 4],
      ['src/small.ts', 0, 1],
    ];
    const { segments } = find(rows, { 'src/large.ts': 4, 'src/small.ts': 3 }, 'fused');
    expect(segments.map(({ segmentId }) => segmentId)).toEqual([0, 1, 2]);
    const [first, second] = segments;
    expect((first?.share ?? 0) / (second?.share ?? 1)).toBeCloseTo((first?.score ?? 0) / (second?.score ?? 1), 9);
  });
});
