import { terms } from '../memory/search/tokenize.ts';
import type { Scope, SegmentPlace } from '../memory/records.ts';
import { definingLines } from '../workspace/segment/definition.ts';
import { isProse } from '../workspace/files/role.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { Named } from './identifiers.ts';
import type { Reader } from './reader.ts';
import { preferSources } from './prefer-sources.ts';

export const DEFINITIONS = {
  /** Segments that are looked at for a name; a word that stands in more is too common to be one. */
  segments: { code: 400, capital: 60, word: 30 },
  /**
   * What the only definition of a name adds to the factor of its segment and file. By words alone, hit@1 of 352
   * questions about names of koa, click, chi, jsoup, hyperfine and immer, and hit@1 / MRR of 315 commits (with
   * the_silver_searcher and zustand): nothing added 75.3, 53.7 / .670; these weights 96.3, 57.1 / .698. Before names
   * were told by "is defined" and by their capitals, for code and word: 1 and 0.5 94.0, 58.1 / .702; 2 and 0.5 94.9,
   * 56.5 / .693; 4 and 1 95.2, 56.5 / .690. Of 120 names of guice and cli, which are larger, 72.5 and 95.0. Nothing of
   * an evaluation was looked at.
   */
  weight: { code: 2, capital: 2, word: 0.5 },
} as const;

/**
 * Segments that define a name of the question, each with what that adds to its factor: a name's weight over the number
 * of files that define it, since what is defined everywhere says nothing. Found by the words that are indexed, then
 * read in the files as the user sees them, so that nothing more is stored, and unsaved text counts.
 */
export async function findDefinitions(
  index: FolderIndex,
  reader: Reader,
  names: readonly Named[],
  scope?: Scope,
): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for (const { name, kind } of names) {
    const most = DEFINITIONS.segments[kind];
    const holding = holdingName(index, name, most + 1, scope);
    if (kind !== 'code' && holding.length > most) continue;
    const readable = holding.filter(({ path }) => !isProse(path));
    const byPath = [...Map.groupBy(readable, ({ path }) => path)];
    const defining = await Promise.all(
      byPath.map(async ([path, own]) => {
        const defined = definingLines(await reader.file(path), name).map((at) => at + 1);
        return { path, places: own.filter(({ start, end }) => defined.some((line) => start <= line && line <= end)) };
      }),
    );
    const counted = preferSources(
      defining.filter(({ places }) => places.length > 0),
      ({ path }) => path,
    );
    for (const { segmentId } of counted.flatMap(({ places }) => places)) {
      found.set(segmentId, (found.get(segmentId) ?? 0) + DEFINITIONS.weight[kind] / counted.length);
    }
  }
  return found;
}

/**
 * Segments that may define a name. A name of one letter is no term of the index: of a small folder index, all are
 * looked through.
 */
function holdingName(index: FolderIndex, name: string, most: number, scope: Scope | undefined): SegmentPlace[] {
  const [term] = terms(name);
  if (term !== undefined) return index.holding(term, most, scope);
  return index.length <= most ? index.everywhere(scope) : [];
}
