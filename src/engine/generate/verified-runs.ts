import type { Candidates, Context, Model } from '../runtime/model.ts';
import type { Drafter } from './drafter.ts';

/** What runs need of a model. */
export type Runner = Pick<Model, 'nextOfEach' | 'canRewind' | 'rewind'>;

interface Verified {
  readonly proposal: ReturnType<Drafter['propose']>;
  /** Candidates for the token after the last said one, and after each proposed one. */
  readonly rows: readonly Candidates[];
  /** Proposed tokens that came true. */
  right: number;
}

/**
 * Gives the candidates for each next token, often several from one run: proposed tokens are run along with the last
 * one, and their candidates stand as long as what is said is what was proposed. So an answer is the same as without a
 * drafter, token by token, because a run's numbers do not depend on its length (`DecoderOptions.isRunInvariant`).
 */
export class VerifiedRuns {
  readonly #model: Runner;
  readonly #context: Context;
  readonly #drafter: Drafter | undefined;
  /** Tokens of the context that were said or asked; what the cache holds beyond them was proposed in vain. */
  #length: number;
  #verified: Verified = { proposal: { tokens: [], grade: -1 }, rows: [], right: 0 };

  /**
   * `context` holds the prompt's `length` tokens. Without a drafter each token is a run; none is made where the model
   * cannot take tokens back.
   */
  constructor(model: Runner, context: Context, length: number, newDrafter: (() => Drafter) | undefined) {
    this.#model = model;
    this.#context = context;
    this.#length = length;
    this.#drafter = model.canRewind(context) ? newDrafter?.() : undefined;
  }

  /** Candidates for the token after `said`, which are new since the last call; at most `room` more are wanted. */
  async after(said: readonly number[], room: number): Promise<Candidates> {
    for (const token of said) this.#drafter?.push(token);
    const { proposal, rows } = this.#verified;
    const [token, ...others] = said;
    const next = rows[this.#verified.right + 1];
    if (next && others.length === 0 && token === proposal.tokens[this.#verified.right]) {
      this.#verified.right += 1;
      this.#length += 1;
      return next;
    }
    return this.#run(said, room);
  }

  async #run(said: readonly number[], room: number): Promise<Candidates> {
    this.#drafter?.learn(this.#verified.proposal, this.#verified.right);
    this.#model.rewind(this.#context, this.#length);
    // One of the tokens that are wanted comes from this run in any case.
    const proposal = this.#drafter?.propose(room - 1) ?? { tokens: [], grade: -1 };
    const began = performance.now();
    const ids = [...said, ...proposal.tokens];
    const rows = await this.#model.nextOfEach(this.#context, ids, proposal.tokens.length + 1);
    if (said.length === 1) this.#drafter?.took(proposal.tokens.length, performance.now() - began);
    this.#length += said.length;
    this.#verified = { proposal, rows, right: 0 };
    const [first] = rows;
    if (!first) throw new Error('The model gave no candidates.');
    return first;
  }
}
