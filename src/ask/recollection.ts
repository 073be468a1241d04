import type { Flatness, LexicalHit, Ranked } from '../memory/ranking.ts';
import { flatness, fuse, RANKING } from '../memory/ranking.ts';
import type { SegmentPlace } from '../memory/records.ts';
import type { Shares } from '../memory/recall.ts';

import { roleOf } from '../workspace/role.ts';
import type { Role } from '../workspace/role.ts';

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
  /** How near the question comes to what is remembered. */
  readonly nearness: Nearness;
}

export interface Nearness {
  /** Largest cosine between the question and a memory token, -1..1. */
  readonly cosine: number;
  /** Part of the question's telling words that stand anywhere in the files, 0..1. */
  readonly coverage: number;
}

export const RECOLLECTION = {
  /** Files of a ranking. */
  files: 50,
  /** Segments that are ranked before they are grouped by file. */
  segments: 400,
} as const;

/**
 * Factors on a share by the file's role, in fused rankings. A test and a changelog use the question's very words, but what
 * does the work is asked for; a question that names them lifts the factor.
 */
export const ROLES: Readonly<Record<Role, { readonly factor: number; readonly named: RegExp }>> = {
  source: { factor: 1, named: /$^/ },
  configuration: { factor: 0.6, named: /\b(?:config\w*|settings?|ci|workflow|package|dependenc\w+|build)\b/i },
  example: { factor: 0.5, named: /\b(?:examples?|samples?|demo|benchmarks?)\b/i },
  documentation: { factor: 0.5, named: /\b(?:docs?|documentation|readme|guide|install\w*|licen[sc]e)\b/i },
  test: { factor: 0.3, named: /\b(?:tests?|tested|testing|specs?|fixtures?|assert\w*)\b/i },
  changelog: { factor: 0.1, named: /\b(?:change ?log|history|release\w*|versions?|since|changed)\b/i },
};

/** Ranks segments by shares, words or both, and groups them by file. `locate` says where a segment lies. */
export function recollect(
  question: string,
  by: RecallBy,
  shares: Shares,
  hits: readonly LexicalHit[],
  nearness: Nearness,
  locate: (ids: readonly number[]) => ReadonlyMap<number, SegmentPlace>,
): Recollection {
  const ranked = rank(by, shares, hits);
  const places = locate(ranked.map((found) => found.segmentId));
  const placed = ranked.flatMap(({ segmentId, share }) => {
    const place = places.get(segmentId);
    return place ? [{ ...place, share }] : [];
  });
  const segments = by === 'fused' ? weighByRole(question, placed) : placed;
  return { by, files: byFile(segments), segments, flat: flatness(shares.shares), nearness };
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

/** Shares times their role's factor, renormalised and in order again. */
function weighByRole(question: string, segments: readonly RecalledSegment[]): readonly RecalledSegment[] {
  const weighed = segments.map((segment) => {
    const { factor, named } = ROLES[roleOf(segment.path)];
    return { ...segment, share: segment.share * (named.test(question) ? 1 : factor) };
  });
  const total = weighed.reduce((sum, { share }) => sum + share, 0) || 1;
  return weighed
    .map((segment) => ({ ...segment, share: segment.share / total }))
    .sort((a, b) => b.share - a.share || a.segmentId - b.segmentId);
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
