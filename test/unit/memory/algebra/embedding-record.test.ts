import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  decodeRecord,
  encodeRecord,
  quantize,
  quantizeVector,
  contentHash,
} from '../../../../src/memory/algebra/embedding-record.ts';
import { madeUpRecord, SHAPE } from '../support.ts';

const { tokens, keySize, blocks, valueSize } = SHAPE;

function unitKeys(): Float32Array {
  const keys = new Float32Array(tokens * keySize);
  for (let token = 0; token < tokens; token++) keys[token * keySize + token] = 1;
  return keys;
}

describe('quantize', () => {
  it('packs keys in four bits and divides values by the scale of their block', () => {
    const values = new Float32Array(blocks * tokens * valueSize);
    values[0] = 0.5;
    values[tokens * valueSize] = 0.5;
    const write = quantize({ keys: unitKeys(), values }, SHAPE, [0.1, 0.25]);
    // 7 and 0, each with 8 added; the second key has its 7 in the second place.
    expect(Array.from(write.keys.subarray(0, 2))).toEqual([0x8f, 0x88]);
    expect(write.keys[keySize / 2]).toBe(0xf8);
    expect(write.values[0]).toBe(5);
    expect(write.values[tokens * valueSize]).toBe(2);
  });

  it('rounds halves away from zero and clamps to ±127', () => {
    const values = new Float32Array(blocks * tokens * valueSize);
    values.set([0.5, -0.5, 1.5, -1.5, 1000, -1000]);
    const write = quantize({ keys: unitKeys(), values }, SHAPE, [1, 1]);
    expect(Array.from(write.values.subarray(0, 6))).toEqual([1, -1, 2, -2, 127, -127]);
  });

  it('stays within half a step of the key', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 }), (raw) => {
        const length = Math.hypot(...raw);
        fc.pre(length > 0.01);
        const key = Float32Array.from(raw, (x) => x / length);
        quantizeVector(key).forEach((k, i) => {
          expect(Math.abs(k / 127 - key[i]!)).toBeLessThanOrEqual(0.5 / 127 + 1e-6);
        });
      }),
    );
  });

  it.each([Number.NaN, Infinity, -Infinity])('rejects %s with a sentence', (bad) => {
    const keys = unitKeys();
    keys[3] = bad;
    expect(() => quantize({ keys, values: new Float32Array(12) }, SHAPE, [1, 1])).toThrow(/A key has length/);
    const values = new Float32Array(12);
    values[5] = bad;
    expect(() => quantize({ keys: unitKeys(), values }, SHAPE, [1, 1])).toThrow(
      expect.objectContaining({ code: 'memory/record' }),
    );
  });

  it('rejects keys that are not normalized, wrong lengths and scales that are not positive', () => {
    const values = new Float32Array(12);
    expect(() => quantize({ keys: unitKeys().map((k) => k * 2), values }, SHAPE, [1, 1])).toThrow(
      expect.objectContaining({ code: 'memory/record' }),
    );
    expect(() => quantize({ keys: new Float32Array(3), values }, SHAPE, [1, 1])).toThrow(
      expect.objectContaining({ code: 'memory/record' }),
    );
    expect(() => quantize({ keys: unitKeys(), values }, SHAPE, [1])).toThrow(
      expect.objectContaining({ code: 'memory/record' }),
    );
    expect(() => quantize({ keys: unitKeys(), values }, SHAPE, [1, 0])).toThrow(
      expect.objectContaining({ code: 'memory/record' }),
    );
  });
});

describe('encodeWrite and decodeWrite', () => {
  it('give back what was put in, also from the middle of a buffer', () => {
    const write = madeUpRecord('x');
    const blob = encodeRecord(write, SHAPE);
    const around = new Uint8Array(blob.length + 7);
    around.set(blob, 3);
    expect(decodeRecord(around.subarray(3, 3 + blob.length), SHAPE)).toEqual(write);
    expect(blob.length).toBe(8 + (tokens * keySize) / 2 + blocks * tokens * valueSize + 4);
  });

  it('notice every flipped bit and every cut', () => {
    const blob = encodeRecord(madeUpRecord('x'), SHAPE);
    for (let bit = 0; bit < blob.length * 8; bit++) {
      const bad = blob.slice();
      bad[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeRecord(bad, SHAPE)).toThrow(expect.objectContaining({ code: 'memory/record' }));
    }
    for (let length = 0; length < blob.length; length++) {
      expect(() => decodeRecord(blob.subarray(0, length), SHAPE)).toThrow(
        expect.objectContaining({ code: 'memory/record' }),
      );
    }
  });

  it('refuse a record of another shape, even one of the same size', () => {
    const swapped = { ...SHAPE, tokens: SHAPE.keySize, keySize: SHAPE.tokens, blocks: 0, valueSize: 0 };
    const flat = { ...SHAPE, blocks: 0, valueSize: 0 };
    expect(() => decodeRecord(encodeRecord(madeUpRecord('x', flat), flat), swapped)).toThrow(/another shape/);
    expect(() => encodeRecord(madeUpRecord('x', flat), SHAPE)).toThrow(
      expect.objectContaining({ code: 'memory/record' }),
    );
  });

  it('work without value blocks', () => {
    const flat = { ...SHAPE, blocks: 0, valueSize: 0 };
    const write = madeUpRecord('x', flat);
    expect(decodeRecord(encodeRecord(write, flat), flat)).toEqual(write);
  });
});

describe('contentHash', () => {
  it('is another for any change of adapter, header or text, wherever the border lies', () => {
    const keys = [
      contentHash('a', 'b', 'c'),
      contentHash('ab', '', 'c'),
      contentHash('a', 'bc', ''),
      contentHash('a', 'b', 'c\n'),
      contentHash('a', 'b', '\ud800'),
      contentHash('a', 'b', '\ufffd'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(contentHash('a', 'b', 'c')).toBe(keys[0]);
  });
});
