import type { Flatness, LexicalHit, Ranked } from '../memory/ranking.ts';
import { flatness, fuse, RANKING } from '../memory/ranking.ts';
import type { SegmentPlace } from '../memory/records.ts';
import type { Shares } from '../memory/recall.ts';

/** What decides the order: the memory, the words, or both. */
export type RecallBy = 'fused' | 'memory' | 'lexical';

export interface RecalledSegment extends SegmentPlace {
  /** Part of the whole ranking that this segment owns; all segments of the repository together own 1. */
  readonly share: number;
}

export interface RecalledFile {
  readonly path: string;
  /** Sum of its segments' shares. */
  readonly share: number;
  /** Best first. */
  readonly segments: readonly RecalledSegment[];
}

/** What a question brought back, best first. */
export interface Recollection {
  readonly by: RecallBy;
  readonly files: readonly RecalledFile[];
  readonly segments: readonly RecalledSegment[];
  /** How undecided the memory's own shares are. */
  readonly flat: Flatness;
  /** Segments in which some word of the question occurs. */
  readonly hits: number;
}

export const RECOLLECTION = {
  /** Files of a ranking. */
  files: 50,
  /** Segments that are ranked before they are grouped by file. */
  segments: 400,
} as const;

/** Ranks segments by shares, words or both, and groups them by file. `locate` says where a segment lies. */
export function recollect(
  by: RecallBy,
  shares: Shares,
  hits: readonly LexicalHit[],
  locate: (ids: readonly number[]) => ReadonlyMap<number, SegmentPlace>,
): Recollection {
  const ranked = rank(by, shares, hits);
  const places = locate(ranked.map((found) => found.segmentId));
  const segments = ranked.flatMap(({ segmentId, share }) => {
    const place = places.get(segmentId);
    return place ? [{ ...place, share }] : [];
  });
  return { by, files: byFile(segments), segments, flat: flatness(shares.shares), hits: hits.length };
}

function rank(
  by: RecallBy,
  shares: Shares,
  hits: readonly LexicalHit[],
): readonly Pick<Ranked, 'segmentId' | 'share'>[] {
  switch (by) {
    case 'fused':
      return fuse(shares, hits, RANKING.weight, RECOLLECTION.segments);
    case 'memory':
      return fuse(shares, [], 1, RECOLLECTION.segments);
    case 'lexical': {
      const total = hits.reduce((sum, hit) => sum + hit.bm25, 0) || 1;
      return hits.slice(0, RECOLLECTION.segments).map(({ segmentId, bm25 }) => ({ segmentId, share: bm25 / total }));
    }
  }
}

function byFile(segments: readonly RecalledSegment[]): readonly RecalledFile[] {
  const files = new Map<string, RecalledSegment[]>();
  for (const segment of segments) {
    const known = files.get(segment.path);
    if (known) known.push(segment);
    else files.set(segment.path, [segment]);
  }
  return [...files]
    .map(([path, own]) => ({ path, share: own.reduce((sum, { share }) => sum + share, 0), segments: own }))
    .sort((a, b) => b.share - a.share || (a.path < b.path ? -1 : 1))
    .slice(0, RECOLLECTION.files);
}
