import type { Adapter } from '../engine/weights/adapter.ts';
import type { MemoryShape } from '../memory/algebra/shape.ts';

/**
 * What the adapter's records look like: vectors for the search and no values, because no block reads a memory. Of each
 * two vectors that the model makes, the mean is stored (docs/decisions/0014); an odd number of them is stored as it is.
 */
export function shapeOf({ tokens, keySize }: Adapter): MemoryShape {
  return { tokens: tokens % 2 === 0 ? tokens / 2 : tokens, keySize, blocks: 0, valueSize: 0 };
}
