import { SetHash } from './set-hash.ts';
import type { Tree } from './tree-hash.ts';
import type { EmbeddingRecord } from './embedding-record.ts';

/** A segment that one of two trees has and the other has not. */
interface SignedSegment {
  /** +1: only in the first tree; -1: only in the second. */
  readonly sign: 1 | -1;
  readonly path: string;
  readonly contentHash: string;
  readonly record: EmbeddingRecord;
}

/** What the first tree has more than the second: as one signed sum, and segment by segment. */
export interface Difference {
  /** The set hash of the first less that of the second. */
  readonly setHash: SetHash;
  /** By path, what was taken away before what was added, each in the order of its file. */
  readonly segments: readonly SignedSegment[];
}

/** A record as it is stored, by content hash (hex); throws where it is not stored. */
type RecordOf = (contentHash: string) => { readonly record: EmbeddingRecord; readonly vectorsHash: Uint8Array };

/**
 * The difference of two trees, each path counted with its content hashes: a segment that only moved inside its file is
 * not listed, a renamed file is listed on both sides. Added to the set hash of the second, `setHash` gives the first's.
 */
export function differenceOf(a: Tree, b: Tree, recordOf: RecordOf): Difference {
  const setHash = new SetHash();
  const segments: SignedSegment[] = [];
  const count = (sign: 1 | -1, path: string, hashes: readonly string[]): void => {
    for (const [ordinal, hash] of hashes.entries()) {
      const { vectorsHash } = recordOf(hash);
      const element = { path, ordinal, contentHash: Buffer.from(hash, 'hex'), vectorsHash };
      if (sign === 1) setHash.add(element);
      else setHash.subtract(element);
    }
  };
  const list = (sign: 1 | -1, path: string, hashes: readonly string[]): void => {
    for (const contentHash of hashes) segments.push({ sign, path, contentHash, record: recordOf(contentHash).record });
  };
  for (const path of [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => (x < y ? -1 : 1))) {
    const [mine, others] = [a.get(path) ?? [], b.get(path) ?? []];
    if (mine.join() === others.join()) continue;
    count(1, path, mine);
    count(-1, path, others);
    list(-1, path, without(others, mine));
    list(1, path, without(mine, others));
  }
  return { setHash, segments };
}

/** The first list less the second, as often as each occurs. */
function without(list: readonly string[], taken: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const hash of taken) left.set(hash, (left.get(hash) ?? 0) + 1);
  return list.filter((hash) => {
    const count = left.get(hash) ?? 0;
    if (count > 0) left.set(hash, count - 1);
    return count === 0;
  });
}
