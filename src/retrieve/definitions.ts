import { terms } from '../memory/search/tokenize.ts';
import type { Scope, SegmentPlace } from '../memory/records.ts';
import { definingLines } from '../workspace/segment/definition.ts';
import { isProse } from '../workspace/files/role.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { SoughtName } from './identifiers.ts';
import type { Reader } from './reader.ts';
import { preferSources } from './prefer-sources.ts';

export const DEFINITIONS = {
  /** Segments that are looked at for a name, at most; a plain word that stands in more is too common to be one. */
  segments: { code: 400, alone: 400, capital: 60, word: 30 },
  /**
   * What the only definition of a name adds to the factor of its segment and file. Of a plain word nobody knows whether
   * it is meant as a name. Chosen on names and commits that no evaluation has (test/eval/README.md).
   */
  weight: { code: 2, alone: 1, capital: 2, word: 0.5 },
} as const;

/**
 * Segments that define a name of the question, each with what that adds to its factor: a name's weight over the number
 * of files that define it, since what is defined everywhere says nothing. Found by the words that are indexed, then
 * read in the files as the user sees them, so that nothing more is stored, and unsaved text counts.
 */
export async function findDefinitions(
  index: FolderIndex,
  reader: Reader,
  names: readonly SoughtName[],
  scope?: Scope,
): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for (const { name, kind } of names) {
    const most = DEFINITIONS.segments[kind];
    const holding = holdingName(index, name, most + 1, scope);
    if (kind !== 'code' && kind !== 'alone' && holding.length > most) continue;
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
