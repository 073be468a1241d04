import type { SegmentPlace } from '../../src/memory/records.ts';
import type { Shares } from '../../src/memory/search/similarity.ts';
import type { Places } from '../../src/retrieve/ranked-files.ts';

/** The places of a ranking's segments, of those that are known. */
export function placesOf({ segmentIds }: Shares, places: ReadonlyMap<number, SegmentPlace>): Places {
  const pathOf = (id: number) => places.get(id)?.path ?? '';
  const paths = [...new Set(Array.from(segmentIds, pathOf))];
  const numbers = new Map(paths.map((path, number) => [path, number]));
  const fileOf = Int32Array.from(segmentIds, (id) => numbers.get(pathOf(id)) ?? 0);
  return { paths, fileOf, place: (id) => places.get(id) };
}
