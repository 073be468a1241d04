import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import { quantizeVector } from '../../../src/memory/algebra/embedding-record.ts';
import { EmbeddingTable } from '../../../src/memory/search/embedding-table.ts';
import { unpackKeys } from '../../support/unpack-keys.ts';
import { madeUpRecord, madeUpVectors, SHAPE } from '../../unit/memory/support.ts';
import type { EightBits } from '../../unit/memory/support.ts';
import { CompressiveMemory } from './reference/compressive-memory.ts';
import { dpfp, elu1, topk } from './reference/integer-feature-map.ts';
import { recallByFeature } from './reference/recall-by-feature.ts';

// A second or two alone; a shared machine has taken twenty times as long.
vi.setConfig({ testTimeout: 120_000 });

function question(name: string): Float32Array {
  const raw = Float64Array.from(madeUpVectors(name).keys.subarray(0, SHAPE.keySize));
  const length = Math.hypot(...raw);
  return Float32Array.from(raw, (x) => x / length);
}

function tableOf(names: readonly string[]): EmbeddingTable {
  const table = new EmbeddingTable(SHAPE);
  for (const [n, name] of names.entries()) table.append(n + 1, madeUpRecord(name).keys);
  return table;
}

/** A record as a memory without packing reads it. */
function stored(name: string): EightBits {
  const { keys, values } = madeUpRecord(name);
  return { keys: unpackKeys(keys, SHAPE.keySize), values };
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);
const names = fc.uniqueArray(fc.string({ maxLength: 6 }), { minLength: 1, maxLength: 40 });

describe.each([elu1(8, 4, 6), dpfp(8, 3), topk(8, { size: 64, keep: 4, fan: 3, seed: 3 })])(
  'recallByFeature with $id',
  (featureMap) => {
    it('gives φ(q)·z_segment / φ(q)·z of the memory', () => {
      fc.assert(
        fc.property(names, fc.string({ maxLength: 4 }), (list, asked) => {
          const shape = { ...SHAPE, featureMap };
          const features = featureMap.features(quantizeVector(question(asked)));
          const massOf = (some: readonly string[]): number => {
            const memory = new CompressiveMemory(shape);
            for (const name of some) memory.add(stored(name));
            return sum(features.map((feature, i) => feature * memory.z[i]!));
          };
          const { shares } = recallByFeature(tableOf(list), [question(asked)], featureMap);
          const mass = massOf(list);
          list.forEach((name, n) => {
            expect(shares[n]).toBe(mass === 0 ? 1 / list.length : massOf([name]) / mass);
          });
          expect(Math.abs(sum(shares) - 1)).toBeLessThan(1e-12);
        }),
        { numRuns: 30 },
      );
    });
  },
);
