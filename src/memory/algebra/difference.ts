import { CompressiveMemory } from './compressive-memory.ts';
import { EmbeddingTable } from '../search/embedding-table.ts';
import type { MemoryShape } from './shape.ts';
import type { Tree } from './tree-hash.ts';
import type { EmbeddingRecord } from './embedding-record.ts';

/** A segment that one of two trees has and the other has not. */
export interface SignedSegment {
  /** +1: only in the first tree; -1: only in the second. */
  readonly sign: 1 | -1;
  readonly path: string;
  readonly contentHash: string;
  readonly write: EmbeddingRecord;
}

/** What the first tree has more than the second: as one signed sum, and segment by segment. */
export interface Difference {
  /** M and z of the first less those of the second: exact integers, of either sign. */
  readonly memory: CompressiveMemory;
  /** By path, what was taken away before what was added, each in the order of its file. */
  readonly segments: readonly SignedSegment[];
}

/**
 * The difference of two trees, each path counted with its writes: a segment that only moved inside its file is in
 * neither part, a renamed file is in both. `memory` is the sum of the segments' writes with their signs.
 *
 * @param writeOf the write of a key; throws where it is not stored
 */
export function differenceOf(
  a: Tree,
  b: Tree,
  shape: MemoryShape,
  writeOf: (key: string) => EmbeddingRecord,
): Difference {
  const memory = new CompressiveMemory(shape);
  const segments: SignedSegment[] = [];
  const take = (sign: 1 | -1, path: string, writeKeys: readonly string[]): void => {
    for (const contentHash of writeKeys) {
      const write = writeOf(contentHash);
      if (sign === 1) memory.add(write);
      else memory.subtract(write);
      segments.push({ sign, path, contentHash, write });
    }
  };
  for (const path of [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => (x < y ? -1 : 1))) {
    const [mine, others] = [a.get(path) ?? [], b.get(path) ?? []];
    take(-1, path, without(others, mine));
    take(1, path, without(mine, others));
  }
  return { memory, segments };
}

/**
 * The keys of signed segments, each under its place in the list: recall over a table of what changed is over that
 * alone.
 */
export function tableOf(segments: readonly SignedSegment[], shape: MemoryShape): EmbeddingTable {
  const table = new EmbeddingTable(shape, Math.max(1, segments.length));
  for (const [at, { write }] of segments.entries()) table.append(at, write.keys);
  return table;
}

/** The first list less the second, as often as each occurs. */
function without(list: readonly string[], taken: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const key of taken) left.set(key, (left.get(key) ?? 0) + 1);
  return list.filter((key) => {
    const count = left.get(key) ?? 0;
    if (count > 0) left.set(key, count - 1);
    return count === 0;
  });
}
