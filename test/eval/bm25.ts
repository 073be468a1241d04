/** Robertson's usual values: how soon a repeated word stops counting, and how far length is held against a document. */
export const standard = { k1: 1.2, b: 0.75 } as const;

/**
 * BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) over documents given as lists of words,
 * with the inverse document frequency that stays positive: ln(1 + (N - n + 0.5) / (n + 0.5)).
 */
export class Bm25 {
  readonly #postings = new Map<string, { document: number; count: number }[]>();
  readonly #norms: Float64Array;

  constructor(documents: readonly (readonly string[])[], { k1, b }: { k1: number; b: number } = standard) {
    const total = documents.reduce((sum, { length }) => sum + length, 0);
    const average = total === 0 ? 1 : total / documents.length;
    this.#norms = Float64Array.from(documents, ({ length }) => k1 * (1 - b + (b * length) / average));
    this.#k1 = k1;
    for (const [document, list] of documents.entries()) {
      const counts = new Map<string, number>();
      for (const word of list) counts.set(word, (counts.get(word) ?? 0) + 1);
      for (const [word, count] of counts) {
        const postings = this.#postings.get(word);
        if (postings === undefined) this.#postings.set(word, [{ document, count }]);
        else postings.push({ document, count });
      }
    }
  }

  readonly #k1: number;

  /** One score per document, 0 where no word is shared. A word that the question repeats counts each time. */
  scores(question: readonly string[]): Float64Array {
    const scores = new Float64Array(this.#norms.length);
    for (const word of question) {
      const postings = this.#postings.get(word) ?? [];
      const rarity = Math.log(1 + (scores.length - postings.length + 0.5) / (postings.length + 0.5));
      for (const { document, count } of postings) {
        const norm = this.#norms[document] ?? 0;
        scores[document] = (scores[document] ?? 0) + (rarity * count * (this.#k1 + 1)) / (count + norm);
      }
    }
    return scores;
  }
}
