import { LONGEST, TokenWrites } from './token-writes.ts';
import type { Range } from './token-writes.ts';

/** Heads of the memory: by how many tokens before it each addresses a token. */
export const HEADS = [1, 2, 3, 4, 6] as const satisfies readonly number[];

/** One head's read: what followed this context, how often. */
export interface HeadRead {
  /** The normaliser φ(q)z: how often the context stands in memory. 0 where the head has nothing to say. */
  readonly total: number;
  /** φ(q)M: for each token that followed, how often. */
  readonly followed: ReadonlyMap<number, number>;
}

/**
 * A linear memory with the sparsest of feature maps; not Infini-attention, because no block reads it. φ is one-hot over
 * contexts of n tokens and a value is one-hot over the vocabulary, so M = Σ φ(k) vᵀ is a table of integers, how often a
 * token followed a context, z = Σ φ(k) its row sums, and the read φ(q)M / φ(q)z the distribution of what followed.
 * Nothing interferes, nothing decays, no model runs.
 *
 * Files are written apart, so all of the algebra holds: a read over any set of segments is the sum over their own, in
 * any order, and a segment that is taken out leaves what would be there without it. The table itself is never made:
 * each segment keeps its sorted writes (8 bytes a token), and a read adds up the runs of those that hold the context.
 */
export class TokenMemory {
  readonly #segments = new Map<number, TokenWrites>();
  #tokens = 0;

  /** Segments that are held. */
  get size(): number {
    return this.#segments.size;
  }

  /** Tokens that are held. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Adds what a segment writes; a segment of the same id is replaced. */
  put(segmentId: number, tokens: ArrayLike<number>): void {
    this.remove(segmentId);
    const writes = new TokenWrites(tokens);
    this.#segments.set(segmentId, writes);
    this.#tokens += writes.tokens.length;
  }

  /** Subtracts what a segment wrote. */
  remove(segmentId: number): void {
    this.#tokens -= this.#segments.get(segmentId)?.tokens.length ?? 0;
    this.#segments.delete(segmentId);
  }

  /**
   * One read for each of HEADS, of what follows `context` (the last token last).
   *
   * @param weightOf a segment's weight: its share of a question's recall makes the read a routed one, 0 leaves it out,
   *   1 where left out
   */
  read(context: readonly number[], weightOf: (segmentId: number) => number = () => 1): HeadRead[] {
    const heads = HEADS.map(() => ({ total: 0, followed: new Map<number, number>() }));
    const asked = context.slice(-LONGEST).reverse(); // the nearest first
    for (const [id, writes] of this.#segments) {
      let range: Range = writes.whole;
      for (const [at, token] of asked.entries()) {
        range = writes.narrow(range, at + 1, token);
        if (range.from === range.end) break;
        const head = heads[HEADS.findIndex((order) => order === at + 1)];
        if (!head) continue;
        const weight = weightOf(id);
        for (let place = range.from; weight > 0 && place < range.end; place += 1) {
          const value = writes.valueAt(place);
          head.followed.set(value, (head.followed.get(value) ?? 0) + weight);
          head.total += weight;
        }
      }
    }
    return heads;
  }
}
