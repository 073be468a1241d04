/** A literal to look for, of three characters at least. */
export interface Keyword<T> {
  readonly text: string;
  /** `text` is in lower case then. */
  readonly isCaseless?: boolean;
  readonly value: T;
}

/** The low five bits of three characters: letters of either case are equal, and the table below is small. */
const BITS = 5;
const SLOTS = 1 << (3 * BITS);

/**
 * Finds many literals in one pass, in time linear in the text: a table of the three-character beginnings answers "no"
 * for nearly every position with one look (the tables of Wu and Manber, 1994, without their shift).
 */
export class KeywordFinder<T> {
  readonly #starts = new Uint8Array(SLOTS);
  readonly #slots = new Map<number, Keyword<T>[]>();

  constructor(keywords: readonly Keyword<T>[]) {
    for (const keyword of keywords) {
      if (keyword.text.length < 3)
        throw new RangeError(`The keyword ${keyword.text} is shorter than three characters.`);
      const slot = [0, 1, 2].reduce((sum, at) => next(sum, keyword.text.charCodeAt(at)), 0);
      this.#starts[slot] = 1;
      this.#slots.set(slot, [...(this.#slots.get(slot) ?? []), keyword]);
    }
  }

  /** Calls `onHit` for every occurrence, in the order of the text. */
  find(text: string, onHit: (value: T, at: number) => void): void {
    const starts = this.#starts;
    let slot = 0;
    for (let i = 0; i < text.length; i++) {
      slot = next(slot, text.charCodeAt(i));
      if (starts[slot] === 1 && i >= 2) this.#compare(text, i - 2, slot, onHit);
    }
  }

  #compare(text: string, at: number, slot: number, onHit: (value: T, at: number) => void): void {
    for (const { text: literal, isCaseless, value } of this.#slots.get(slot) ?? []) {
      const isThere =
        isCaseless === true
          ? text.slice(at, at + literal.length).toLowerCase() === literal
          : text.startsWith(literal, at);
      if (isThere) onHit(value, at);
    }
  }
}

function next(slot: number, code: number): number {
  return ((slot << BITS) | (code & 31)) & (SLOTS - 1);
}
