import fc from 'fast-check';
import { expect, test } from 'vitest';

import { bestOf } from '../../../src/common/best-of.ts';

test('the best of many are the first of all of them sorted', () => {
  const numbers = fc.array(fc.nat(50), { maxLength: 600 });
  fc.assert(
    fc.property(numbers, fc.integer({ min: -1, max: 200 }), (scores, limit) => {
      const order = (a: number, b: number) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b;
      const sorted = [...scores.keys()].sort(order);
      expect(bestOf(scores.keys(), limit, order)).toEqual(sorted.slice(0, Math.max(0, limit)));
    }),
  );
});
