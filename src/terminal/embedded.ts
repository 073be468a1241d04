import type { Embedded } from '../retrieve/missing-vectors.ts';
import { exactPercent } from '../common/number-format.ts';

/** What stands beside a list by the words of so many percent of the files, which another list replaces. */
export const byWords = (percent: number): string =>
  percent < 100
    ? `by the words of ${Math.floor(percent)}% of the files; indexing goes on…`
    : 'by words; ranking again by meaning…';

/** What an answer says where not every segment had vectors for it. */
export function notEmbedded({ segments, ofSegments }: Embedded): string[] {
  if (segments >= ofSegments) return [];
  const share = exactPercent(segments / ofSegments);
  return [`${share} of the segments are embedded; the others were ranked by their words. --complete embeds all first.`];
}

export const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : 1000 * seconds;
