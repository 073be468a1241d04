import { createHash } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import { CompressiveMemory } from './reference/compressive-memory.ts';
import { dpfp, elu1, EXACT, featureMap, topk } from './reference/integer-feature-map.ts';
import type { FeatureMap } from './reference/integer-feature-map.ts';

// A second or two alone; a shared machine has taken twenty times as long.
vi.setConfig({ testTimeout: 120_000 });

const SIZE = 12;
const key = fc.int8Array({ minLength: SIZE, maxLength: SIZE });
const maps: [string, FeatureMap][] = [
  ['elu1', featureMap({ kind: 'elu1', gain: 16, bits: 10 }, SIZE)],
  ['dpfp', featureMap({ kind: 'dpfp', order: 3 }, SIZE)],
  ['topk', featureMap({ kind: 'topk', size: 64, keep: 5, fan: 4, seed: 7 }, SIZE)],
];

describe.each(maps)('%s', (_, map) => {
  it('gives d_φ integers between 0 and its bound, the same ones into a used buffer', () => {
    const used = new Int32Array(map.size);
    fc.assert(
      fc.property(key, (k) => {
        const features = map.features(k);
        expect(features.length).toBe(map.size);
        for (const feature of features) {
          expect(Number.isInteger(feature) && feature >= 0 && feature <= map.max).toBe(true);
        }
        expect(map.features(k, used)).toEqual(features);
      }),
    );
  });

  it('keeps sums over ten million memory tokens exact', () => {
    expect(map.max * EXACT.int8 * EXACT.tokens).toBeLessThanOrEqual(EXACT.limit);
  });
});

describe('elu1', () => {
  it('is the rounded ELU + 1 for every int8', () => {
    const map = elu1(1, 16, 10);
    for (let k = -128; k < 128; k++) {
      const x = (16 * k) / 127;
      const exact = (x > 0 ? x + 1 : Math.exp(x)) * 1024;
      expect(Math.abs(map.features(Int8Array.of(k))[0]! - exact)).toBeLessThanOrEqual(0.5 + 1e-6);
    }
    expect(map.max).toBe(17 * 1024);
  });

  it('has the table that it had when this was written: sums already stored depend on it', () => {
    const map = elu1(256, 16, 10);
    const table = map.features(Int8Array.from({ length: 256 }, (_, i) => i - 128));
    expect(createHash('sha256').update(table.join()).digest('hex').slice(0, 16)).toBe('f182f7a2ded97af5');
  });
});

describe('dpfp', () => {
  it('multiplies neighbors of relu([k, -k]) at distances 1 to 3, round the end', () => {
    const map = dpfp(2, 3);
    // r = [3, 0, 0, 2]
    expect(Array.from(map.features(Int8Array.of(3, -2)))).toEqual([0, 0, 0, 6, 0, 0, 0, 0, 6, 0, 0, 0]);
  });
});

describe('topk', () => {
  it('keeps at most k features, none smaller than one it dropped', () => {
    const all = topk(SIZE, { size: 64, keep: 64, fan: 4, seed: 7 });
    const few = topk(SIZE, { size: 64, keep: 5, fan: 4, seed: 7 });
    fc.assert(
      fc.property(key, (k) => {
        const every = Array.from(all.features(k));
        const kept = Array.from(few.features(k));
        const expected = every
          .map((value, index) => ({ value, index }))
          .sort((a, b) => b.value - a.value || a.index - b.index)
          .slice(0, 5)
          .filter(({ value }) => value > 0);
        const nonZero = kept.map((value, index) => ({ value, index })).filter(({ value }) => value > 0);
        expect(nonZero).toEqual(expected.sort((a, b) => a.index - b.index));
      }),
    );
  });

  it('draws other projections from another seed', () => {
    const k = Int8Array.from({ length: SIZE }, (_, i) => i * 9 - 40);
    const spec = { size: 64, keep: 5, fan: 4 };
    expect(topk(SIZE, { ...spec, seed: 1 }).features(k)).not.toEqual(topk(SIZE, { ...spec, seed: 2 }).features(k));
  });
});

describe('parameters out of range', () => {
  it('are refused with a sentence', () => {
    expect(() => elu1(8, 0, 10)).toThrow(expect.objectContaining({ code: 'memory/shape' }));
    expect(() => elu1(8, 1000, 20)).toThrow(/would not be exact/);
    expect(() => dpfp(8, 0)).toThrow(expect.objectContaining({ code: 'memory/shape' }));
    expect(() => dpfp(8, 16)).toThrow(expect.objectContaining({ code: 'memory/shape' }));
    expect(() => topk(8, { size: 4, keep: 5, fan: 2, seed: 1 })).toThrow(
      expect.objectContaining({ code: 'memory/shape' }),
    );
    expect(() => topk(8, { size: 4, keep: 2, fan: 9, seed: 1 })).toThrow(
      expect.objectContaining({ code: 'memory/shape' }),
    );
  });

  it('include a shape whose keys are not those of its feature map', () => {
    const shape = { tokens: 4, keySize: 8, blocks: 0, valueSize: 0, featureMap: elu1(8, 1, 4) };
    expect(() => {
      new CompressiveMemory(shape);
    }).not.toThrow();
    for (const bad of [{ keySize: 9 }, { tokens: 0 }, { tokens: 1.5 }, { blocks: 300 }, { blocks: 1 }]) {
      expect(() => {
        new CompressiveMemory({ ...shape, ...bad });
      }).toThrow(expect.objectContaining({ code: 'memory/shape' }));
    }
  });
});
