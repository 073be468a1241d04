import { RUN } from '../runtime/model.ts';
import type { Context, Model } from '../runtime/model.ts';

/** What a kept prompt needs of a model. */
export type Keeper = Pick<Model, 'context' | 'continued' | 'canContinue' | 'canRewind' | 'bytesOf' | 'erase'>;

/** Keys and values that are kept from one answer to the next: some 10,000 tokens of the 0.5B, 4,000 of the 1.5B. */
const MOST_BYTES = 256e6;

/** A context, and how many tokens of the prompt it holds already. */
interface Begun {
  readonly context: Context;
  readonly length: number;
}

/**
 * Keeps what the last prompt left in the caches, so that a prompt that begins as it did is read from where they part: a
 * conversation's next question. One prompt at a time is kept.
 *
 * A prompt is taken up where a run of it ended, so that each run is the same call with the same inputs as without, and
 * the answer the same token by token.
 */
export class KeptPrompt {
  #kept: { readonly ids: readonly number[]; readonly context: Context } | undefined;

  /** A context for `prompt` with room for `capacity` tokens; at least the prompt's last token is left to be run. */
  async begin(model: Keeper, prompt: readonly number[], capacity: number): Promise<Begun> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept !== undefined) {
      try {
        const length = sameRuns(kept.ids, prompt.slice(0, -1));
        const context = length > 0 ? await model.continued(kept.context, length, capacity) : undefined;
        if (context) return { context, length };
      } finally {
        model.erase(kept.context);
      }
    }
    return { context: await model.context(capacity), length: 0 };
  }

  /** Keeps a context for later, whose first tokens are `ids`. */
  keep(model: Keeper, ids: readonly number[], context: Context): void {
    this.drop(model);
    if (model.canRewind(context) && model.bytesOf(context) <= MOST_BYTES) this.#kept = { ids, context };
    else model.erase(context);
  }

  /** Tokens that a prompt which begins as the last one did need not read. */
  async tokens(model: Keeper): Promise<number> {
    const kept = this.#kept;
    return kept !== undefined && (await model.canContinue(kept.context)) ? kept.ids.length : 0;
  }

  /** Forgets it: what was read may be forgotten or excluded now. */
  drop(model: Keeper): void {
    if (this.#kept !== undefined) model.erase(this.#kept.context);
    this.#kept = undefined;
  }
}

/** Tokens of the whole runs in which two prompts are the same. */
function sameRuns(one: readonly number[], other: readonly number[]): number {
  const end = Math.min(one.length, other.length);
  let same = 0;
  while (same < end && one[same] === other[same]) same += 1;
  return same - (same % RUN.prefillTokens);
}
