import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { batching, ChangeBatch } from '../../../../src/ui/watch/change-batch.ts';
import type { Changed } from '../../../../src/ui/watch/change-batch.ts';

let sent: Changed[] = [];
let walks: (() => void)[] = [];
let batch: ChangeBatch;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  walks = [];
  batch = new ChangeBatch((changed) => {
    sent.push(changed);
    return changed.kind === 'paths' ? Promise.resolve() : new Promise((resolve) => walks.push(resolve));
  });
});
afterEach(() => {
  batch.dispose();
  vi.useRealTimers();
});

const everything = { kind: 'everything' };
const paths = (...names: string[]) => ({ kind: 'paths', paths: names });

it('waits for silence, and names each path once', () => {
  batch.add('a.ts');
  vi.advanceTimersByTime(batching.quiet - 1);
  batch.add('b.ts');
  batch.add('a.ts');
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(batching.quiet);
  expect(sent).toEqual([paths('a.ts', 'b.ts')]);
});

it('sends in time while changes never stop', () => {
  for (let n = 0; n < 100; n += 1) {
    batch.add(`${n}.ts`);
    vi.advanceTimersByTime(10);
  }
  const late = sent.flatMap((changed) => (changed.kind === 'paths' ? [changed.paths.length] : []));
  expect(late.length).toBeGreaterThan(1);
  expect(Math.max(...late)).toBeLessThanOrEqual(batching.most / 10 + 1);
});

it('makes one walk of a burst', () => {
  for (let n = 0; n <= batching.paths; n += 1) batch.add(`${n}.ts`);
  vi.advanceTimersByTime(batching.most);
  expect(sent).toEqual([everything]);
});

it('takes a change of the root itself for everything', () => {
  batch.add('');
  vi.advanceTimersByTime(batching.most);
  expect(sent).toEqual([everything]);
});

it('makes one more walk for all that is asked for while one is under way', async () => {
  batch.addEverything();
  vi.advanceTimersByTime(batching.most);
  for (let n = 0; n < 5; n += 1) {
    batch.addEverything();
    vi.advanceTimersByTime(batching.most);
  }
  expect(sent).toEqual([everything]);
  walks[0]?.();
  await vi.advanceTimersByTimeAsync(batching.most);
  expect(sent).toEqual([everything, everything]);
  walks[1]?.();
  await vi.advanceTimersByTimeAsync(10 * batching.most);
  expect(sent).toHaveLength(2);
});

it('does not let a save wait for a walk', () => {
  batch.addEverything();
  vi.advanceTimersByTime(batching.most);
  batch.addEverything();
  vi.advanceTimersByTime(batching.most);
  batch.add('saved.ts');
  vi.advanceTimersByTime(batching.most);
  expect(sent).toEqual([everything, paths('saved.ts')]);
});

it.each(['.git/index.lock', 'sub/.git/HEAD', '.hg/dirstate', 'node_modules/a/index.js', 'web/node_modules/b.js'])(
  'says nothing of %s',
  (path) => {
    batch.add(path);
    vi.advanceTimersByTime(batching.most);
    expect(sent).toEqual([]);
  },
);

it('tells of files that only look alike', () => {
  batch.add('.gitignore');
  batch.add('docs/.github/x.md');
  vi.advanceTimersByTime(batching.most);
  expect(sent).toEqual([paths('.gitignore', 'docs/.github/x.md')]);
});

it('is silent once it is disposed of', () => {
  batch.add('a.ts');
  batch.dispose();
  batch.add('b.ts');
  vi.advanceTimersByTime(batching.most);
  expect(sent).toEqual([]);
});
