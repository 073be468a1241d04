import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  decodeRecord,
  encodeRecord,
  quantize,
  quantizeVector,
} from '../../../../src/memory/algebra/embedding-record.ts';
import { currentRecord } from '../../../../src/memory/algebra/former-record.ts';
import { averagePairs, packKeys, squareOf, stepOf } from '../../../../src/memory/algebra/packed-keys.ts';
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

describe('keys averaged in pairs', () => {
  const PAIRED = { tokens: 2, keySize: 64, blocks: 0, valueSize: 0 };
  const MADE = { ...PAIRED, tokens: 4 };

  it('hold the mean of each two numbers, halves away from zero', () => {
    const steps = [-7, -6, -1, 0, 1, 2, 6, 7];
    for (const one of steps) {
      for (const other of steps) {
        const pair = packKeys(
          Int8Array.from([one, 1, other, 4], (step) => step * stepOf(2)),
          2,
        );
        const mean = (one + other) / 2;
        const wanted = Math.sign(mean) * Math.floor(Math.abs(mean) + 0.5);
        expect([...unpackKeys(averagePairs(pair, 2), 2)]).toEqual([wanted, 3].map((step) => step * stepOf(2)));
      }
    }
  });

  it('are of neighbors: the first two make the first', () => {
    const keys = Int8Array.from({ length: 4 * 64 }, (_, at) => 6 * [1, 3, -5, -1][Math.floor(at / 64)]!);
    const packed = averagePairs(packKeys(keys, 64), 64);
    expect([...unpackKeys(packed, 64)]).toEqual([...Array<number>(64).fill(12), ...Array<number>(64).fill(-18)]);
  });

  it('are the same whether they are made from floats or from a record of a version before', () => {
    const bytes = fc.int8Array({ minLength: 4 * 64, maxLength: 4 * 64 });
    fc.assert(
      fc.property(bytes, (raw) => {
        const floats = Float32Array.from(raw);
        for (let from = 0; from < floats.length; from += 64) {
          const own = floats.subarray(from, from + 64);
          const length = Math.hypot(...own);
          fc.pre(length > 4);
          own.forEach((x, at) => (own[at] = x / length));
        }
        const none = { values: new Int8Array(0) };
        const keys = Int8Array.from(
          [0, 1, 2, 3].flatMap((key) => [...quantizeVector(floats.slice(64 * key, 64 * key + 64))]),
        );
        const wanted = encodeRecord(quantize({ keys: floats, values: new Float32Array(0) }, PAIRED, []), PAIRED);
        const single = encodeRecord({ keys: packKeys(keys, 64), ...none }, MADE);
        expect(currentRecord(encodeFormerRecord({ keys, ...none }, MADE), PAIRED)).toEqual(wanted);
        expect(currentRecord(single, PAIRED)).toEqual(wanted);
        expect(currentRecord(wanted, PAIRED)).toBe(wanted);
        expect(() => currentRecord(wanted, MADE)).toThrow(expect.objectContaining({ code: 'memory/record' }));
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
