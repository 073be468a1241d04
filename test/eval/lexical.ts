import { Bm25 } from './bm25.ts';
import type { Lines } from './metrics.ts';
import type { Repository } from './repository.ts';
import { bestFirst, group, type Question, type RankedFile, type System } from './system.ts';
import { terms } from './words.ts';

/**
 * How the floor is built. Of whole files, 20, 40, 60 or 80 lines, best or sum of the best three, these were the best on
 * bat, cobra and retrofit, and stayed so on the others (README.md has the numbers).
 */
const cut = {
  /** Lines of a segment. */
  lines: 20,
  /** A file's score is the sum of its best segments': one lucky segment says less than three. */
  best: 3,
} as const;

interface Segment extends Lines {
  readonly text: string;
}

/** BM25 over segments of files: the floor that anything that learns must beat. */
export class Lexical implements System {
  readonly name = 'bm25';

  rank(repository: Repository, questions: readonly Question[]): Promise<Map<string, RankedFile[]>> {
    const segments = repository.files.flatMap(({ path, text }) => cutLines(path, text, cut.lines));
    const score = scorer(segments);
    const list = (text: string) => sumBest(group(segments, score(text))).filter((file) => file.score > 0);
    return Promise.resolve(new Map(questions.map(({ id, text }) => [id, list(text)])));
  }
}

/** BM25 over segments, each with the words of its path; gives one score per segment for a question. */
export function scorer(segments: readonly Segment[]): (question: string) => Float64Array {
  const index = new Bm25(segments.map(({ path, text }) => [...terms(path), ...terms(text)]));
  return (question) => index.scores(terms(question));
}

/** The files again, ranked by the sum of their best segments' scores. */
export function sumBest(files: readonly RankedFile[]): RankedFile[] {
  return files
    .map((file) => ({ ...file, score: file.segments.slice(0, cut.best).reduce((sum, { score }) => sum + score, 0) }))
    .sort(bestFirst);
}

/** A file's text in runs of `count` lines, numbered from 1. */
export function cutLines(path: string, text: string, count: number): Segment[] {
  const lines = text.split('\n');
  return Array.from({ length: Math.ceil(lines.length / count) }, (_, index) => {
    const start = index * count;
    const end = Math.min(start + count, lines.length);
    return { path, start: start + 1, end, text: lines.slice(start, end).join('\n') };
  });
}
