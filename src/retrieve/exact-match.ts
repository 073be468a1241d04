import type { LexicalHit } from '../memory/search/fusion.ts';
import type { Scope } from '../memory/records.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import { findDefinitions } from './definitions.ts';
import { soughtNames } from './identifiers.ts';
import { findPhrases, PHRASES } from './phrase-match.ts';
import { Reader } from './reader.ts';

/**
 * What the question says to the letter, told by reading the files: which segments define a name of it, and which say
 * its very words in a row. Each segment with what that adds to its factor.
 *
 * @param hits what the search for the question's words found
 */
export async function findExact(
  index: FolderIndex,
  question: string,
  hits: readonly LexicalHit[],
  scope?: Scope,
): Promise<Map<number, number>> {
  const reader = new Reader(index);
  const added = await findDefinitions(index, reader, soughtNames(question), scope);
  const nearest = hits.toSorted((a, b) => b.bm25 - a.bm25).slice(0, PHRASES.segments);
  const places = nearest.flatMap(({ segmentId }) => index.place(segmentId) ?? []);
  for (const [id, by] of await findPhrases(reader, question, places)) added.set(id, (added.get(id) ?? 0) + by);
  return added;
}
