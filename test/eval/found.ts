import type { FolderIndex } from '../../src/index/folder-index.ts';
import type { SegmentPlace } from '../../src/memory/records.ts';
import { normalize } from '../../src/memory/search/similarity.ts';
import type { Shares } from '../../src/memory/search/similarity.ts';
import { askedTerms } from '../../src/memory/search/tokenize.ts';
import { findExact } from '../../src/retrieve/exact-match.ts';
import { projectNames } from '../../src/retrieve/project-name.ts';
import { kindOfQuestion, meantFiles } from '../../src/retrieve/question-kind.ts';
import { filesWithSegments } from '../../src/retrieve/ranked-files.ts';
import type { RankedFiles, RankingInput } from '../../src/retrieve/ranked-files.ts';
import type { Case } from './cases.ts';
import { outcomes } from './run.ts';
import type { Result } from './run.ts';
import type { RankedFile } from './system.ts';

/**
 * What a question finds in one folder before anything is weighed, as MultiFolderSearch puts it together: the same
 * question can then be ranked in several ways without asking the model again.
 *
 * @param keys vectors [d_k] of the question; the model is asked where they are left out
 */
export async function findFor(
  index: FolderIndex,
  question: string,
  keys?: readonly Float32Array[],
): Promise<RankingInput> {
  const asked = askedTerms(question);
  const words = [...new Set(asked.flatMap(({ own, english }) => [...own, ...english]))];
  const found = index.find({ keys: keys ?? [await index.engine.question(question)], words });
  const project = await projectNames(index);
  const exact = await findExact(index, question, found.segments);
  const meant = meantFiles(kindOfQuestion(question, project), index.paths());
  const confidence = { cosine: found.cosine, coverage: 1, isAimed: false };
  const embedded = { segments: index.embedded, ofSegments: index.length };
  return { ...found, known: found.list.embedded, project, exact, meant, confidence, embedded };
}

/** Every file the same share, however many segments it has: what is left when the vectors say nothing. */
export function silent({ segmentIds }: Shares, places: ReadonlyMap<number, SegmentPlace>): Shares {
  const pathOf = (id: number) => places.get(id)?.path ?? '';
  const counts = new Map([...Map.groupBy(segmentIds, pathOf)].map(([path, own]) => [path, own.length]));
  return normalize(
    segmentIds,
    segmentIds.map((id) => -Math.log(counts.get(pathOf(id)) ?? 1)),
  );
}

/** A ranking as the systems that are judged give theirs. */
export function listOfRanking(ranking: RankedFiles): RankedFile[] {
  return filesWithSegments(ranking).map(({ path, share, segments }) => ({
    path,
    score: share,
    segments: segments.map(({ start, end, score }) => ({ start, end, score })),
  }));
}

/** What each way to rank one question is worth, by the way's name. */
export function resultsOf(
  one: Case,
  repository: string,
  rankings: Iterable<readonly [system: string, RankedFiles]>,
): Result[] {
  return Array.from(rankings).flatMap(([system, ranking]) =>
    outcomes(one, listOfRanking(ranking)).map(([view, outcome]) => ({ view, outcome, id: one.id, repository, system })),
  );
}
