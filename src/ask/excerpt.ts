import { writeKey } from '../memory/write.ts';
import { segmentHeader } from '../workspace/header.ts';
import type { Codebases } from './codebases.ts';
import type { RecalledSegment } from './recollection.ts';

/** Whole lines of one file as they stand now, on disk or unsaved in an editor; `start` and `end` are 1-based and inclusive. */
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

export interface Reread {
  /** By file, each in reading order; files with the largest share first. */
  readonly excerpts: readonly Excerpt[];
  /** Segments that no longer stand in their file as they were remembered: left out, not guessed. */
  readonly stale: number;
}

/**
 * Reads recalled segments again, best first, until `budget` tokens are full. A segment is used only if its lines
 * still hash to its write, so an answer never rests on text that has gone.
 */
export async function reread(
  codebases: Codebases,
  segments: readonly RecalledSegment[],
  budget: number,
): Promise<Reread> {
  const files = new Map<string, readonly string[] | undefined>();
  const chosen: RecalledSegment[] = [];
  let stale = 0;
  let used = 0;
  for (const segment of segments) {
    if (used + segment.tokens > budget) {
      if (chosen.length > 0) break;
    }
    if (!files.has(segment.path)) files.set(segment.path, await codebases.lines(segment.path));
    const lines = files.get(segment.path)?.slice(segment.start - 1, segment.end);
    const text = lines?.join('');
    if (text === undefined || keyOf(codebases, segment, text) !== segment.writeKey) {
      stale += 1;
      continue;
    }
    chosen.push(segment);
    used += segment.tokens;
  }
  const byPath = Map.groupBy(chosen, (segment) => segment.path);
  const excerpts = [...byPath].map(([path, own]) => merge(path, own, files.get(path) ?? []));
  excerpts.sort((a, b) => sum(b) - sum(a));
  return { excerpts: excerpts.flat(), stale };
}

const sum = (excerpts: readonly Excerpt[]) => excerpts.reduce((total, { share }) => total + share, 0);

function keyOf(codebases: Codebases, segment: RecalledSegment, text: string): string | undefined {
  const path = codebases.resolve(segment.path)?.path;
  return path && writeKey(codebases.adapterId, segmentHeader(path, { ...segment, text }), text);
}

/** Neighbouring segments of a file become one excerpt, so that a function is not read in two halves. */
function merge(path: string, segments: readonly RecalledSegment[], lines: readonly string[]): Excerpt[] {
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
