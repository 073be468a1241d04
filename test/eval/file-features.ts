import type { RankingInput } from '../../src/retrieve/ranked-files.ts';
import { FILE_RANKING, wordsOfFiles } from '../../src/retrieve/ranked-files.ts';
import { roleFactor } from '../../src/retrieve/role-factor.ts';
import type { SegmentPlace } from '../../src/memory/records.ts';
import { placesOf } from '../support/places.ts';
import { roleOf } from '../../src/workspace/files/role.ts';

/** What is known of one file when a question is asked, before anything is weighed; all numbers are finite. */
export interface FileFeatures {
  readonly path: string;
  /** Logarithms of the memory's share of the whole file, and of its best segment's. */
  readonly share: number;
  readonly bestShare: number;
  /** log(1 + BM25 over the whole file and that of its best segments, summed). */
  readonly words: number;
  /** Mean of `words` over the three best other source files in its folder; 0 where it is alone. */
  readonly neighbours: number;
  /** Logarithm of the factor of what it is for; 0 where the question names that. */
  readonly role: number;
  /** Logarithm of how many segments it has: the memory's share grows with them. */
  readonly segments: number;
}

const EVIDENCE = {
  /** A share below this tells no more than that. */
  floor: 1e-6,
  /** Source files beside a file that count; one, three and all of them do alike. */
  neighbours: 3,
} as const;

type Places = ReadonlyMap<number, SegmentPlace>;

/** Everything for every file with a segment in `found`. */
export function fileFeatures(
  question: string,
  found: Pick<RankingInput, 'shares' | 'segments' | 'files'>,
  places: Places,
): FileFeatures[] {
  const files = new Map<string, number[]>();
  found.shares.segmentIds.forEach((id, at) => {
    const path = places.get(id)?.path;
    if (path !== undefined) files.set(path, [...(files.get(path) ?? []), found.shares.shares[at] ?? 0]);
  });
  const numbered = placesOf(found.shares, places);
  const words = wordsOfFiles(found, numbered);
  const said = new Map(numbered.paths.map((path, file) => [path, Math.log1p(words[file] ?? 0)]));
  const beside = bestOfFolders([...files.keys()], said);
  return [...files].map(([path, shares]) => {
    const others = (beside.get(folderOf(path)) ?? [])
      .filter((other) => other.path !== path)
      .slice(0, EVIDENCE.neighbours);
    return {
      path,
      share: logarithm(shares.reduce((sum, share) => sum + share, 0)),
      bestShare: logarithm(Math.max(...shares)),
      words: said.get(path) ?? 0,
      neighbours: others.reduce((sum, { words }) => sum + words, 0) / Math.max(1, others.length),
      role: Math.log(roleFactor(path, question)),
      segments: Math.log(shares.length),
    };
  });
}

/**
 * What the ranking in use makes of it: the logarithm of a file's weight in recollection.ts, where nothing in the file
 * is what the question says to the letter (`src/retrieve/exact-match.ts`, `named-file.ts`).
 */
export const inUse = ({ share, words, role }: FileFeatures): number => FILE_RANKING.fileWeight * share + words + role;

/** Each folder's best source files, one more than count: a file is not its own neighbour. */
function bestOfFolders(
  paths: readonly string[],
  said: ReadonlyMap<string, number>,
): Map<string, { readonly path: string; readonly words: number }[]> {
  const sources = paths
    .filter((path) => roleOf(path) === 'source')
    .map((path) => ({ path, words: said.get(path) ?? 0 }))
    .sort((a, b) => b.words - a.words);
  const folders = Map.groupBy(sources, ({ path }) => folderOf(path));
  return new Map([...folders].map(([folder, own]) => [folder, own.slice(0, EVIDENCE.neighbours + 1)]));
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

const logarithm = (share: number): number => Math.log(Math.max(share, EVIDENCE.floor));
