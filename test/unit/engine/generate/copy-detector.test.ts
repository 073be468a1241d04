import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  COPIED,
  CopyDetector,
  endOfQuotation,
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

it('begins anew after an interruption, and sees what was said since', () => {
  const copying = new CopyDetector(blank, [1, 2, 3]);
  expect([1, 2].map((token) => copying.push(token))).toEqual([1, 2]);
  copying.interrupt();
  expect(copying.push(3)).toBe(1);
  copying.extend(4);
  expect(copying.push(4)).toBe(2);
});

it('a quotation ends with its line, or later in the middle of one; prose is no quotation', () => {
  const code = 'It says:\n```ts\nconst due = today;\n';
  expect(endOfQuotation(COPIED.enough - 1, code)).toBeUndefined();
  expect(endOfQuotation(COPIED.enough, code)).toBe('…\n```\n\n');
  expect(endOfQuotation(COPIED.enough, `${code}const days`)).toBeUndefined();
  expect(endOfQuotation(COPIED.most, `${code}const days`)).toBe('\n…\n```\n\n');
  expect(endOfQuotation(COPIED.most, `${code}\`\`\`\nSo it is due.\n`)).toBeUndefined();
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
