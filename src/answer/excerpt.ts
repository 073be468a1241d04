import { contentHash } from '../memory/algebra/embedding-record.ts';
import { segmentHeader } from '../workspace/segment/header.ts';
import type { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';
import type { RankedSegment } from '../retrieve/ranked-files.ts';

/**
 * Whole lines of one file as they stand now, on disk or unsaved in an editor; `start` and `end` are 1-based and
 * inclusive.
 */
export interface Excerpt {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
  /** The recalled segments that it holds. */
  readonly segmentIds: readonly number[];
  /** Sum of their shares. */
  readonly share: number;
}

/** Lines of a file by its path as it is shown, 1-based and inclusive. */
export interface PlacedLines {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

export interface LoadedExcerpts {
  /** By file, each in reading order; files with the largest share first. */
  readonly excerpts: readonly Excerpt[];
  /** Segments that no longer stand in their file as they were remembered: left out, not guessed. */
  readonly stale: number;
}

/**
 * Reads recalled segments again, best first, until `budget` tokens are full. A segment is used only if its lines
 * still have its content hash, so text that has gone is never a source.
 */
export async function loadExcerpts(
  search: MultiFolderSearch,
  segments: readonly RankedSegment[],
  budget: number,
): Promise<LoadedExcerpts> {
  const { chosen, files, stale } = await unchangedSegments(search, segments, budget);
  const byPath = Map.groupBy(chosen, ({ segment }) => segment.path);
  const excerpts = [...byPath].map(([path, own]) => {
    const recalled = own.map(({ segment }) => segment);
    return merge(path, recalled, files.get(path) ?? []);
  });
  excerpts.sort((a, b) => sum(b) - sum(a));
  return { excerpts: excerpts.flat(), stale };
}

interface UnchangedSegment {
  readonly segment: RankedSegment;
  readonly header: string;
  readonly text: string;
}

/**
 * Those segments that still stand in their file as they were remembered, best first, and the lines of the files that
 * were read.
 */
async function unchangedSegments(search: MultiFolderSearch, segments: readonly RankedSegment[], budget: number) {
  const files = new Map<string, readonly string[] | undefined>();
  const chosen: UnchangedSegment[] = [];
  let stale = 0;
  let used = 0;
  for (const segment of segments) {
    if (used + segment.tokens > budget && chosen.length > 0) break;
    if (!files.has(segment.path)) files.set(segment.path, await search.lines(segment.path));
    const text = files
      .get(segment.path)
      ?.slice(segment.start - 1, segment.end)
      .join('');
    const path = search.resolve(segment.path)?.path;
    const header = text !== undefined && path !== undefined ? segmentHeader(path, { ...segment, text }) : undefined;
    if (
      text === undefined ||
      header === undefined ||
      contentHash(search.adapterId, header, text) !== segment.contentHash
    ) {
      stale += 1;
      continue;
    }
    chosen.push({ segment, header, text });
    used += segment.tokens;
  }
  return { chosen, files, stale };
}

/** Lines of a selection that are read at most: half a page of prompt, so that what the memory adds still fits. */
const SELECTED_LINES = 80;

/**
 * The lines that somebody selected, as an excerpt, with their size in tokens; undefined where the file cannot be read.
 */
export async function readSelection(
  search: MultiFolderSearch,
  { path, start, end }: PlacedLines,
  signal?: AbortSignal,
): Promise<{ readonly excerpt: Excerpt; readonly tokens: number } | undefined> {
  const all = await search.lines(path);
  const lines = all?.slice(start - 1, Math.min(end, start - 1 + SELECTED_LINES)) ?? [];
  if (lines.length === 0) return undefined;
  const tokens = await search.engine.countHere(lines.join(''), { signal });
  return { excerpt: { path, start, end: start + lines.length - 1, lines, segmentIds: [], share: 0 }, tokens };
}

/** Whether the lines `start` to `end` of an excerpt are the file's, where they were, among all of its lines now. */
export function standsIn(
  all: readonly string[],
  excerpt: Excerpt,
  { start, end }: Pick<PlacedLines, 'start' | 'end'>,
): boolean {
  const now = all.slice(start - 1, end);
  const then = excerpt.lines.slice(start - excerpt.start, end - excerpt.start + 1);
  return now.length === then.length && now.every((line, index) => line === then[index]);
}

/** Whether two runs of lines have a line in common. */
export function overlaps(one: PlacedLines, other: PlacedLines): boolean {
  return one.path === other.path && one.start <= other.end && other.start <= one.end;
}

const sum = (excerpts: readonly Excerpt[]) => excerpts.reduce((total, { share }) => total + share, 0);

/** Neighboring segments of a file become one excerpt, so that a function is not read in two halves. */
function merge(path: string, segments: readonly RankedSegment[], lines: readonly string[]): Excerpt[] {
  const merged: Excerpt[] = [];
  for (const segment of segments.toSorted((a, b) => a.start - b.start)) {
    const before = merged.at(-1);
    const own = lines.slice(segment.start - 1, segment.end);
    if (before && before.end + 1 === segment.start) {
      merged[merged.length - 1] = {
        ...before,
        end: segment.end,
        lines: [...before.lines, ...own],
        segmentIds: [...before.segmentIds, segment.segmentId],
        share: before.share + segment.share,
      };
    } else {
      const { start, end, share, segmentId } = segment;
      merged.push({ path, start, end, lines: own, segmentIds: [segmentId], share });
    }
  }
  return merged;
}
