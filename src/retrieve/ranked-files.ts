import type { FileHit } from '../memory/search/file-search.ts';
import type { LexicalHit, Ranked } from '../memory/search/fusion.ts';
import { fuse, RANKING } from '../memory/search/fusion.ts';
import { orderFreeSum } from '../memory/search/similarity.ts';
import type { Shares } from '../memory/search/similarity.ts';
import type { SegmentPlace } from '../memory/records.ts';
import { fileShares } from './missing-vectors.ts';
import type { Embedded } from './missing-vectors.ts';
import { namedFiles } from './named-file.ts';
import type { NamedFile } from './named-file.ts';
import { roleFactor } from './role-factor.ts';
import { matchStems, STEM_MATCH } from './stem-match.ts';

/** What decides the order: the memory, the words, or both. */
export type RecallBy = 'fused' | 'memory' | 'lexical';

/** Lines of a ranked file, 1-based and inclusive. */
export interface RankedLines {
  readonly start: number;
  readonly end: number;
  /** Of a notebook, where that is in its cells: `cell 3:1-2`. */
  readonly cells?: string | undefined;
  /** Part of the whole ranking that these lines own, 0..1. */
  readonly share: number;
}

/** A file that a question brings back, from the ranking to the page and the terminal. */
export interface RankedFile {
  /** As it is shown: with the folder's name first where there are several. */
  readonly path: string;
  /** Part of the whole ranking that this file owns, 0..1; all files own 1 together. */
  readonly share: number;
  /** Best first. */
  readonly lines: readonly RankedLines[];
}

/** A ranked file's segment: lines that an answer may be made of. */
export interface RankedSegment extends SegmentPlace, RankedLines {
  /** Its own share times its file's: what makes it worth reading. Of one ranking only, without a unit. */
  readonly score: number;
}

/** What a question brought back, best first. */
export interface RankedFiles {
  readonly by: RecallBy;
  readonly files: readonly RankedFile[];
  /**
   * Segments worth reading, best first by their scores: by shares, the only segment of a file would own its file's
   * whole share, however little it says.
   */
  readonly segments: readonly RankedSegment[];
  /** How near the question comes to what is remembered. */
  readonly confidence: Confidence;
  /** What of the folders had vectors. */
  readonly embedded: Embedded;
}

interface Confidence {
  /** Largest cosine between the question and a segment embedding, -1..1. */
  readonly cosine: number;
  /** Part of the question's content words that stand anywhere in the files, 0..1. */
  readonly coverage: number;
  /**
   * Whether the question names a file, or asks what some file is there to say: then it is about these, whatever its
   * words.
   */
  readonly isAimed: boolean;
}

/** What the two searches found for one question. */
export interface RankingInput {
  /** Exact shares of the memory's read, over all segments. */
  readonly shares: Shares;
  readonly segments: readonly LexicalHit[];
  readonly files: readonly FileHit[];
  /** Segments that define what the question names or say its very words, and what that adds to their factor. */
  readonly exact: ReadonlyMap<number, number>;
  /** Files that are there to answer a question of this kind, by path. */
  readonly meant: ReadonlyMap<string, NamedFile>;
  /** What the project is called, in small letters. */
  readonly project: ReadonlySet<string>;
  readonly confidence: Confidence;
  /** Segments that have no vectors yet. */
  readonly notEmbedded: ReadonlySet<number>;
  readonly embedded: Embedded;
}

export const FILE_RANKING = {
  /** Files of a ranking. */
  files: 50,
  /** Segments of one file that are listed. */
  segmentsOfFile: 20,
  /**
   * Weight of log p beside log(1 + words) between files: words lead, and shares decide between files that say them
   * alike. What it and the other constants of the ranking were chosen by: test/eval/README.md.
   */
  fileWeight: 0.12,
  /**
   * A file's words count twice, over the whole file and in its best segments, this many, summed: a large file has all
   * words somewhere, and one that answers has them close together.
   */
  bestSegments: 3,
} as const;

type Locate = (ids: readonly number[]) => ReadonlyMap<number, SegmentPlace>;

/**
 * Ranks files, and the segments inside each. Between files, the memory's share of the whole file counts, the words of
 * the file and of its best segments, and whether it is named, defines what is named or says the question's very words;
 * inside a file, the same of its segments. A segment owns its file's share times its share of the file.
 */
export function rankFiles(question: string, by: RecallBy, found: RankingInput, locate: Locate): RankedFiles {
  const places = locate(Array.from(found.shares.segmentIds));
  const paths = new Set([...places.values()].map(({ path }) => path));
  const spoken = by === 'fused' ? namedFiles(question, paths, found.project) : new Map<string, NamedFile>();
  const named = by === 'fused' ? new Map([...found.meant, ...spoken]) : spoken;
  const inside = insideFiles(by, found, places, named);
  const between = betweenFiles(question, by, found, places, named);
  const ranked = between.slice(0, FILE_RANKING.files).map(({ path, share }) => {
    const own = inside.get(path) ?? [];
    const total = own.reduce((sum, segment) => sum + segment.share, 0) || 1;
    const segments = own.slice(0, FILE_RANKING.segmentsOfFile).map((segment) => ({
      ...segment,
      share: (share * segment.share) / total,
      score: share * segment.share,
    }));
    return { path, share, segments };
  });
  const files = ranked.map(({ path, share, segments: own }) => ({ path, share, lines: own.map(linesOf) }));
  const segments = ranked.flatMap((file) => file.segments);
  const isNamed = (segment: RankedSegment) => holdsNamedLine(segment, named);
  segments.sort((a, b) => Number(isNamed(b)) - Number(isNamed(a)) || b.score - a.score || a.segmentId - b.segmentId);
  const isAimed = found.confidence.isAimed || spoken.size > 0;
  const confidence = { ...found.confidence, isAimed };
  return { by, files, segments, confidence, embedded: found.embedded };
}

