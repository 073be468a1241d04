import { isCounted } from '../evidence/evidence.ts';
import type { Evidence, EvidenceItem } from '../evidence/evidence.ts';
import type { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';
import type { RankedSegment } from '../retrieve/ranked-files.ts';
import type { Excerpt, PlacedLines } from './excerpt.ts';
import { overlaps } from './excerpt.ts';

const LIMITS = {
  /** Part of the budget for evidence: the ranking says what the evidence's lines mean. */
  part: 0.6,
  /** Runs of lines; each has a header of its own. */
  excerpts: 16,
  /** Lines between two items that are read with them. */
  gap: 2,
  /** Part of a segment that the evidence has to hold already, so that it is not read once more. */
  covered: 0.5,
  /** Characters of a text that is no lines of a file. */
  note: 600,
  notes: 4,
} as const;

/** What of the evidence a model reads. */
export interface ReadEvidence {
  readonly excerpts: readonly Excerpt[];
  readonly tokens: number;
  /** What is no lines of a file: the tree, commits, the count. Each with a heading. */
  readonly notes: readonly EvidenceNote[];
}

export interface EvidenceNote {
  readonly heading: string;
  readonly text: string;
  /** Of a commit, the lines that it last wrote. */
  readonly place?: PlacedLines;
}

/** Reads the lines of the evidence in its order, until its part of `budget` tokens is full. */
export async function readEvidence(
  search: MultiFolderSearch,
  evidence: Evidence,
  budget: number,
  signal?: AbortSignal,
): Promise<ReadEvidence> {
  const places = joined(evidence.items.filter(isLines).map(placeOf)).slice(0, LIMITS.excerpts);
  const excerpts: Excerpt[] = [];
  const files = new Map<string, readonly string[]>();
  let tokens = 0;
  for (const { path, start, end } of places) {
    const all = files.get(path) ?? (await search.lines(path)) ?? [];
    files.set(path, all);
    const lines = all.slice(start - 1, end);
    if (lines.length === 0) continue;
    const own = await search.engine.countHere(lines.join(''), { signal });
    if (excerpts.length > 0 && tokens + own > LIMITS.part * budget) break;
    tokens += own;
    excerpts.push({ path, start, end: start + lines.length - 1, lines, segmentIds: [], share: 0 });
  }
  return { excerpts, tokens, notes: notesOf(evidence) };
}

/** Segments of which the evidence does not hold most already. */
export function beside(segments: readonly RankedSegment[], excerpts: readonly Excerpt[]): RankedSegment[] {
  return segments.filter((segment) => {
    const held = excerpts
      .filter((excerpt) => overlaps(segment, excerpt))
      .reduce((sum, { start, end }) => sum + Math.min(end, segment.end) - Math.max(start, segment.start) + 1, 0);
    return held < LIMITS.covered * (segment.end - segment.start + 1);
  });
}

const isCommit = ({ label }: EvidenceItem): boolean => label === 'commit' || label === 'added';
const isLines = (item: EvidenceItem): boolean => !isCommit(item) && item.label !== 'tree';

function placeOf({ path, lines, context = lines }: EvidenceItem): PlacedLines {
  return { path, start: context.start, end: context.end };
}

/** Neighbors in one file as one run; a run stands where its first item stood. */
function joined(places: readonly PlacedLines[]): PlacedLines[] {
  const runs: PlacedLines[] = [];
  for (const place of places) {
    const at = runs.findIndex(
      ({ path, start, end }) =>
        path === place.path && place.start <= end + 1 + LIMITS.gap && start <= place.end + 1 + LIMITS.gap,
    );
    const run = runs[at];
    if (run === undefined) runs.push(place);
    else runs[at] = { ...run, start: Math.min(run.start, place.start), end: Math.max(run.end, place.end) };
  }
  return runs;
}

function headingOf({ label, note }: EvidenceItem): string {
  if (label === 'tree') return `Top of the tree, ${note} files`;
  return label === 'added' ? `Added by commit ${note}` : `Commit ${note}`;
}

function notesOf(evidence: Evidence): EvidenceNote[] {
  const { items, count, files, names } = evidence;
  const notes = items
    .filter((item) => !isLines(item))
    .slice(0, LIMITS.notes)
    .map((item) => ({
      heading: headingOf(item),
      text: item.text.slice(0, LIMITS.note),
      ...(isCommit(item) && { place: { path: item.path, ...item.lines } }),
    }));
  if (!isCounted(evidence)) return notes;
  const named = names > 0 && names < count ? ` with ${names} different names` : '';
  return [...notes, { heading: 'Counted in all files', text: `${count} lines in ${files} files${named}` }];
}
