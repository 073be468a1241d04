import type { Adapter } from '../engine/weights/adapter.ts';
import type { MemoryShape } from '../memory/algebra/shape.ts';

/** What the adapter's records look like: keys and no values, because no block reads a memory. */
export function shapeOf({ tokens, keySize }: Adapter): MemoryShape {
  return { tokens, keySize, blocks: 0, valueSize: 0 };
}
