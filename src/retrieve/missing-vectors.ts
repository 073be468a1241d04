import { orderFreeSum } from '../memory/search/similarity.ts';
import type { Shares } from '../memory/search/similarity.ts';

/**
 * Segments that a question has encoded first, when not all have vectors: the best few of each of the best files. Which
 * file is meant is undecided between files; inside the right one, words find the place.
 */
const CANDIDATES = { files: 16, segmentsOfFile: 3 } as const;

/** What of a folder index has vectors: where not all has, words count more in a ranking. */
export interface Embedded {
  readonly segments: number;
  readonly ofSegments: number;
}

interface RankingByWords {
  readonly files: readonly { readonly path: string }[];
  readonly segments: readonly { readonly path: string; readonly segmentId: number }[];
}

/** Segments of a ranking by words that are worth encoding: each file's best first, then each file's second. */
export function candidates(
  { files, segments }: RankingByWords,
  isNotEmbedded: (segmentId: number) => boolean,
): number[] {
  const byPath = Map.groupBy(segments, ({ path }) => path);
  const best = files.slice(0, CANDIDATES.files);
  return Array.from({ length: CANDIDATES.segmentsOfFile }, (_, rank) => rank).flatMap((rank) =>
    best.flatMap(({ path }) => byPath.get(path)?.[rank]?.segmentId ?? []).filter(isNotEmbedded),
  );
}

/** A part of a ranking: the shares of what has vectors, and what has none. */
export interface Part {
  readonly segmentIds: readonly number[];
  readonly shares: Shares;
  readonly notEmbedded: readonly number[];
}

/**
 * Shares over all parts together: each part's times its weight in the whole. A segment without vectors is taken for the
 * median of those that have some, because nothing is known of it: it gains and loses by its words alone. So shares add
 * up to 1 over all that is ranked; where every segment has vectors, they are the exact ones.
 */
export function joinedShares(parts: readonly Part[]): Shares {
  const rows = parts.flatMap(({ segmentIds, shares }) =>
    segmentIds.map((id, row) => ({ id, logWeight: (shares.logShares[row] ?? -Infinity) + shares.logTotal })),
  );
  const notEmbedded = parts.flatMap((part) => part.notEmbedded);
  const unknown = notEmbedded.length > 0 ? (median(rows.map(({ logWeight }) => logWeight)) ?? 0) : -Infinity;
  const filled = parts.filter(({ shares }) => shares.segmentIds.length > 0).map(({ shares }) => shares.logTotal);
  const highest = Math.max(...filled, unknown);
  const sum = filled.reduce((total, logTotal) => total + Math.exp(logTotal - highest), 0);
  const logTotal = highest + Math.log(sum + notEmbedded.length * Math.exp(unknown - highest));
  const all = [...rows, ...notEmbedded.map((id) => ({ id, logWeight: unknown }))];
  return {
    segmentIds: Float64Array.from(all, ({ id }) => id),
    shares: Float64Array.from(all, ({ logWeight }) => Math.exp(logWeight - logTotal)),
    logShares: Float64Array.from(all, ({ logWeight }) => logWeight - logTotal),
    logTotal,
  };
}

/**
 * The share of each file: the sum over its segments that have vectors, whose best ones were encoded first. A file
 * without any is taken for the median of the others; shares are scaled to add up to 1.
 */
export function fileShares(
  shares: Shares,
  pathOf: (segmentId: number) => string | undefined,
  notEmbedded: ReadonlySet<number>,
): Map<string, number> {
  const known = new Map<string, number>();
  const all = new Set<string>();
  shares.segmentIds.forEach((id, at) => {
    const path = pathOf(id);
    if (path === undefined) return;
    all.add(path);
    if (!notEmbedded.has(id)) known.set(path, (known.get(path) ?? 0) + (shares.shares[at] ?? 0));
  });
  if (notEmbedded.size === 0) return known;
  const unknown = median([...known.values()]) ?? 1;
  const whole = new Map([...all].map((path) => [path, known.get(path) ?? unknown]));
  const sum = orderFreeSum([...whole.values()]) || 1;
  return new Map([...whole].map(([path, share]) => [path, share / sum]));
}

function median(values: readonly number[]): number | undefined {
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1];
}
