import fc from 'fast-check';
import { expect, test } from 'vitest';
import { percents, percentText } from '../../../src/chat/share.ts';

test('shares that own everything are shown as percents that add up to 100, each within one of its own', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }), (raw) => {
      const total = raw.reduce((sum, value) => sum + value, 0);
      fc.pre(total > 1e-6);
      const shares = raw.map((value) => value / total);
      const whole = percents(shares);
      expect(whole.reduce((sum, value) => sum + value, 0)).toBe(100);
      whole.forEach((value, at) => {
        expect(Math.abs(value - 100 * shares[at]!)).toBeLessThan(1 + 1e-9);
      });
    }),
  );
});

test('a share that rounds to nothing still shows that it is something', () => {
  expect(percentText(0, 0.003)).toBe('<1%');
  expect(percentText(0, 0)).toBe('0%');
});
