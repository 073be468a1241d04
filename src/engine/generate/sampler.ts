import { mulberry32 } from '../../common/random.ts';

/** How the next token is chosen. `seed` makes a sampled answer repeatable. */
export type Sampling =
  | { readonly kind: 'greedy'; readonly repetitionPenalty: number }
  | {
      readonly kind: 'nucleus';
      readonly temperature: number;
      readonly topP: number;
      readonly seed: number;
      readonly repetitionPenalty: number;
    };

/**
 * Small models loop; 1.03 breaks loops and leaves identifiers and numbers repeatable (CTRL, arXiv 1909.05858, section
 * 4.1).
 */
export const defaultSampling: Sampling = { kind: 'greedy', repetitionPenalty: 1.03 };

/** Chooses among the graph's candidates (best first, with raw logits). Keeps the generator's state between tokens. */
export class Sampler {
  readonly #sampling: Sampling;
  /** 32 bits of state are enough to pick among 64 candidates. */
  readonly #random: () => number;

  constructor(sampling: Sampling) {
    this.#sampling = sampling;
    this.#random = mulberry32(sampling.kind === 'nucleus' ? sampling.seed : 0);
  }

  choose(tokens: readonly number[], logits: Float32Array, said: ReadonlySet<number>): number {
    const scored = tokens
      .map((token, index) => ({ token, logit: this.#penalised(logits[index] ?? -Infinity, said.has(token)) }))
      .sort((a, b) => b.logit - a.logit);
    const best = scored[0];
    if (!best) throw new Error('The graph gave no candidates.');
    const sampling = this.#sampling;
    if (sampling.kind === 'greedy' || sampling.temperature <= 0) return best.token;
    const weights = scored.map(({ logit }) => Math.exp((logit - best.logit) / sampling.temperature));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    // Nucleus: the smallest set of best tokens whose mass reaches topP (Holtzman et al., arXiv 1904.09751).
    let kept = 0;
    let mass = 0;
    while (kept < weights.length && mass < sampling.topP * total) {
      mass += weights[kept] ?? 0;
      kept += 1;
    }
    let pick = this.#random() * mass;
    for (let index = 0; index < kept; index += 1) {
      pick -= weights[index] ?? 0;
      if (pick <= 0) return scored[index]?.token ?? best.token;
    }
    return best.token;
  }

  #penalised(logit: number, repeated: boolean): number {
    if (!repeated) return logit;
    return logit > 0 ? logit / this.#sampling.repetitionPenalty : logit * this.#sampling.repetitionPenalty;
  }
}