const linesOf = ({ start, end, share }: RankedSegment): RankedLines => ({ start, end, share });

/** The ranked files, each with its segments, best first. */
export function filesWithSegments({ files, segments }: Pick<RankedFiles, 'files' | 'segments'>) {
  const byPath = Map.groupBy(segments, ({ path }) => path);
  return files.map(({ path, share }) => ({ path, share, segments: byPath.get(path) ?? [] }));
}

/** Nothing came back: the question has no word. */
export function rankNothing(by: RecallBy): RankedFiles {
  const confidence = { cosine: -1, coverage: 0, isAimed: false };
  const embedded = { segments: 0, ofSegments: 0 };
  return { by, files: [], segments: [], confidence, embedded };
}

/** A segment with its share of the segments' own ranking, which knows nothing of files. */
type Inside = SegmentPlace & { readonly share: number };

function holdsNamedLine({ path, start, end }: SegmentPlace, named: ReadonlyMap<string, NamedFile>): boolean {
  return named.get(path)?.lines.some((lines) => lines.start <= end && start <= lines.end) === true;
}

/** Every file's segments, best first. */
function insideFiles(
  by: RecallBy,
  { shares, segments, exact }: RankingInput,
  places: ReadonlyMap<number, SegmentPlace>,
  named: ReadonlyMap<string, NamedFile>,
): Map<string, Inside[]> {
  const count = shares.segmentIds.length;
  const ranked: readonly Pick<Ranked, 'segmentId' | 'share'>[] =
    by === 'lexical'
      ? segments.map(({ segmentId, bm25 }) => ({ segmentId, share: bm25 }))
      : fuse(shares, by === 'memory' ? [] : segments, by === 'memory' ? 1 : RANKING.weight, count);
  const files = new Map<string, Inside[]>();
  for (const { segmentId, share } of ranked) {
    const place = places.get(segmentId);
    if (!place) continue;
    const factor = by === 'fused' ? 1 + (exact.get(segmentId) ?? 0) : 1;
    const segment = { ...place, share: share * factor };
    const own = files.get(place.path);
    if (own) own.push(segment);
    else files.set(place.path, [segment]);
  }
  for (const [path, own] of files) {
    const most = own.reduce((largest, { share }) => Math.max(largest, share), 0);
    // A line that is named is what is asked about: no words elsewhere in its file come before it.
    const aimed = own.map((one) => (holdsNamedLine(one, named) ? { ...one, share: one.share + most } : one));
    files.set(
      path,
      aimed.sort((a, b) => b.share - a.share || a.segmentId - b.segmentId),
    );
  }
  return files;
}

/** BM25 over each whole file, and that of its best segments. */
export function wordsOfFiles(
  { files, segments }: Pick<RankingInput, 'files' | 'segments'>,
  places: ReadonlyMap<number, SegmentPlace>,
): Map<string, number> {
  const words = new Map(files.map(({ path, bm25 }) => [path, bm25]));
  const counted = new Map<string, number>();
  for (const { segmentId, bm25 } of segments.toSorted((a, b) => b.bm25 - a.bm25)) {
    const path = places.get(segmentId)?.path;
    const count = path === undefined ? Infinity : (counted.get(path) ?? 0);
    if (path === undefined || count >= FILE_RANKING.bestSegments) continue;
    counted.set(path, count + 1);
    words.set(path, (words.get(path) ?? 0) + bm25);
  }
  return words;
}

function betweenFiles(
  question: string,
  by: RecallBy,
  found: RankingInput,
  places: ReadonlyMap<number, SegmentPlace>,
  named: ReadonlyMap<string, NamedFile>,
): { path: string; share: number }[] {
  const recalled = fileShares(found.shares, (id) => places.get(id)?.path, found.notEmbedded);
  const words = wordsOfFiles(found, places);
  const exact = new Map<string, number>();
  for (const [id, added] of found.exact) {
    const path = places.get(id)?.path;
    if (path !== undefined) exact.set(path, Math.max(exact.get(path) ?? 0, added));
  }
  const called = by === 'fused' ? matchStems(question, recalled.keys(), found.project) : new Set<string>();
  const weight = (path: string, share: number): number => {
    const bm25 = words.get(path) ?? 0;
    if (by === 'memory') return share;
    if (by === 'lexical') return bm25;
    const aimed = named.get(path)?.added ?? 0;
    const wanted = 1 + (exact.get(path) ?? 0) + aimed;
    const role = aimed > 0 ? 1 : roleFactor(path, question);
    const topic = called.has(path) ? 1 + STEM_MATCH.weight : 1;
    return share ** FILE_RANKING.fileWeight * (1 + bm25) * wanted * role * topic;
  };
  const files = [...recalled].map(([path, share]) => ({ path, share: weight(path, share) }));
  const total = orderFreeSum(files.map(({ share }) => share)) || 1;
  return files
    .map(({ path, share }) => ({ path, share: share / total }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share || (a.path < b.path ? -1 : 1));
}
