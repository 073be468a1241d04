import { questionTerms, terms } from '../memory/search/tokenize.ts';
import { bestWindow } from '../retrieve/best-window.ts';
import type { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';
import { standsIn } from './excerpt.ts';
import type { Excerpt } from './excerpt.ts';
import type { Sentence } from './sentence.ts';

/** Lines of a file that are the source of a sentence. They stood there, word for word, when this was made. */
export interface Citation {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** Of a notebook, where that is in its cells: `cell 3:1-2`. */
  readonly cells?: string | undefined;
  /** 0..1: the part of the sentence's content words that these lines hold. */
  readonly overlap: number;
}

/** A sentence with its source, or the reason why it has none. */
export type Attributed = (
  | { readonly kind: 'supported'; readonly sentence: Sentence; readonly citation: Citation }
  | { readonly kind: 'unsupported'; readonly sentence: Sentence; readonly reason: string }
) & {
  /** Names that stand in no file; left out where there are none. */
  readonly unknown?: readonly string[] | undefined;
};

const CITATION = {
  /** Lines that a citation spans at most: what fits one look. */
  window: 8,
  /** Each further line must add this much weight, so that a citation is as short as it can be. */
  perLine: 0.15,
  /** Distinct words of the sentence that the lines must hold. */
  words: 2,
  /** Part of the weight of the sentence's words that the lines must hold. */
  overlap: 0.25,
  /** Weight of a word that stands in none of the files and is no name, beside one that does. */
  everyday: 0.2,
  /** Weight of the logarithm of the recall share beside that of the words. */
  recall: 0.25,
} as const;

/** Attributes sentences to the lines of the excerpts that an answer was written from. */
export class Attribution {
  readonly #excerpts: readonly Excerpt[];
  readonly #lineTerms: readonly (readonly ReadonlySet<string>[])[];
  readonly #frequency = new Map<string, number>();
  readonly #lines: number;

  constructor(excerpts: readonly Excerpt[]) {
    this.#excerpts = excerpts;
    this.#lineTerms = excerpts.map(({ lines }) => lines.map((line) => new Set(terms(line))));
    const all = this.#lineTerms.flat();
    this.#lines = all.length;
    for (const line of all) {
      for (const term of line) this.#frequency.set(term, (this.#frequency.get(term) ?? 0) + 1);
    }
  }

  /**
   * The source of a sentence: the short run of lines that holds most of its content words, in the excerpt
   * that words and embeddings together point to. `shares` gives each excerpt's part of the ranking for this sentence;
   * of lines that somebody selected the ranking says nothing, so there they count as much as the best of the others.
   */
  attribute(sentence: Sentence, shares: readonly (number | undefined)[] | undefined): Attributed {
    const wanted = questionTerms(sentence.text);
    const named = new Set(
      [...sentence.text.matchAll(/`([^`]+)`|\w+[._(]\w*|[a-z]+[A-Z]\w*/g)].flatMap(([name]) => terms(name)),
    );
    // An everyday word that stands nowhere in the files is the answer's own; a name that stands nowhere is made up.
    const strength = (term: string) => (this.#frequency.has(term) || named.has(term) ? 1 : CITATION.everyday);
    const total = wanted.reduce((sum, term) => sum + strength(term) * this.#weight(term), 0);
    const greatest = Math.max(0, ...(shares ?? []).filter((share) => share !== undefined)) || 1;
    const weights = new Map(wanted.map((term) => [term, this.#weight(term)]));
    let best: { at: number; window: NonNullable<ReturnType<typeof bestWindow>>; score: number } | undefined;
    for (const [at, lines] of this.#lineTerms.entries()) {
      const window = bestWindow(lines, weights, { longest: CITATION.window, perLine: CITATION.perLine });
      if (!window) continue;
      const recalled = CITATION.recall * Math.log(Math.max(1e-6, shares?.[at] ?? greatest));
      const score = Math.log(window.weight) + recalled;
      if (!best || score > best.score) best = { at, window, score };
    }
    const excerpt = best ? this.#excerpts[best.at] : undefined;
    if (!best || !excerpt) return unsupported(sentence, 'None of its words stand in the files that were read.');
    const { window } = best;
    const overlap = total > 0 ? Math.min(1, window.weight / total) : 0;
    if (window.words < CITATION.words || overlap < CITATION.overlap) {
      return unsupported(sentence, 'Too few of its words stand together in the files that were read.');
    }
    const start = excerpt.start + window.start;
    const citation = { path: excerpt.path, start, end: excerpt.start + window.end, overlap };
    return { kind: 'supported', sentence, citation };
  }

  /** A word in few lines tells much, one in every line nothing (inverse document frequency, Spärck Jones 1972). */
  #weight(term: string): number {
    return Math.log(1 + this.#lines / (1 + (this.#frequency.get(term) ?? 0)));
  }
}

/** Whether the cited lines still stand as they were read: on disk, or in the editor where they are not saved. */
export async function stillMatchesDisk(
  search: MultiFolderSearch,
  citation: Citation,
  excerpts: readonly Excerpt[],
): Promise<boolean> {
  const excerpt = excerpts.find(
    ({ path, start, end }) => path === citation.path && start <= citation.start && citation.end <= end,
  );
  const lines = await search.lines(citation.path);
  return excerpt !== undefined && lines !== undefined && standsIn(lines, excerpt, citation);
}

/** `path:12`, `path:12-15`; in a notebook `path:cell 3:1-2`. */
export function citationText({ path, start, end, cells }: Pick<Citation, 'path' | 'start' | 'end' | 'cells'>): string {
  if (cells !== undefined) return `${path}:${cells}`;
  return start === end ? `${path}:${start}` : `${path}:${start}-${end}`;
}

function unsupported(sentence: Sentence, reason: string): Attributed {
  return { kind: 'unsupported', sentence, reason };
}
