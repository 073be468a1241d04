import type { FeatureMap } from './feature-map.ts';

/**
 * The sizes an adapter fixes for every write made with it. Nothing in this folder assumes particular numbers.
 *
 * - `tokens`     P, memory tokens in one segment
 * - `keySize`    d_k, numbers in one key
 * - `blocks`     B, decoder blocks that read the memory; 0 when the memory only finds and is never read
 * - `valueSize`  d_v, numbers in one value
 * - `featureMap` φ, from d_k key numbers to d_φ features
 */
export interface MemoryShape {
  readonly tokens: number;
  readonly keySize: number;
  readonly blocks: number;
  readonly valueSize: number;
  readonly featureMap: FeatureMap;
}

/** Largest sizes that the write header can hold (one byte for blocks, two for the others). */
const LIMITS = { tokens: 0xffff, keySize: 0xffff, blocks: 0xff, valueSize: 0xffff } as const;

export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** Throws ShapeError when a size is not a whole number in range or φ was made for another key size. */
export function checkShape(shape: MemoryShape): void {
  const smallest = { tokens: 1, keySize: 1, blocks: 0, valueSize: shape.blocks === 0 ? 0 : 1 };
  for (const name of ['tokens', 'keySize', 'blocks', 'valueSize'] as const) {
    const size = shape[name];
    if (!Number.isInteger(size) || size < smallest[name] || size > LIMITS[name]) {
      throw new ShapeError(
        `The adapter says ${name} = ${size}; it must be between ${smallest[name]} and ${LIMITS[name]}.`,
      );
    }
  }
  if (shape.featureMap.keySize !== shape.keySize) {
    throw new ShapeError(
      `The feature map takes keys of ${shape.featureMap.keySize} numbers, the adapter makes keys of ${shape.keySize}.`,
    );
  }
}

/** The part of the shape that decides what a write looks like; φ is left out because it acts on stored keys. */
export function recordLayout(shape: MemoryShape): string {
  return `${shape.tokens} keys of ${shape.keySize}, ${shape.blocks} blocks of values of ${shape.valueSize}`;
}

/** Bytes that M and z take in memory: 8 for each of (1 + B·d_v)·d_φ numbers, whatever the repository's size. */
export function memoryBytes(shape: MemoryShape): number {
  return 8 * shape.featureMap.size * (1 + shape.blocks * shape.valueSize);
}
