import { listSegments } from '../../src/retrieve/segment-list.ts';
import type { Lines } from './metrics.ts';
import type { Repository } from './repository.ts';

/** A question to rank a repository's files for; ids are unique within a run. */
export interface Question {
  readonly id: string;
  readonly text: string;
}

/** A run of lines with its score; scores of one list are comparable across files, larger is better. */
export interface RankedSegment {
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

/** A file of a list, best first. Segments are best first too and may be missing where a system ranks files only. */
export interface RankedFile {
  readonly path: string;
  readonly score: number;
  readonly segments: readonly RankedSegment[];
}

/** Something that finds files for questions. Adding one is a file with this interface and a line in systems.ts. */
export interface System {
  readonly name: string;
  /** One list per question, by question id, best first. The signal stops it with its reason. */
  rank(repository: Repository, questions: readonly Question[], signal: AbortSignal): Promise<Map<string, RankedFile[]>>;
  /** The system's own list of lines out of its files, where it makes one; `listOf` makes it for the others. */
  readonly list?: (files: readonly RankedFile[]) => readonly Lines[];
}

/** One list of lines, as the product makes it: every file's best segment, then what is left by its score. */
export function listOf(files: readonly RankedFile[]): Lines[] {
  return listSegments(
    files.map(({ path, segments }, file) => ({
      segments: segments.map((segment) => ({ path, ...segment, segmentId: file })),
    })),
  );
}

/** All segments of a list, best first; ties by path, then line, so that the order never depends on the system. */
export function segmentsOf(files: readonly RankedFile[]): Lines[] {
  return files
    .flatMap(({ path, segments }) => segments.map((segment) => ({ path, ...segment })))
    .sort((a, b) => b.score - a.score || compare(a.path, b.path) || a.start - b.start);
}

/** Scored runs of lines grouped by file; a file's score is its best segment's. Best first, ties by path and line. */
export function group(lines: readonly Lines[], scores: ArrayLike<number>): RankedFile[] {
  const files = new Map<string, RankedSegment[]>();
  for (const [index, { path, start, end }] of lines.entries()) {
    const segments = files.get(path) ?? [];
    segments.push({ start, end, score: scores[index] ?? Number.NEGATIVE_INFINITY });
    files.set(path, segments);
  }
  return [...files]
    .map(([path, segments]) => {
      segments.sort((a, b) => b.score - a.score || a.start - b.start);
      return { path, segments, score: segments[0]?.score ?? Number.NEGATIVE_INFINITY };
    })
    .sort(bestFirst);
}

/** Higher scores first, ties by path. */
export function bestFirst(a: { score: number; path: string }, b: { score: number; path: string }): number {
  return b.score - a.score || compare(a.path, b.path);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
