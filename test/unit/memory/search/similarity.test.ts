import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import { toIntegers } from '../../../../src/memory/search/dot-products.ts';
import { EmbeddingTable } from '../../../../src/memory/search/embedding-table.ts';
import { normalize, orderFreeSum, recall } from '../../../../src/memory/search/similarity.ts';
import { fileShares } from '../../../../src/retrieve/missing-vectors.ts';
import { unpackKeys } from '../../../support/unpack-keys.ts';
import { madeUpRecord, madeUpVectors, SHAPE } from '../support.ts';

// A second or two alone; a shared machine has taken twenty times as long.
vi.setConfig({ testTimeout: 120_000 });

const TEMPERATURE = 20;

function question(name: string): Float32Array {
  const raw = Float64Array.from(madeUpVectors(name).keys.subarray(0, SHAPE.keySize));
  const length = Math.hypot(...raw);
  return Float32Array.from(raw, (x) => x / length);
}

/** A question as the table is asked: rounded to 16 bits. */
function rounded(asked: Float32Array): Float64Array {
  const { numbers, unit } = toIntegers(asked);
  return Float64Array.from(numbers, (x) => x * unit);
}

function tableOf(names: readonly string[], firstId = 1): EmbeddingTable {
  const table = new EmbeddingTable(SHAPE);
  names.forEach((name, n) => {
    table.append(firstId + n, madeUpRecord(name).keys);
  });
  return table;
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);
const names = fc.uniqueArray(fc.string({ maxLength: 6 }), { minLength: 1, maxLength: 40 });
const questions = fc.array(fc.string({ maxLength: 4 }), { minLength: 1, maxLength: 3 });

describe('recall', () => {
  it('gives the weight that each segment has in a softmax over all tokens, in float64', () => {
    fc.assert(
      fc.property(names, questions, (list, asked) => {
        const { shares, logShares, segmentIds } = recall(tableOf(list), asked.map(question), TEMPERATURE);
        const weights = list.map((name) => {
          const keys = unpackKeys(madeUpRecord(name).keys, SHAPE.keySize);
          let weight = 0;
          for (const q of asked.map(question).map(rounded)) {
            for (let token = 0; token < SHAPE.tokens; token++) {
              const key = keys.subarray(token * SHAPE.keySize, (token + 1) * SHAPE.keySize);
              const product = key.reduce((total, x, i) => total + q[i]! * x, 0);
              weight += Math.exp((TEMPERATURE * product) / Math.hypot(...key));
            }
          }
          return weight;
        });
        const mass = sum(weights);
        weights.forEach((weight, n) => {
          expect(Math.abs(shares[n]! - weight / mass)).toBeLessThan(1e-12);
          expect(logShares[n]).toBeCloseTo(Math.log(weight / mass), 9);
        });
        expect(Math.abs(sum(shares) - 1)).toBeLessThan(1e-12);
        expect(Array.from(segmentIds)).toEqual(list.map((_, n) => n + 1));
      }),
      { numRuns: 60 },
    );
  });

  it('shares add up to 1 over ten thousand segments and by file', () => {
    const table = tableOf(Array.from({ length: 10_000 }, (_, n) => `segment ${n}`));
    const recalled = recall(table, [question('q')], TEMPERATURE);
    expect(Math.abs(sum(recalled.shares) - 1)).toBeLessThan(1e-12);
    const files = fileShares(
      recalled,
      Int32Array.from(recalled.segmentIds, (id) => id % 7),
      7,
      recalled.shares.length,
    );
    expect(Math.abs(sum(files) - 1)).toBeLessThan(1e-12);
    const third = Array.from(recalled.segmentIds).filter((id) => id % 7 === 3);
    expect(files[3]).toBeCloseTo(sum(third.map((id) => recalled.shares[id - 1]!)), 12);
  });

  it('shares a scope among its own segments, in proportion', () => {
    const table = tableOf(['a', 'b', 'c', 'd']);
    const all = recall(table, [question('q')], TEMPERATURE);
    const some = recall(table, [question('q')], TEMPERATURE, [4, 2, 99, 2]);
    expect(Array.from(some.segmentIds)).toEqual([4, 2]);
    expect(some.shares[0]! / some.shares[1]!).toBeCloseTo(all.shares[3]! / all.shares[1]!, 9);
    expect(sum(some.shares)).toBeCloseTo(1, 12);
    expect(recall(table, [question('q')], TEMPERATURE, []).shares.length).toBe(0);
  });

  it('does not overflow or vanish at a high temperature', () => {
    const { shares, logShares } = recall(tableOf(['a', 'b', 'c']), [question('q')], 1e5);
    expect(sum(shares)).toBeCloseTo(1, 12);
    expect(Math.min(...shares)).toBe(0);
    expect(logShares.every(Number.isFinite)).toBe(true);
  });

  it('refuses what cannot be a question', () => {
    const table = tableOf(['a']);
    expect(() => recall(table, [], 1)).toThrow(expect.objectContaining({ code: 'memory/shape' }));
    expect(() => recall(table, [new Float32Array(3)], 1)).toThrow(expect.objectContaining({ code: 'memory/shape' }));
    expect(() => recall(table, [new Float32Array(8).fill(Number.NaN)], 1)).toThrow(
      expect.objectContaining({ code: 'memory/shape' }),
    );
    expect(() => recall(table, [question('q')], 0)).toThrow(expect.objectContaining({ code: 'memory/shape' }));
  });
});

