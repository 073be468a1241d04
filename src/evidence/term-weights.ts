import type { Corpus } from './corpus.ts';

/** What each word of a question tells. */
export type Weights = ReadonlyMap<string, number>;

/**
 * What any word weighs, each looked up once: one that few segments hold tells much (inverse document frequency, Spärck
 * Jones 1972).
 */
export function termWeight({ index }: Corpus): (term: string) => number {
  const known = new Map<string, number>();
  const weigh = (term: string): number => {
    // A word of unsaved text may stand in no stored segment.
    const holding = index.ledger.lexicalCount(term) || index.holding(term, 1).length;
    return holding === 0 ? 0 : Math.log(1 + index.length / (1 + holding));
  };
  return (term) => {
    const weight = known.get(term) ?? weigh(term);
    known.set(term, weight);
    return weight;
  };
}

/** The weights of a question's words. */
export function weightsOf(corpus: Corpus, asked: Iterable<string>): Weights {
  const weightOf = termWeight(corpus);
  return new Map([...asked].map((term) => [term, weightOf(term)]));
}

/** The weight of the words that are held. */
export const saidIn = (held: ReadonlySet<string>, weights: Weights): number =>
  [...weights].reduce((sum, [term, weight]) => (held.has(term) ? sum + weight : sum), 0);
