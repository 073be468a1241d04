import { AppError } from '../../common/app-error.ts';

/**
 * The sizes an adapter fixes for every record made with it. Nothing in this folder assumes particular numbers.
 *
 * - `tokens`     P, embeddings of one segment as they are stored; the model may make twice as many (unpaired)
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

/**
 * The shape of records whose keys, averaged in pairs (averagePairs), are those of this shape: what the model makes, and
 * what former versions stored. Undefined where values stand beside the keys, which are never averaged.
 */
export function unpaired(shape: MemoryShape): MemoryShape | undefined {
  return shape.blocks === 0 ? { ...shape, tokens: 2 * shape.tokens } : undefined;
}

/** What a record looks like, as a database and a snapshot name it. */
export function recordLayout(shape: MemoryShape): string {
  return `${shape.tokens} keys of ${shape.keySize}, ${shape.blocks} blocks of values of ${shape.valueSize}`;
}

/** The shape that a layout names; undefined where it names none. */
export function shapeOfLayout(layout: string): MemoryShape | undefined {
  const sizes = /^(\d+) keys of (\d+), (\d+) blocks of values of (\d+)$/.exec(layout)?.slice(1).map(Number);
  if (sizes === undefined) return undefined;
  const [tokens = 0, keySize = 0, blocks = 0, valueSize = 0] = sizes;
  return { tokens, keySize, blocks, valueSize };
}

/** Layouts of records that become those of this layout: itself, and the one whose keys are averaged in pairs. */
export function layoutsBefore(layout: string): string[] {
  const shape = shapeOfLayout(layout);
  const before = shape && unpaired(shape);
  return before === undefined ? [layout] : [layout, recordLayout(before)];
}
