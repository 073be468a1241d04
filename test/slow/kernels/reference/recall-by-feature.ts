import { quantizeVector } from '../../../../src/memory/algebra/embedding-record.ts';
import type { EmbeddingTable } from '../../../../src/memory/search/embedding-table.ts';
import type { Shares } from '../../../../src/memory/search/similarity.ts';
import { unpackKeys } from '../../../support/unpack-keys.ts';
import type { FeatureMap } from './integer-feature-map.ts';

/**
 * Exact shares of the read through a finite feature map: φ(q)·z_segment / φ(q)·z, by segment. The two products are
 * integers. Where no segment has any weight the shares are equal, which is what the memory knows.
 *
 * @param questions one or more q, float32 [d_k], L2-normalized
 * @returns shares [segments], in the order of the table, with their logarithms
 */
export function recallByFeature(
  table: EmbeddingTable,
  questions: readonly Float32Array[],
  featureMap: FeatureMap,
): Shares {
  const { tokens, keySize, segmentIds } = table;
  const asked = new Float64Array(featureMap.size);
  for (const question of questions) {
    featureMap.features(quantizeVector(question)).forEach((feature, i) => {
      asked[i] = (asked[i] ?? 0) + feature;
    });
  }
  const masses = Float64Array.from(segmentIds, (_, row) => {
    const keys = unpackKeys(table.row(row), keySize);
    let mass = 0;
    for (let token = 0; token < tokens; token++) {
      featureMap.features(keys.subarray(token * keySize, (token + 1) * keySize)).forEach((feature, i) => {
        mass += feature * (asked[i] ?? 0);
      });
    }
    return mass;
  });
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  if (total === 0) masses.fill(1);
  const whole = total === 0 ? masses.length : total;
  const shares = masses.map((mass) => mass / whole);
  return { segmentIds, shares, logShares: shares.map(Math.log), logTotal: Math.log(whole) };
}
