import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeRecord, quantizeVector } from '../../../../src/memory/algebra/embedding-record.ts';
import { currentRecord } from '../../../../src/memory/algebra/former-record.ts';
import { packKeys, squareOf, stepOf } from '../../../../src/memory/algebra/packed-keys.ts';
import { unpackKeys } from '../../../support/unpack-keys.ts';
import { encodeFormerRecord, madeUpRecord, madeUpVectors, SHAPE } from '../support.ts';

const SIZE = 256;
const key = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: SIZE, maxLength: SIZE });
const cosine = (a: Int8Array, b: Int8Array) =>
  a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0) / Math.hypot(...a) / Math.hypot(...b);

describe('packed keys', () => {
  it('hold the nearest of 15 steps of each number, halves away from zero', () => {
    expect(stepOf(SIZE)).toBe(3);
    const numbers = [0, 1, -1, 2, -2, 4, 5, -5, 20, 21, 22, 127, -127, -20, 7, -7];
    const steps = [0, 0, 0, 1, -1, 1, 2, -2, 7, 7, 7, 7, -7, -7, 2, -2];
    const packed = packKeys(Int8Array.from(numbers), SIZE);
    expect(packed.length).toBe(8);
    expect([...unpackKeys(packed, SIZE)]).toEqual(steps.map((step) => 3 * step));
    expect(stepOf(1024)).toBe(2);
    expect([...unpackKeys(packKeys(Int8Array.of(1, -1, 3, -3), 1024), 1024)]).toEqual([2, -2, 4, -4]);
    expect(stepOf(65_534)).toBe(1);
    expect([...unpackKeys(packKeys(Int8Array.of(127, -127), 2), 2)]).toEqual([119, -119]);
  });

  it('point where the key does, and a negated key has the negated numbers', () => {
    fc.assert(
      fc.property(key, (raw) => {
        const length = Math.hypot(...raw);
        fc.pre(length > 4);
        const eightBits = quantizeVector(Float32Array.from(raw, (x) => x / length));
        const packed = packKeys(eightBits, SIZE);
        const back = unpackKeys(packed, SIZE);
        expect(cosine(back, eightBits)).toBeGreaterThan(0.95);
        expect(9 * squareOf(packed)).toBe(back.reduce((sum, x) => sum + x * x, 0));
        const negated = unpackKeys(
          packKeys(
            eightBits.map((x) => -x),
            SIZE,
          ),
          SIZE,
        );
        expect([...negated]).toEqual([...back].map((x) => 0 - x));
      }),
    );
  });
});

describe('a record of the version before', () => {
  it('becomes the record that encoding makes, and one of this version stays as it is', () => {
    for (const name of ['a', 'b', 'c']) {
      const current = currentRecord(encodeFormerRecord(madeUpVectors(name)), SHAPE);
      expect(decodeRecord(current, SHAPE)).toEqual(madeUpRecord(name));
      expect(currentRecord(current, SHAPE)).toBe(current);
    }
  });

  it('that is damaged or of another shape is refused', () => {
    const blob = encodeFormerRecord(madeUpVectors('a'));
    for (const [at, byte] of blob.entries()) {
      const bad = blob.slice();
      bad[at] = byte ^ 4;
      expect(() => currentRecord(bad, SHAPE)).toThrow(expect.objectContaining({ code: 'memory/record' }));
    }
    const wider = { ...SHAPE, tokens: 4, keySize: 4 };
    expect(() => currentRecord(blob, wider)).toThrow(/another shape|bytes/);
  });
});
