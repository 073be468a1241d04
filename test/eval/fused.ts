import { reciprocalRanks, standardMean } from './fusion.ts';
import { Lexical, scorer } from './lexical.ts';
import type { Repository } from './repository.ts';
import type { Semantic } from './semantic.ts';
import { bestFirst, group, type Question, type RankedFile, type System } from './system.ts';

/**
 * MiniLM and BM25 together: files by the reciprocal ranks of the two systems' lists, segments by the standardised
 * cosine and BM25 of the same chunks. README.md says what else was tried.
 */
export class Fused implements System {
  readonly name = 'minilm+bm25';
  readonly #semantic: Semantic;

  constructor(semantic: Semantic) {
    this.#semantic = semantic;
  }

  async rank(repository: Repository, questions: readonly Question[], signal: AbortSignal) {
    const { lines, cosines } = await this.#semantic.compare(repository, questions, signal);
    const lexical = await new Lexical().rank(repository, questions);
    const texts = new Map(repository.files.map(({ path, text }) => [path, text.split('\n')]));
    const bm25 = scorer(
      lines.map((chunk) => ({
        ...chunk,
        text: (texts.get(chunk.path) ?? []).slice(chunk.start - 1, chunk.end).join('\n'),
      })),
    );
    const lists = new Map<string, RankedFile[]>();
    for (const { id, text } of questions) {
      const near = cosines.get(id) ?? [];
      const segments = new Map(group(lines, standardMean(near, bm25(text))).map((file) => [file.path, file.segments]));
      const files = reciprocalRanks([paths(lexical.get(id) ?? []), paths(group(lines, near))]);
      const list = [...files].map(([path, score]) => ({ path, score, segments: segments.get(path) ?? [] }));
      lists.set(id, list.sort(bestFirst));
    }
    return lists;
  }
}

function paths(list: readonly RankedFile[]): string[] {
  return list.map(({ path }) => path);
}
