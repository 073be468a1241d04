import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import { CompressiveMemory, InexactError } from './reference/compressive-memory.ts';
import type { SummedShape } from './reference/compressive-memory.ts';
import { dpfp, elu1, topk } from './reference/integer-feature-map.ts';
import { referenceRead } from './reference/read-without-memory.ts';
import { madeUpVectors, SHAPE as PLAIN } from '../../unit/memory/support.ts';
import type { EightBits } from '../../unit/memory/support.ts';

// A second or two alone; a shared machine has taken twenty times as long.
vi.setConfig({ testTimeout: 120_000 });

const SHAPE: SummedShape = { ...PLAIN, featureMap: elu1(8, 4, 6) };
const shapes: [string, SummedShape][] = [
  ['elu1', SHAPE],
  ['dpfp', { ...SHAPE, featureMap: dpfp(8, 3) }],
  ['topk', { ...SHAPE, featureMap: topk(8, { size: 32, keep: 4, fan: 3, seed: 1 }) }],
  ['no blocks', { ...SHAPE, blocks: 0, valueSize: 0 }],
  ['one token, six blocks', { ...SHAPE, tokens: 1, blocks: 6, valueSize: 5 }],
];

const names = fc.uniqueArray(fc.string({ maxLength: 6 }), { minLength: 1, maxLength: 12 });

function sum(shape: SummedShape, writes: readonly EightBits[]): CompressiveMemory {
  const memory = new CompressiveMemory(shape);
  for (const write of writes) memory.add(write);
  return memory;
}

describe.each(shapes)('the algebra with %s', (_, shape) => {
  const writesOf = (list: readonly string[]): EightBits[] => list.map((name) => madeUpVectors(name, shape));

  it('does not depend on order', () => {
    fc.assert(
      fc.property(
        names.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          expect(sum(shape, writesOf(shuffled)).hash()).toBe(sum(shape, writesOf(list)).hash());
        },
      ),
      { numRuns: 40 },
    );
  });

  it('subtracts to exactly what was never added', () => {
    fc.assert(
      fc.property(names, fc.func(fc.boolean()), (list, stays) => {
        const memory = sum(shape, writesOf(list));
        for (const write of writesOf(list.filter((name) => !stays(name)))) memory.subtract(write);
        const rebuilt = sum(shape, writesOf(list.filter((name) => stays(name))));
        expect(memory.equals(rebuilt)).toBe(true);
        expect(memory.hash()).toBe(rebuilt.hash());
      }),
      { numRuns: 40 },
    );
  });

  it('comes back to the same bytes from branch A over B to A', () => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        const memory = sum(shape, writesOf(a));
        const before = memory.hash();
        for (const write of writesOf(a.filter((name) => !b.includes(name)))) memory.subtract(write);
        for (const write of writesOf(b.filter((name) => !a.includes(name)))) memory.add(write);
        expect(memory.hash()).toBe(sum(shape, writesOf(b)).hash());
        for (const write of writesOf(b.filter((name) => !a.includes(name)))) memory.subtract(write);
        for (const write of writesOf(a.filter((name) => !b.includes(name)))) memory.add(write);
        expect(memory.hash()).toBe(before);
      }),
      { numRuns: 40 },
    );
  });

  it('merges in any grouping, with either sign', () => {
    fc.assert(
      fc.property(names, names, names, (a, b, c) => {
        const [left, right, whole] = [sum(shape, writesOf(a)), sum(shape, writesOf(b)), sum(shape, writesOf(a))];
        left.merge(sum(shape, writesOf(b)));
        left.merge(sum(shape, writesOf(c)));
        right.merge(sum(shape, writesOf(c)));
        whole.merge(right);
        expect(left.hash()).toBe(whole.hash());
        expect(left.hash()).toBe(sum(shape, writesOf([...a, ...b, ...c])).hash());
        left.merge(right, -1);
        expect(left.hash()).toBe(sum(shape, writesOf(a)).hash());
        left.merge(left, -1);
        expect(left.hash()).toBe(new CompressiveMemory(shape).hash());
      }),
      { numRuns: 30 },
    );
  });

  it('reads what the sum over all tokens gives', () => {
    const scales = Array.from({ length: shape.blocks }, (_value, block) => 0.01 * (block + 1));
    fc.assert(
      fc.property(names, fc.string(), (list, question) => {
        const features = shape.featureMap.features(madeUpVectors(question, shape).keys.subarray(0, shape.keySize));
        const reads = sum(shape, writesOf(list)).read(features, scales, 0);
        referenceRead(writesOf(list), shape, features, scales).forEach((expected, block) => {
          expected.forEach((value, j) => {
            if (Number.isNaN(value)) expect(reads[block]![j]).toBeNaN();
            else expect(reads[block]![j]).toBeCloseTo(value, 10);
          });
        });
        expect(reads.length).toBe(shape.blocks);
      }),
      { numRuns: 30 },
    );
  });
});

