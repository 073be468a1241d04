import type { Adapter } from '../engine/adapter.ts';
import { featureMap } from '../memory/feature-map.ts';
import type { MemoryShape } from '../memory/shape.ts';

/** What the adapter's writes look like. Its memory blocks are closed: a write is P keys, and z sums their features. */
export function shapeOf(adapter: Adapter): MemoryShape {
  const { tokens, keySize } = adapter;
  const map = featureMap({ kind: 'dpfp', order: 3 }, keySize);
  return { tokens, keySize, blocks: 0, valueSize: 0, featureMap: map };
}
