import { expect, test } from 'vitest';
import { overlaps, readSelection, loadExcerpts } from '../../../src/answer/excerpt.ts';
import type { RankedSegment } from '../../../src/retrieve/ranked-files.ts';
import type { FolderIndex } from '../../../src/index/folder-index.ts';
import { withFolder } from '../memory/support.ts';
import { indexed } from './support.ts';

const FILES = {
  'a.ts': 'one a\n\ntwo a\n\nthree a\n',
  'b.ts': 'one b\n\ntwo b\n',
};

/** A file's segments as a ranking would give them, each with its share. */
function ranked(index: FolderIndex, path: string, ...shares: readonly number[]): RankedSegment[] {
  return index.ledger.segmentsOf(path).flatMap(({ segmentId }, at) => {
    const place = index.place(segmentId);
    const share = shares[at];
    return place && share !== undefined ? [{ ...place, share, score: share }] : [];
  });
}

test('neighbors become one excerpt, with their shares; files with the largest share come first', () =>
  withFolder(async (folder) => {
    const { index, search } = await indexed(folder, FILES);
    const [first, second, third] = ranked(index, 'a.ts', 0.1, 0.1, 0.1);
    const [, other] = ranked(index, 'b.ts', 0, 0.6);
    const { excerpts, stale } = await loadExcerpts(search, [third!, other!, first!, second!], 1_000);
    index.close();
    expect(stale).toBe(0);
    expect(excerpts.map(({ path, start, end, lines }) => [path, start, end, lines.join('')])).toEqual([
      ['b.ts', 3, 3, 'two b\n'],
      ['a.ts', 1, 5, FILES['a.ts']],
    ]);
    expect(excerpts[1]?.share).toBeCloseTo(0.3, 9);
    expect(excerpts[1]?.segmentIds).toEqual([first, second, third].map((segment) => segment!.segmentId));
  }));

test('segments that do not follow each other stay apart', () =>
  withFolder(async (folder) => {
    const { index, search } = await indexed(folder, FILES);
    const [first, , third] = ranked(index, 'a.ts', 0.2, 0, 0.1);
    const { excerpts } = await loadExcerpts(search, [first!, third!], 1_000);
    index.close();
    expect(excerpts.map(({ start, end }) => [start, end])).toEqual([
      [1, 2],
      [5, 5],
    ]);
  }));

test('the budget is filled best first, and the best is read however large it is', () =>
  withFolder(async (folder) => {
    const { index, search } = await indexed(folder, FILES);
    const segments = ranked(index, 'a.ts', 0.5, 0.3, 0.2);
    const budget = segments[0]!.tokens + segments[1]!.tokens;
    const read = async (tokens: number) =>
      (await loadExcerpts(search, segments, tokens)).excerpts.map(({ end }) => end);
    expect(await read(budget)).toEqual([4]);
    expect(await read(0)).toEqual([2]);
    index.close();
  }));

test('what no longer stands in its file is left out and counted', () =>
  withFolder(async (folder) => {
    const { index, search, write } = await indexed(folder, FILES);
    const segments = [...ranked(index, 'a.ts', 0.5, 0.3, 0.2), ...ranked(index, 'b.ts', 0.1, 0.1)];
    write('a.ts', 'one a\n\nTWO a\n\nthree a\n');
    write('b.ts', 'new line\none b\n\ntwo b\n');
    const { excerpts, stale } = await loadExcerpts(search, segments, 1_000);
    index.close();
    expect(stale).toBe(3);
    expect(excerpts.map(({ path, start, end }) => [path, start, end])).toEqual([
      ['a.ts', 1, 2],
      ['a.ts', 5, 5],
    ]);
  }));

test('text that is not saved counts, not the disk', () =>
  withFolder(async (folder) => {
    const { index, search } = await indexed(folder, FILES);
    await index.overlay('b.ts', 'quokka b\n');
    const [typed] = index.holding('quokka', 1);
    const { excerpts, stale } = await loadExcerpts(search, [{ ...typed!, share: 1, score: 1 }], 1_000);
    index.close();
    expect(stale).toBe(0);
    expect(excerpts[0]?.lines).toEqual(['quokka b\n']);
  }));

test('a selection is read as it stands, up to eighty lines; a file that is gone has none', () =>
  withFolder(async (folder) => {
    const long = Array.from({ length: 200 }, (_, at) => `line ${at + 1}\n`).join('');
    const { index, search } = await indexed(folder, { 'long.ts': long });
    const found = await readSelection(search, { path: 'long.ts', start: 11, end: 150 });
    expect(found?.excerpt).toMatchObject({ path: 'long.ts', start: 11, end: 90, segmentIds: [], share: 0 });
    expect(found?.excerpt.lines[0]).toBe('line 11\n');
    expect(found?.tokens).toBeGreaterThan(0);
    expect(await readSelection(search, { path: 'gone.ts', start: 1, end: 2 })).toBeUndefined();
    expect(await readSelection(search, { path: 'long.ts', start: 500, end: 501 })).toBeUndefined();
    index.close();
  }));

test('runs of lines overlap where they share a line of one file', () => {
  const lines = (start: number, end: number, path = 'a') => ({ path, start, end });
  expect(overlaps(lines(1, 3), lines(3, 5))).toBe(true);
  expect(overlaps(lines(2, 2), lines(1, 9))).toBe(true);
  expect(overlaps(lines(1, 3), lines(4, 5))).toBe(false);
  expect(overlaps(lines(1, 3), lines(1, 3, 'b'))).toBe(false);
});
