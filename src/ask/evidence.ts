import { terms } from '../memory/lexicon.ts';
import type { SegmentPlace } from '../memory/records.ts';
import { roleOf } from '../workspace/role.ts';
import type { Found } from './recollection.ts';
import { ROLES } from './role-factor.ts';

/** What is known of one file when a question is asked, before anything is weighed. */
export interface FileEvidence {
  readonly path: string;
  /** The memory's share of the whole file, 0..1, and that of its best segment. */
  readonly share: number;
  readonly bestShare: number;
  /** BM25 over the whole file, and that of its best segments, one and three, summed. */
  readonly words: number;
  readonly bestWords: number;
  readonly bestThreeWords: number;
  /** The part of the question's words, by their rarity, that stand in the file, 0..1. */
  readonly coverage: number;
  /** The part of the words in the file's own name that the question says, 0..1, and the same for the folders above it. */
  readonly named: number;
  readonly folderNamed: number;
  readonly segments: number;
  /** What part of all segments has the same ending: the language that the repository is written in, 0..1. */
  readonly language: number;
  /** Folders above it. */
  readonly depth: number;
}

/** Segments of a file whose words are added up. */
const BEST = 3;

/** Everything that decides between files, for every file with a segment in `found`. `words` are the question's terms. */
export function fileEvidence(
  words: readonly string[],
  found: Pick<Found, 'shares' | 'segments' | 'files'>,
  places: ReadonlyMap<number, SegmentPlace>,
): FileEvidence[] {
  const files = new Map<string, { share: number; bestShare: number; segments: number }>();
  found.shares.segmentIds.forEach((id, at) => {
    const path = places.get(id)?.path;
    if (path === undefined) return;
    const file = files.get(path) ?? { share: 0, bestShare: 0, segments: 0 };
    const share = found.shares.shares[at] ?? 0;
    file.share += share;
    file.bestShare = Math.max(file.bestShare, share);
    file.segments += 1;
    files.set(path, file);
  });
  const whole = new Map(found.files.map((hit) => [hit.path, hit]));
  const best = bestWords(found, places);
  const asked = new Set(words);
  const languages = new Map<string, number>();
  let all = 0;
  for (const [path, { segments }] of files) {
    languages.set(ending(path), (languages.get(ending(path)) ?? 0) + segments);
    all += segments;
  }
  return [...files].map(([path, file]) => {
    const folders = path.split('/');
    const name = folders.pop() ?? '';
    const scores = best.get(path) ?? [];
    return {
      path,
      ...file,
      words: whole.get(path)?.bm25 ?? 0,
      coverage: whole.get(path)?.coverage ?? 0,
      bestWords: scores[0] ?? 0,
      bestThreeWords: scores.reduce((sum, score) => sum + score, 0),
      named: part(terms(stem(name)), asked),
      folderNamed: part(terms(folders.join('/')), asked),
      language: (languages.get(ending(path)) ?? 0) / all,
      depth: folders.length,
    };
  });
}

/** The features that the fusion weighs, in the order of its weights; each is finite. `question` is the text as asked. */
export function features(file: FileEvidence, question: string): number[] {
  const role = roleOf(file.path);
  // A role that the question names counts as source.
  const is = (other: typeof role) => (role === other && !ROLES[other].named.test(question) ? 1 : 0);
  return [
    Math.log(Math.max(file.share, FLOOR)),
    Math.log(Math.max(file.bestShare, FLOOR)),
    Math.log1p(file.words + file.bestThreeWords),
    Math.log1p(file.words),
    Math.log1p(file.bestWords),
    file.coverage,
    file.named,
    file.named === 1 ? 1 : 0,
    file.folderNamed,
    Math.log(file.segments),
    Math.log(file.language),
    Math.log1p(file.depth),
    is('configuration'),
    is('example'),
    is('documentation'),
    is('test'),
    is('changelog'),
  ];
}

/** Names of the features, in their order. */
export const FEATURES = [
  ...['share', 'bestShare', 'allWords', 'words', 'bestWords', 'coverage', 'named', 'namedWhole', 'folderNamed'],
  ...['segments', 'language', 'depth', 'configuration', 'example', 'documentation', 'test', 'changelog'],
] as const;

/** A share below this tells no more than that. */
const FLOOR = 1e-6;

function bestWords(
  { segments }: Pick<Found, 'segments'>,
  places: ReadonlyMap<number, SegmentPlace>,
): Map<string, number[]> {
  const best = new Map<string, number[]>();
  for (const { segmentId, bm25 } of segments.toSorted((a, b) => b.bm25 - a.bm25)) {
    const path = places.get(segmentId)?.path;
    if (path === undefined) continue;
    const scores = best.get(path) ?? [];
    if (scores.length < BEST) best.set(path, [...scores, bm25]);
  }
  return best;
}

function part(own: readonly string[], asked: ReadonlySet<string>): number {
  return own.length === 0 ? 0 : own.filter((word) => asked.has(word)).length / own.length;
}

function stem(name: string): string {
  const dot = name.indexOf('.', 1);
  return dot < 0 ? name : name.slice(0, dot);
}

function ending(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 1 ? '' : name.slice(dot);
}
