import { bestOf } from '../common/best-of.ts';
import type { LexicalHit } from '../memory/search/fusion.ts';
import { fuse, RANKING } from '../memory/search/fusion.ts';
import { orderFreeSum } from '../memory/search/similarity.ts';
import type { Shares } from '../memory/search/similarity.ts';
import type { FileHit } from '../memory/search/word-search.ts';
import type { SegmentPlace } from '../memory/records.ts';
import { fileShares } from './missing-vectors.ts';
import type { Embedded } from './missing-vectors.ts';
import { namedFiles } from './named-file.ts';
import type { NamedFile } from './named-file.ts';
import { perList } from './per-list.ts';
import { roleFactors } from './role-factor.ts';
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
  /** How many segments of the shares, the first ones, have vectors. */
  readonly known: number;
  readonly embedded: Embedded;
}

/** Where the segments of the shares lie. Files are numbered by their place in `paths`, and each has a segment. */
export interface Places {
  readonly paths: readonly string[];
  /** The file of each segment, in the order of the shares. */
  readonly fileOf: Int32Array;
  /** A segment by its id, unsaved ones included. */
  readonly place: (segmentId: number) => SegmentPlace | undefined;
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

/**
 * Ranks files, and the segments inside each. Between files, the memory's share of the whole file counts, the words of
 * the file and of its best segments, and whether it is named, defines what is named or says the question's very words;
 * inside a file, the same of its segments. A segment owns its file's share times its share of the file.
 */
export function rankFiles(question: string, by: RecallBy, found: RankingInput, places: Places): RankedFiles {
  const spoken = by === 'fused' ? namedFiles(question, places.paths, found.project) : new Map<string, NamedFile>();
  const named = by === 'fused' ? new Map([...found.meant, ...spoken]) : spoken;
  const between = betweenFiles(question, by, found, places, named);
  const inside = insideFiles(by, found, places, named, new Set(between.map(({ file }) => file)));
  const ranked = between.map(({ file, path, share }) => {
    const own = inside.get(file) ?? [];
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

/** The segments of some files, best first, by the file. */
function insideFiles(
  by: RecallBy,
  { shares, segments, exact }: RankingInput,
  { fileOf, paths, place }: Places,
  named: ReadonlyMap<string, NamedFile>,
  files: ReadonlySet<number>,
): Map<number, Inside[]> {
  const found = new Map<number, Inside[]>([...files].map((file) => [file, []]));
  const add = (file: number | undefined, segmentId: number, share: number) => {
    const own = file === undefined ? undefined : found.get(file);
    const where = own && place(segmentId);
    if (where === undefined) return;
    const factor = by === 'fused' ? 1 + (exact.get(segmentId) ?? 0) : 1;
    own?.push({ ...where, share: share * factor });
  };
  if (by === 'lexical') {
    const numbers = numbersOf(paths);
    for (const { segmentId, bm25 } of segments) add(numbers.get(place(segmentId)?.path ?? ''), segmentId, bm25);
  } else {
    const isRanked = paths.map((_, file) => files.has(file));
    const rows: number[] = [];
    for (let row = 0; row < fileOf.length; row++) if (isRanked[fileOf[row] ?? 0] === true) rows.push(row);
    const fused = by === 'memory' ? fuse(shares, [], 1, rows) : fuse(shares, segments, RANKING.weight, rows);
    for (const [at, row] of rows.entries()) add(fileOf[row], shares.segmentIds[row] ?? 0, fused[at] ?? 0);
  }
  for (const [file, own] of found) {
    const most = own.reduce((largest, { share }) => Math.max(largest, share), 0);
    // A line that is named is what is asked about: no words elsewhere in its file come before it.
    const aimed = own.map((one) => (holdsNamedLine(one, named) ? { ...one, share: one.share + most } : one));
    found.set(
      file,
      aimed.sort((a, b) => b.share - a.share || a.segmentId - b.segmentId),
    );
  }
  return found;
}

/** The number of each path. */
const numbersOf = perList((paths) => new Map(paths.map((path, number) => [path, number])));

/** BM25 over each whole file, and that of its best segments, by the file; 0 where no word stands. */
export function wordsOfFiles(
  { files, segments }: Pick<RankingInput, 'files' | 'segments'>,
  { paths, place }: Pick<Places, 'paths' | 'place'>,
): Float64Array {
  const numbers = numbersOf(paths);
  const words = new Float64Array(paths.length);
  for (const { path, bm25 } of files) {
    const file = numbers.get(path);
    if (file !== undefined) words[file] = bm25;
  }
  const counted = new Map<number, number>();
  for (const { segmentId, bm25 } of segments.toSorted((a, b) => b.bm25 - a.bm25)) {
    const file = numbers.get(place(segmentId)?.path ?? '');
    const count = file === undefined ? Infinity : (counted.get(file) ?? 0);
    if (file === undefined || count >= FILE_RANKING.bestSegments) continue;
    counted.set(file, count + 1);
    words[file] = (words[file] ?? 0) + bm25;
  }
  return words;
}

/** The best files and the part of the whole ranking that each owns. */
function betweenFiles(
  question: string,
  by: RecallBy,
  found: RankingInput,
  places: Places,
  named: ReadonlyMap<string, NamedFile>,
): { file: number; path: string; share: number }[] {
  const { paths, fileOf } = places;
  const weights = fileShares(found.shares, fileOf, paths.length, found.known);
  const words = wordsOfFiles(found, places);
  if (by === 'lexical') weights.set(words);
  if (by === 'fused') {
    const numbers = numbersOf(paths);
    const exact = new Map<number, number>();
    for (const [id, added] of found.exact) {
      const file = numbers.get(places.place(id)?.path ?? '');
      if (file !== undefined) exact.set(file, Math.max(exact.get(file) ?? 0, added));
    }
    const numbered = [...named].flatMap(([path, { added }]) => {
      const file = numbers.get(path);
      return file === undefined ? [] : [[file, added] as const];
    });
    const aimedAt = new Map(numbered);
    const called = matchStems(question, paths, found.project);
    const roles = roleFactors(paths, question);
    weights.forEach((share, file) => {
      const aimed = aimedAt.get(file) ?? 0;
      const wanted = 1 + (exact.get(file) ?? 0) + aimed;
      const role = aimed > 0 ? 1 : (roles[file] ?? 1);
      const topic = 1 + STEM_MATCH.weight * (called.get(paths[file] ?? '') ?? 0);
      weights[file] = share ** FILE_RANKING.fileWeight * (1 + (words[file] ?? 0)) * wanted * role * topic;
    });
  }
  const total = orderFreeSum(weights) || 1;
  const shares = weights.map((weight) => weight / total);
  const order = (a: number, b: number) =>
    (shares[b] ?? 0) - (shares[a] ?? 0) || ((paths[a] ?? '') < (paths[b] ?? '') ? -1 : 1);
  return bestOf(shares.keys(), FILE_RANKING.files, order).flatMap((file) => {
    const [path, share = 0] = [paths[file], shares[file]];
    return path !== undefined && share > 0 ? [{ file, path, share }] : [];
  });
}
