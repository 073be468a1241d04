import type { EightBits } from '../../../unit/memory/support.ts';
import type { SummedShape } from './compressive-memory.ts';

/**
 * The read without a memory: A = Σ_t w_t v_t with w_t = φ(q)·φ(k_t) / Σ φ(q)·φ(k), over all memory tokens of all
 * writes, in float64. It is what CompressiveMemory.read must agree with, by the route that keeps every token.
 *
 * @param features φ(q), d_φ
 * @returns B arrays [d_v], in the model's units; NaN where no token has a weight
 */
export function referenceRead(
  writes: readonly EightBits[],
  shape: SummedShape,
  features: Int32Array,
  scales: readonly number[],
): Float64Array[] {
  const { tokens, keySize, blocks, valueSize, featureMap } = shape;
  const weights = writes.map((write) =>
    Array.from({ length: tokens }, (_, token) => {
      const keyFeatures = featureMap.features(write.keys.subarray(token * keySize, (token + 1) * keySize));
      return keyFeatures.reduce((sum, feature, i) => sum + feature * (features[i] ?? 0), 0);
    }),
  );
  const mass = weights.flat().reduce((sum, weight) => sum + weight, 0);
  return Array.from({ length: blocks }, (_, block) => {
    const read = new Float64Array(valueSize);
    writes.forEach((write, w) => {
      weights[w]?.forEach((weight, token) => {
        const from = (block * tokens + token) * valueSize;
        for (let j = 0; j < valueSize; j++) {
          read[j] = (read[j] ?? 0) + (weight / mass) * (write.values[from + j] ?? 0) * (scales[block] ?? 0);
        }
      });
    });
    return read;
  });
}
