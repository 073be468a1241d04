import { EmbeddingTable } from '../memory/search/embedding-table.ts';
import { recall } from '../memory/search/similarity.ts';
import type { Recalled } from '../memory/search/similarity.ts';
import type { Scope, SegmentPlace, StoredSegment } from '../memory/records.ts';

/** Where nothing has vectors, or nothing was asked of them. */
const NO_SHARES: Recalled = {
  segmentIds: new Float64Array(0),
  shares: new Float64Array(0),
  logShares: new Float64Array(0),
  logTotal: -Infinity,
  cosine: -1,
};

/** Segments as a ranking goes through them. */
export interface SegmentList {
  /** Those that have vectors first, in the order in which their shares are given. */
  readonly segmentIds: Float64Array;
  /** How many have vectors. */
  readonly embedded: number;
  /** Of each segment, its file's place in `paths`. */
  readonly fileOf: Int32Array;
  /** Files with a segment. */
  readonly paths: readonly string[];
}

/** The segments of a folder in RAM: where each lies, and its vectors as soon as it has them. */
export class SegmentTable {
  readonly #vectors: EmbeddingTable;
  readonly #places = new Map<number, SegmentPlace>();
  /** Segments without vectors. */
  readonly #notEmbedded = new Set<number>();
  /** The list of all segments; undefined after a change. */
  #list: SegmentList | undefined;
  /** Paths of the last list of all, kept so that their numbers stay. */
  #paths: readonly string[] = [];

  constructor(shape: { readonly tokens: number; readonly keySize: number }) {
    this.#vectors = new EmbeddingTable(shape);
  }

  get length(): number {
    return this.#places.size;
  }

  /** Segments that have vectors. */
  get embedded(): number {
    return this.#vectors.length;
  }

  place(segmentId: number): SegmentPlace | undefined {
    return this.#places.get(segmentId);
  }

  isEmbedded(segmentId: number): boolean {
    return this.#places.has(segmentId) && !this.#notEmbedded.has(segmentId);
  }

  /** How many segments each file has. */
  counts(): Map<string, number> {
    return countsOf([...this.#places.values()]);
  }

  /** How many segments of each file have no vectors; files without such a segment are left out. */
  notEmbeddedCounts(): Map<string, number> {
    return countsOf([...this.#notEmbedded].flatMap((id) => this.#places.get(id) ?? []));
  }

  /** The segments of a scope; all when it is left out. */
  everywhere(scope?: Scope): SegmentPlace[] {
    return [...this.#places.values()].filter(({ path }) => scope?.has(path) ?? true);
  }

  /** The segments of a scope; of all, the same object while nothing changes, and the same paths while files stay. */
  list(scope?: Scope): SegmentList {
    this.#list ??= this.#listOf([...this.#vectors.segmentIds, ...this.#notEmbedded], this.embedded, this.#paths);
    this.#paths = this.#list.paths;
    if (scope === undefined) return this.#list;
    const { segmentIds, embedded, fileOf, paths } = this.#list;
    const isIn = paths.map((path) => scope.has(path));
    const ids: number[] = [];
    let own = 0;
    segmentIds.forEach((id, at) => {
      if (isIn[fileOf[at] ?? 0] !== true) return;
      ids.push(id);
      if (at < embedded) own += 1;
    });
    return this.#listOf(ids, own);
  }

  /** @param before paths that keep their numbers, if all of them are still there */
  #listOf(ids: readonly number[], embedded: number, before: readonly string[] = []): SegmentList {
    const numbers = new Map(before.map((path, number) => [path, number]));
    const fileOf = Int32Array.from(ids, (id) => {
      const path = this.#places.get(id)?.path ?? '';
      const known = numbers.get(path);
      if (known !== undefined) return known;
      numbers.set(path, numbers.size);
      return numbers.size - 1;
    });
    if (before.length > 0 && new Set(fileOf).size < numbers.size) return this.#listOf(ids, embedded);
    const paths = numbers.size === before.length ? before : [...numbers.keys()];
    return { segmentIds: Float64Array.from(ids), embedded, fileOf, paths };
  }

  /** The segments that have no vectors. */
  notEmbedded(): number[] {
    return [...this.#notEmbedded];
  }

  /** Exact shares over those of a list that have vectors; over all that have when it is left out. */
  recall(keys: readonly Float32Array[], temperature: number, list?: SegmentList): Recalled {
    return this.recallAmong(keys, temperature, list?.segmentIds.subarray(0, list.embedded));
  }

  /** Exact shares over those of the segments that have vectors; over all that have when they are left out. */
  recallAmong(
    keys: readonly Float32Array[],
    temperature: number,
    segmentIds?: readonly number[] | Float64Array,
  ): Recalled {
    const isEmpty = segmentIds ? !segmentIds.some((id) => this.isEmbedded(id)) : this.embedded === 0;
    return keys.length === 0 || isEmpty ? NO_SHARES : recall(this.#vectors, keys, temperature, segmentIds);
  }

  /** Adds a segment as it is stored; one that is there already gets the vectors that it had not. */
  append({ record, ...place }: StoredSegment): void {
    const { segmentId } = place;
    if (record !== undefined) this.put(place, record.keys);
    else if (!this.#places.has(segmentId)) {
      this.#notEmbedded.add(segmentId);
      this.#places.set(segmentId, place);
      this.#list = undefined;
    }
  }

  /** Adds a segment with its vectors, [P, d_k / 2]. */
  put(place: SegmentPlace, keys: Uint8Array): void {
    const { segmentId } = place;
    if (this.isEmbedded(segmentId)) return;
    this.#vectors.append(segmentId, keys);
    this.#notEmbedded.delete(segmentId);
    this.#places.set(segmentId, place);
    this.#list = undefined;
  }

  remove(segmentId: number): void {
    this.#vectors.remove(segmentId);
    this.#notEmbedded.delete(segmentId);
    this.#places.delete(segmentId);
    this.#list = undefined;
  }
}

function countsOf(places: readonly SegmentPlace[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { path } of places) counts.set(path, (counts.get(path) ?? 0) + 1);
  return counts;
}
