import type { Adapter } from '../engine/weights/adapter.ts';
import { featureMap } from '../memory/algebra/feature-map.ts';
import type { MemoryShape } from '../memory/algebra/shape.ts';

/** What the adapter's writes look like. Its memory blocks are closed: a write is P keys, and z sums their features. */
export function shapeOf(adapter: Adapter): MemoryShape {
  const { tokens, keySize } = adapter;
  const map = featureMap({ kind: 'dpfp', order: 3 }, keySize);
  return { tokens, keySize, blocks: 0, valueSize: 0, featureMap: map };
}
