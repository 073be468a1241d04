import { AppError } from '../../common/app-error.ts';

/**
 * The sizes an adapter fixes for every record made with it. Nothing in this folder assumes particular numbers.
 *
 * - `tokens`     P, embeddings of one segment
 * - `keySize`    d_k, numbers in one key; even, because two share a byte
 * - `blocks`     B, decoder blocks that read the memory; 0 when the memory only finds and is never read
 * - `valueSize`  d_v, numbers in one value
 */
export interface MemoryShape {
  readonly tokens: number;
  readonly keySize: number;
  readonly blocks: number;
  readonly valueSize: number;
}

/** Largest sizes that the record's header can hold (one byte for blocks, two for the others). */
const LIMITS = { tokens: 0xffff, keySize: 0xffff, blocks: 0xff, valueSize: 0xffff } as const;

/** Throws `memory/shape` when a size is not a whole number in range, or a key cannot be packed. */
export function checkShape(shape: MemoryShape): void {
  const smallest = { tokens: 1, keySize: 1, blocks: 0, valueSize: shape.blocks === 0 ? 0 : 1 };
  for (const name of ['tokens', 'keySize', 'blocks', 'valueSize'] as const) {
    const size = shape[name];
    if (!Number.isInteger(size) || size < smallest[name] || size > LIMITS[name]) {
      throw new AppError(
        'memory/shape',
        `The adapter says ${name} = ${size}; it must be between ${smallest[name]} and ${LIMITS[name]}.`,
      );
    }
  }
  if (shape.keySize % 2 !== 0) {
    throw new AppError('memory/shape', `The adapter says keySize = ${shape.keySize}; it must be even.`);
  }
}

/** What a record looks like, as a database and a snapshot name it. */
export function recordLayout(shape: MemoryShape): string {
  return `${shape.tokens} keys of ${shape.keySize}, ${shape.blocks} blocks of values of ${shape.valueSize}`;
}
