import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import {
  COPIED,
  CopyDetector,
  endOfQuotation,
  FenceScanner,
  openFence,
  wholeSentences,
} from '../../../../src/engine/generate/copy-detector.ts';

/** Nought stands for a blank token. */
const blank = (token: number) => token === 0;

/** The longest run of the source, blanks left out of both, that `copy` ends with: tried out. */
function longestRun(source: readonly number[], copy: readonly number[]): number {
  const [from, to] = [source, copy].map((tokens) => tokens.filter((token) => !blank(token)).join(' '));
  const tokens = (to ?? '').split(' ');
  for (let length = tokens.length; length > 0; length -= 1) {
    if (` ${from} `.includes(` ${tokens.slice(-length).join(' ')} `)) return to === '' ? 0 : length;
  }
  return 0;
}

it('is as long as the longest run that can be found by trying', () => {
  const few = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 });
  fc.assert(
    fc.property(few, few, (source, copy) => {
      const copying = new CopyDetector(blank, source);
      let length = 0;
      for (const token of copy) length = copying.push(token);
      expect(length).toBe(longestRun(source, copy));
    }),
  );
});

it('is as long where a text may repeat itself', () => {
  const step = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant('interrupt' as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const repeating = new CopyDetector(blank);
      const before: number[] = [];
      let since: number[] = [];
      let length = 0;
      for (const token of steps) {
        if (token === 'interrupt') {
          repeating.interrupt();
          since = [];
          length = 0;
          continue;
        }
        since.push(token);
        if (!blank(token)) length = longestRun(before, since);
        expect(repeating.push(token)).toBe(length);
        repeating.extend(token);
        before.push(token);
      }
    }),
    { numRuns: 2_000 },
  );
});

it('takes as many steps for a token of a long text as for one of a short text', () => {
  const looks = vi.spyOn(Map.prototype, 'get');
  const copying = new CopyDetector(blank);
  // Three tokens are all there is, so each has been said some thousand times, and every run comes again somewhere.
  const steps = Array.from({ length: 12_000 }, (_, at) => {
    const before = looks.mock.calls.length;
    const token = 1 + ((at * at + (at >> 3)) % 3);
    copying.push(token);
    copying.extend(token);
    return looks.mock.calls.length - before;
  });
  looks.mockRestore();
  const mean = (part: readonly number[]) => part.reduce((sum, count) => sum + count, 0) / part.length;
  expect(mean(steps.slice(-1_000))).toBeLessThan(1.5 * mean(steps.slice(0, 1_000)));
});

it('begins anew after an interruption, and sees what was said since', () => {
  const copying = new CopyDetector(blank, [1, 2, 3]);
  expect([1, 2].map((token) => copying.push(token))).toEqual([1, 2]);
  copying.interrupt();
  expect(copying.push(3)).toBe(1);
  copying.extend(4);
  expect(copying.push(4)).toBe(2);
});

it('a quotation ends with its line, or later in the middle of one; prose is no quotation', () => {
  const [line, middle] = [
    { fence: '```', isLineEnd: true },
    { fence: '```', isLineEnd: false },
  ];
  expect(endOfQuotation(COPIED.enough - 1, line)).toBeUndefined();
  expect(endOfQuotation(COPIED.enough, line)).toBe('…\n```\n\n');
  expect(endOfQuotation(COPIED.enough, middle)).toBeUndefined();
  expect(endOfQuotation(COPIED.most, middle)).toBe('\n…\n```\n\n');
  expect(endOfQuotation(COPIED.most, { fence: undefined, isLineEnd: true })).toBeUndefined();
});

/** The fence that is open behind a text, line by line: tried out. */
function fenceBehind(text: string): string | undefined {
  let open: string | undefined;
  for (const line of text.split('\n')) {
    const fence = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined) continue;
    if (open === undefined) open = fence;
    else if (fence.startsWith(open)) open = undefined;
  }
  return open;
}

it('finds the open fence in whatever pieces a text comes', () => {
  const piece = fc.constantFrom('`', '``', '```', '~~~', '````', '\n', ' ', '\t', 'a', '```ts\n', '\r\n', 'é');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const scanner = new FenceScanner();
      for (const [at, text] of pieces.entries()) {
        scanner.push(text);
        expect(scanner.fence).toBe(fenceBehind(pieces.slice(0, at + 1).join('')));
      }
    }),
    { numRuns: 2_000 },
  );
});

it('knows the block that is open, longer fences inside it too', () => {
  expect(openFence('a\n```\nb')).toBe('```');
  expect(openFence('a\n~~~~\n```\nb')).toBe('~~~~');
  expect(openFence('a\n```\nb\n```\n')).toBeUndefined();
  expect(openFence('a `b` c')).toBeUndefined();
});

it('keeps whole sentences, items and lines', () => {
  expect(wholeSentences('It opens the file. Then it rea')).toBe('It opens the file.');
  expect(wholeSentences('It opens the file.\n\n2. Then')).toBe('It opens the file.');
  expect(wholeSentences('It opens the file. In steps:\n\n1. **Open**: it rea')).toBe('It opens the file. In steps:');
  expect(wholeSentences('It opens the file.\n\nIn steps:\n\n1. **Open**: it rea')).toBe('It opens the file.');
  expect(wholeSentences('- one\n- two\n- thr')).toBe('- one\n- two');
  expect(wholeSentences('So:\n```\na = 1\nb =')).toBe('So:\n```\na = 1\n```');
  expect(wholeSentences('one half of a sen')).toBe('one half of a sen');
});