describe('CompressiveMemory', () => {
  it('is another memory after any other write, order, sign or shape', () => {
    const a = sum(SHAPE, [madeUpVectors('a')]);
    const twice = sum(SHAPE, [madeUpVectors('a'), madeUpVectors('a')]);
    const negative = new CompressiveMemory(SHAPE);
    negative.subtract(madeUpVectors('a'));
    const otherMap = new CompressiveMemory({ ...SHAPE, featureMap: elu1(8, 4, 7) });
    const empty = new CompressiveMemory(SHAPE);
    const all = [a, twice, negative, otherMap, empty, sum(SHAPE, [madeUpVectors('b')])];
    expect(new Set(all.map((memory) => memory.hash())).size).toBe(all.length);
    expect(a.equals(twice)).toBe(false);
    expect(empty.equals(otherMap)).toBe(false);
    expect(() => {
      empty.merge(otherMap);
    }).toThrow(expect.objectContaining({ code: 'memory/shape' }));
  });

  it('reads nothing as zero', () => {
    const features = SHAPE.featureMap.features(madeUpVectors('q').keys.subarray(0, 8));
    expect(new CompressiveMemory(SHAPE).read(features, [1, 1])).toEqual([new Float64Array(3), new Float64Array(3)]);
  });

  it('gives a graph the same read in float32', () => {
    const memory = sum(SHAPE, [madeUpVectors('a'), madeUpVectors('b'), madeUpVectors('c')]);
    const scales = [0.02, 0.5];
    const features = SHAPE.featureMap.features(madeUpVectors('q').keys.subarray(0, 8));
    const { z, M } = memory.graphState(scales);
    const real = Array.from(features, (feature) => feature * SHAPE.featureMap.unit);
    const mass = real.reduce((total, feature, i) => total + feature * z[i]!, 0);
    memory.read(features, scales).forEach((read, block) => {
      read.forEach((value, j) => {
        const graph = real.reduce((total, feature, i) => total + feature * M[block]![i * 3 + j]!, 0) / mass;
        expect(graph).toBeCloseTo(value, 4);
      });
    });
  });

  it('throws before a sum leaves 2^53 and is unchanged by it', () => {
    const memory = sum(SHAPE, [madeUpVectors('a')]);
    expect(() => {
      for (let doublings = 0; doublings < 60; doublings++) memory.merge(memory);
    }).toThrow(InexactError);
    const largest = Math.max(...[memory.z, ...memory.M].flatMap((cells) => Array.from(cells, Math.abs)));
    expect(largest).toBeGreaterThan(2 ** 51);
    expect(largest).toBeLessThanOrEqual(2 ** 53);
    const before = memory.hash();
    expect(() => {
      memory.merge(memory);
    }).toThrow(/Narrow the scope/);
    expect(memory.hash()).toBe(before);
    memory.merge(memory, -1);
    expect(memory.hash()).toBe(new CompressiveMemory(SHAPE).hash());
  });

  it('also throws when single writes reach the limit, however large the numbers already are', () => {
    const doublings = [sum(SHAPE, [madeUpVectors('a')])];
    while (doublings.length < 60) {
      const next = new CompressiveMemory(SHAPE);
      try {
        next.merge(doublings.at(-1)!);
        next.merge(doublings.at(-1)!);
      } catch {
        break;
      }
      doublings.push(next);
    }
    const memory = new CompressiveMemory(SHAPE);
    for (const part of doublings.toReversed()) {
      expect(() => {
        for (let n = 0; n < 4; n++) memory.merge(part);
      }).toThrow(InexactError);
    }
    const before = memory.hash();
    expect(() => {
      memory.add(madeUpVectors('a'));
    }).toThrow(InexactError);
    expect(memory.hash()).toBe(before);
    memory.subtract(madeUpVectors('a'));
    memory.add(madeUpVectors('a'));
    expect(memory.hash()).toBe(before);
  });

  it('refuses a write or a question of another length', () => {
    const memory = new CompressiveMemory(SHAPE);
    expect(() => {
      memory.add(madeUpVectors('a', { ...SHAPE, tokens: 3 }));
    }).toThrow(expect.objectContaining({ code: 'memory/record' }));
    expect(() => memory.read(new Int32Array(3), [1, 1])).toThrow(expect.objectContaining({ code: 'memory/shape' }));
    expect(() => memory.read(new Int32Array(8), [1])).toThrow(expect.objectContaining({ code: 'memory/shape' }));
  });
});
