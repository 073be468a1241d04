import type { RankedFile, RankedLines } from '../../retrieve/ranked-files.ts';
import { othersShare, percents } from '../../chat/share.ts';

/** An edit as the editor reports it: lines 0-based, `end` the last line that it touches, before the edit. */
export interface LineChange {
  readonly start: number;
  readonly end: number;
  /** Lines that stand there afterwards. */
  readonly lines: number;
}

/** How strongly lines are marked, strongest first: the least share that each takes. */
export const strengths = [
  { name: 'strong', least: 0.2 },
  { name: 'medium', least: 0.05 },
  { name: 'faint', least: 0 },
] as const;

export type Strength = (typeof strengths)[number]['name'];

export function strength(share: number): Strength {
  return strengths.find(({ least }) => share >= least)?.name ?? 'faint';
}

/**
 * The files with the shares that the chat writes: whole percents that add up, so that a badge of 77 never stands beside
 * a 78. The lines of a file share its percents in the same way. A share that rounds to nothing stays as it is, to be
 * told from none.
 */
export function inWholePercents(files: readonly RankedFile[]): RankedFile[] {
  const whole = percents([...files.map(({ share }) => share), othersShare(files)]);
  return files.map((file, at) => {
    const share = written(whole[at], file.share);
    const scale = file.share > 0 ? share / file.share : 1;
    const parts = percents(file.lines.map((run) => run.share * scale));
    return { ...file, share, lines: file.lines.map((run, row) => ({ ...run, share: written(parts[row], run.share) })) };
  });
}

const written = (percent: number | undefined, share: number): number => (percent ? percent / 100 : share);

/**
 * The lines of ranked files by path as it is shown; lines that were ranked twice count once, with both shares.
 */
export function recalledLines(files: readonly RankedFile[]): Map<string, RankedLines[]> {
  return new Map(files.map(({ path, lines }) => [path, joined(lines)]));
}

/** Runs in order, those that overlap made one. */
function joined(lines: readonly RankedLines[]): RankedLines[] {
  const runs: RankedLines[] = [];
  for (const run of [...lines].sort((a, b) => a.start - b.start)) {
    const last = runs.at(-1);
    if (last && run.start <= last.end) {
      runs[runs.length - 1] = { start: last.start, end: Math.max(last.end, run.end), share: last.share + run.share };
    } else runs.push({ ...run });
  }
  return runs;
}

/**
 * The runs after an edit: those that it touches are gone, since they are no longer what was recalled; those below move.
 */
export function edited(runs: readonly RankedLines[], change: LineChange): RankedLines[] {
  const [first, last] = [change.start + 1, change.end + 1];
  const moved = change.lines - (last - first + 1);
  return runs.flatMap((run) => {
    if (run.end < first) return [run];
    if (run.start > last) return [{ ...run, start: run.start + moved, end: run.end + moved }];
    return [];
  });
}
