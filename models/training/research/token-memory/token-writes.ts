/** Tokens before a token that may address it; a longer context is met by copies alone. */
export const LONGEST = 6;

/** A run of tokens: positions `from` … `end - 1` of the sorted order. */
export interface Range {
  readonly from: number;
  readonly end: number;
}

/**
 * What one segment writes: for each of its tokens, the tokens before it as the key and itself as the value. Positions
 * are kept sorted by what stands before them, the nearest token first, so that the positions that share a context of n
 * tokens are one run, and those that share n + 1 are a run inside it (a suffix array of the reversed text; Liu et al.,
 * infini-gram, arXiv 2401.17377).
 */
export class TokenWrites {
  readonly tokens: Uint32Array;
  /** Positions 1 … T - 1, sorted. */
  readonly #sorted: Uint32Array;

  /** @param tokens token ids [T] of one segment, its header first */
  constructor(tokens: ArrayLike<number>) {
    this.tokens = Uint32Array.from(tokens);
    const own = this.tokens;
    this.#sorted = Uint32Array.from({ length: Math.max(0, own.length - 1) }, (_, at) => at + 1).sort((a, b) => {
      for (let back = 1; back <= LONGEST; back += 1) {
        const difference = before(own, a, back) - before(own, b, back);
        if (difference !== 0) return difference;
      }
      return a - b;
    });
  }

  /** Everything, where nothing is asked yet. */
  get whole(): Range {
    return { from: 0, end: this.#sorted.length };
  }

  /**
   * The run inside `range` (whose positions share a shorter context) where the token `back` places before is `token`.
   */
  narrow({ from, end }: Range, back: number, token: number): Range {
    return { from: this.#first(from, end, back, token), end: this.#first(from, end, back, token + 1) };
  }

  /** The value at a place of the sorted order. */
  valueAt(place: number): number {
    return this.tokens[this.#sorted[place] ?? 0] ?? 0;
  }

  /** First place in the run whose token `back` before is at least `token`. */
  #first(from: number, end: number, back: number, token: number): number {
    let low = from;
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (before(this.tokens, this.#sorted[middle] ?? 0, back) < token) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The token `back` places before `position`; -1 before the segment's begin, which no context equals. */
function before(tokens: Uint32Array, position: number, back: number): number {
  return tokens[position - back] ?? -1;
}
