import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../src/common/random.ts';
import { bytesOf, smallerKeys } from '../../eval/smaller-keys.ts';

/** Unit vectors of int8, length 127, from a seeded generator. */
function keys(tokens: number, keySize: number): Int8Array {
  const uniform = mulberry32(7);
  const next = () => 2 * uniform() - 1;
  const result = new Int8Array(tokens * keySize);
  for (let token = 0; token < tokens; token++) {
    const row = Float64Array.from({ length: keySize }, () => next() + next() + next());
    const length = Math.hypot(...row);
    row.forEach((x, i) => (result[token * keySize + i] = Math.round((127 * x) / length)));
  }
  return result;
}

const cosine = (a: Int8Array, b: Int8Array) => {
  const dot = a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  return dot / Math.hypot(...a) / Math.hypot(...b);
};

describe('smaller keys', () => {
  const whole = keys(1, 256);

  it('point the less far away the more bits they have, and keep their length', () => {
    const near = [1, 2, 3, 4].map((bits) => smallerKeys(whole, 256, { name: '', tokens: 1, bits }));
    const cosines = near.map((key) => cosine(whole, key));
    expect(cosines).toEqual(cosines.toSorted((a, b) => a - b));
    expect(cosines[0]).toBeGreaterThan(0.7);
    expect(cosines[3]).toBeGreaterThan(0.99);
    for (const key of near) expect(Math.hypot(...key)).toBeCloseTo(127, -1);
  });

  it('are the same where nothing is taken away', () => {
    expect(cosine(smallerKeys(whole, 256, { name: '', tokens: 1, bits: 8 }), whole)).toBeGreaterThan(0.999);
  });

  it('of fewer memory tokens lie between those that they stand for', () => {
    const two = keys(2, 256);
    const one = smallerKeys(two, 256, { name: '', tokens: 1, bits: 8 });
    const [a, b] = [cosine(one, two.subarray(0, 256)), cosine(one, two.subarray(256))];
    expect(Math.abs(a - b)).toBeLessThan(0.02);
    expect(a).toBeGreaterThan(0.6);
  });

  it('know their size, and refuse what cannot be', () => {
    expect(bytesOf({ name: '', tokens: 8, bits: 4 }, 256)).toBe(1024);
    expect(() => smallerKeys(keys(3, 16), 16, { name: '', tokens: 2, bits: 8 })).toThrow('3 memory tokens');
    expect(() => smallerKeys(whole, 256, { name: '', tokens: 1, bits: 5 })).toThrow('5 bits');
  });
});
