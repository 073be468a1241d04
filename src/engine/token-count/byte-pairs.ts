/** Positions of a text stay below it, and a rank times it stays an exact number. */
const POSITIONS = 2 ** 32;
/** Marks a place that was merged into the one before it. */
const GONE = -1;

/**
 * Byte-pair encoding (Sennrich et al. 2016) that only counts: the pair of the lowest rank is merged first, the leftmost
 * of equals. The pairs lie in one table without pointers, because 150,000 objects would cost the caller 30 MB.
 */
export class BytePairs {
  readonly #mask: number;
  readonly #lefts: Int32Array;
  readonly #rights: Int32Array;
  readonly #ranks: Int32Array;
  readonly #merged: Int32Array;
  /** [256], the token of each byte. */
  readonly #bytes: Int32Array;

  #size = 0;

  /**
   * @param bytes    the tokens of the 256 bytes
   * @param expected the most pairs that will be added
   */
  constructor(bytes: readonly number[], expected: number) {
    const capacity = 2 ** Math.ceil(Math.log2(2 * expected + 2));
    this.#bytes = Int32Array.from(bytes);
    this.#mask = capacity - 1;
    this.#lefts = new Int32Array(capacity).fill(GONE);
    this.#rights = new Int32Array(capacity);
    this.#ranks = new Int32Array(capacity);
    this.#merged = new Int32Array(capacity);
  }

  /** Adds the pair of the next rank: two tokens, and the one that they become. */
  add(left: number, right: number, merged: number): void {
    let at = this.#start(left, right);
    while (this.#lefts[at] !== GONE) at = (at + 1) & this.#mask;
    this.#lefts[at] = left;
    this.#rights[at] = right;
    this.#ranks[at] = this.#size;
    this.#merged[at] = merged;
    this.#size += 1;
  }

  /** Tokens of one piece of text, given in UTF-8. */
  count(piece: Uint8Array): number {
    const tokens = Int32Array.from(piece, (byte) => this.#bytes[byte] ?? 0);
    // Neighbors that are left: `after` of the last is the length.
    const before = Int32Array.from(tokens, (_, at) => at - 1);
    const after = Int32Array.from(tokens, (_, at) => at + 1);
    const waiting = new Heap();
    const propose = (at: number) => {
      const pair = this.#pairAt(tokens, after, at);
      if (pair >= 0) waiting.push((this.#ranks[pair] ?? 0) * POSITIONS + at);
    };
    for (let at = 0; at + 1 < tokens.length; at += 1) propose(at);
    let left = tokens.length;
    for (let least = waiting.pop(); least !== undefined; least = waiting.pop()) {
      const rank = Math.floor(least / POSITIONS);
      const at = least - rank * POSITIONS;
      const pair = this.#pairAt(tokens, after, at);
      // A neighbor was merged since this pair was proposed.
      if (pair < 0 || this.#ranks[pair] !== rank) continue;
      const taken = after[at] ?? 0;
      tokens[at] = this.#merged[pair] ?? 0;
      tokens[taken] = GONE;
      const next = after[taken] ?? tokens.length;
      after[at] = next;
      if (next < tokens.length) before[next] = at;
      left -= 1;
      propose(at);
      const previous = before[at] ?? GONE;
      if (previous >= 0) propose(previous);
    }
    return left;
  }

  /** Where the pair that begins at `at` stands in the table; below 0 where it is never merged. */
  #pairAt(tokens: Int32Array, after: Int32Array, at: number): number {
    const left = tokens[at] ?? GONE;
    const right = tokens[after[at] ?? tokens.length] ?? GONE;
    if (left === GONE || right === GONE) return -1;
    for (let slot = this.#start(left, right); ; slot = (slot + 1) & this.#mask) {
      const found = this.#lefts[slot];
      if (found === GONE) return -1;
      if (found === left && this.#rights[slot] === right) return slot;
    }
  }

  #start(left: number, right: number): number {
    const mixed = Math.imul(left ^ Math.imul(right, 0x9e3779b1), 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }
}

/**
 * A binary heap of numbers, the least first: a piece may have a million bytes, and to look for the least among all of
 * them each time would be quadratic.
 */
class Heap {
  readonly #items: number[] = [];

  push(item: number): void {
    let at = this.#items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#items[parent] ?? -Infinity;
      if (above <= item) break;
      this.#items[at] = above;
      at = parent;
    }
    this.#items[at] = item;
  }

  pop(): number | undefined {
    const least = this.#items[0];
    const item = this.#items.pop();
    const size = this.#items.length;
    if (item === undefined || size === 0) return least;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && (this.#items[child + 1] ?? Infinity) < (this.#items[child] ?? Infinity)) child += 1;
      const below = this.#items[child] ?? Infinity;
      if (below >= item) break;
      this.#items[at] = below;
      at = child;
    }
    this.#items[at] = item;
    return least;
  }
}