describe('KeyTable', () => {
  it('holds exactly what was appended and not removed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(30)), { maxLength: 120 }), (steps) => {
        const table = new EmbeddingTable(SHAPE);
        const model = new Set<number>();
        for (const [adds, id] of steps) {
          if (adds && !model.has(id)) {
            table.append(id, madeUpRecord(String(id)).keys);
            model.add(id);
          } else if (!adds) {
            expect(table.remove(id)).toBe(model.delete(id));
          }
        }
        expect([...table.segmentIds].sort((a, b) => a - b)).toEqual([...model].sort((a, b) => a - b));
        table.segmentIds.forEach((id, row) => {
          expect(table.row(row)).toEqual(madeUpRecord(String(id)).keys);
        });
      }),
    );
  });

  it('holds the same over several pages, whole and by rows', () => {
    // Two rows a page.
    const shape = { tokens: 4, keySize: 1024 * 1024 };
    const step = fc.tuple(fc.boolean(), fc.nat(6));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const table = new EmbeddingTable(shape);
        const model = new Set<number>();
        for (const [adds, id] of steps) {
          if (adds && !model.has(id)) {
            table.append(id, new Uint8Array(table.rowSize).fill(id));
            model.add(id);
          } else if (!adds) {
            expect(table.remove(id)).toBe(model.delete(id));
          }
        }
        const ids = [...table.segmentIds];
        expect(ids.toSorted()).toEqual([...model].toSorted());
        expect(table.bytes).toBeLessThanOrEqual((model.size + 4) * table.rowSize + 1024);
        const rows = Uint32Array.from(ids.keys()).toReversed();
        const whole = [...table.blocks()].flatMap(({ first, count, vectors }) => firstsOf(first, count, vectors));
        const gathered = [...table.blocks(rows)].flatMap(({ first, count, vectors }) =>
          firstsOf(first, count, vectors),
        );
        expect(whole).toEqual([...ids.entries()]);
        expect(gathered).toEqual([...ids.toReversed().entries()]);
      }),
      { numRuns: 20 },
    );
    /** Where each row of a block stands, and its first and last number, which are alike. */
    function firstsOf(first: number, count: number, vectors: Uint8Array) {
      return Array.from({ length: count }, (_, at) => {
        const row = vectors.subarray(at * 2 * 1024 * 1024, (at + 1) * 2 * 1024 * 1024);
        return [first + at, row[0] === row.at(-1) ? row[0] : 'mixed'];
      });
    }
  });

  it('refuses a segment twice and keys of another length', () => {
    const table = tableOf(['a']);
    expect(() => {
      table.append(1, madeUpRecord('b').keys);
    }).toThrow(expect.objectContaining({ code: 'memory/shape' }));
    expect(() => {
      table.append(2, new Uint8Array(3));
    }).toThrow(expect.objectContaining({ code: 'memory/shape' }));
    expect(table.length).toBe(1);
  });
});

describe('shares', () => {
  it('are the same to the last bit whatever order the segments were read in', () => {
    const scores = fc.array(fc.double({ min: -60, max: 60, noNaN: true }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(scores, fc.integer({ min: 1, max: 39 }), (all, by) => {
        const turn = by % all.length;
        const turned = [...all.slice(turn), ...all.slice(0, turn)];
        const ids = Float64Array.from(all, (_, at) => at);
        const [one, other] = [normalize(ids, Float64Array.from(all)), normalize(ids, Float64Array.from(turned))];
        expect(other.logTotal).toBe(one.logTotal);
        expect([...other.shares.slice(-turn), ...other.shares.slice(0, -turn)]).toEqual([...one.shares]);
      }),
    );
  });
});

describe('orderFreeSum', () => {
  it('is the sum, however far the numbers are apart', () => {
    const number = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: -60, max: 60 }));
    fc.assert(
      fc.property(fc.array(number, { maxLength: 300 }), (drawn) => {
        const values = drawn.map(([x, exponent]) => x * 2 ** exponent);
        const wanted = values.toSorted((a, b) => a - b).reduce((a, b) => a + b, 0);
        expect(Math.abs(orderFreeSum(values) - wanted)).toBeLessThanOrEqual(1e-13 * wanted);
      }),
    );
  });

  it('is nothing for nothing, and what there is for one', () => {
    expect(orderFreeSum([])).toBe(0);
    expect(orderFreeSum([0, 0])).toBe(0);
    expect(orderFreeSum([0, 0.1])).toBe(0.1);
    expect(orderFreeSum([5e-324])).toBeGreaterThanOrEqual(0);
  });
});
