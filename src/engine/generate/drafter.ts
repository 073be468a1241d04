/** How much is looked at, and what is taken for granted before anything was seen. */
const DRAFT = {
  /** Tokens that must stand before a place as they stand at the end; fewer are met by chance. */
  shortest: 2,
  /** Tokens of a match beyond which a longer one says nothing more. */
  longest: 16,
  /** The last places of a pair of tokens that are compared. */
  places: 32,
  /** Tokens of a proposal at most; a run that verifies seven costs about two and a half runs of one. */
  most: 7,
  /**
   * What the first proposed token adds to a run, and each further one, in runs of one token: the processor takes rows
   * two by two. Measured on a core with AVX-512, for 1, 2, 3 and 7 tokens: 0.13, 0.43, 0.66, 1.62 (0.5B).
   */
  cost: { first: 0.15, further: 0.26 },
  /** A proposal is worth its risk where it gains so much by what is known. */
  margin: 1.05,
} as const;

/**
 * Matches by length, from which a length on, and the share of proposed tokens that is taken for granted until some were
 * seen: it counts as so many tries. Long matches are mostly quotations, short ones mostly chance.
 */
const CLASSES = [
  { from: 2, right: 0.4 },
  { from: 3, right: 0.5 },
  { from: 4, right: 0.65 },
  { from: 6, right: 0.8 },
  { from: 10, right: 0.9 },
] as const;
const PRIOR_TRIES = 4;

/** A proposal, and the class of the match that it comes from. */
interface Proposal {
  readonly tokens: readonly number[];
  readonly grade: number;
}

/**
 * Proposes the next tokens: those that stood after the longest earlier match of the text's end (prompt lookup, after
 * Saxena 2023, and REST, arXiv 2311.08252). A model verifies them, so a wrong one costs time and nothing else. It costs
 * little of that: how many are proposed follows from what proposals of such a match were worth in this answer.
 */
export class Drafter {
  readonly #tokens: number[] = [];
  /** Where a pair of tokens ended, the last places last; by the pair as one number. */
  readonly #places = new Map<number, number[]>();
  readonly #known: { right: number; tried: number }[] = CLASSES.map(({ right }) => ({
    right: right * PRIOR_TRIES,
    tried: PRIOR_TRIES,
  }));
  readonly #cost = new RunCost();

  constructor(source: readonly number[]) {
    for (const token of source) this.push(token);
  }

  /** One more token of the text. */
  push(token: number): void {
    const before = this.#tokens.at(-1);
    this.#tokens.push(token);
    if (before === undefined) return;
    const places = this.#places.get(pair(before, token));
    if (places === undefined) this.#places.set(pair(before, token), [this.#tokens.length]);
    else if (places.push(this.#tokens.length) > 2 * DRAFT.places) places.splice(0, DRAFT.places);
  }

  /** At most `room` tokens that may come next; none where they would cost more than they bring. */
  propose(room: number): Proposal {
    const { place, length } = this.#longestMatch();
    const grade = CLASSES.findLastIndex(({ from }) => from <= length);
    const known = this.#known[grade];
    if (known === undefined) return { tokens: [], grade };
    const count = this.#cost.bestLength(known.right / known.tried, Math.min(room, DRAFT.most));
    return { tokens: this.#tokens.slice(place, place + count), grade };
  }

  /** Of a proposal the first `right` tokens came true. */
  learn({ tokens, grade }: Proposal, right: number): void {
    const known = this.#known[grade];
    if (known === undefined || tokens.length === 0) return;
    known.right += right;
    known.tried += Math.min(tokens.length, right + 1);
  }

  /** A run of one token and `drafted` proposed ones took so many milliseconds. */
  took(drafted: number, milliseconds: number): void {
    this.#cost.took(drafted, milliseconds);
  }

  #longestMatch(): { place: number; length: number } {
    const end = this.#tokens.length;
    const [before = -1, last = -1] = this.#tokens.slice(-2);
    let best = { place: end, length: 0 };
    const places = this.#places.get(pair(before, last)) ?? [];
    for (const place of places.slice(-DRAFT.places).toReversed()) {
      if (place === end) continue;
      let length: number = DRAFT.shortest;
      while (length < DRAFT.longest && length < place && this.#isSame(place - 1 - length, end - 1 - length))
        length += 1;
      if (length > best.length) best = { place, length };
    }
    return best;
  }

  #isSame(one: number, other: number): boolean {
    return this.#tokens[one] === this.#tokens[other];
  }
}

/** What proposed tokens add to a run, as it was measured in this answer: it depends on the processor. */
class RunCost {
  readonly #alone = { runs: 0, milliseconds: 0 };
  readonly #drafted = { runs: 0, milliseconds: 0, usual: 0 };

  took(drafted: number, milliseconds: number): void {
    const kind = drafted === 0 ? this.#alone : this.#drafted;
    kind.runs += 1;
    kind.milliseconds += milliseconds;
    this.#drafted.usual += usualCost(drafted);
  }

  /**
   * The length, up to `most`, whose gain is largest: tokens to be expected, 1 + p + p² + …, over the cost of the run.
   * Each proposed token is right with probability `right`; 0 where no length is worth its risk.
   */
  bestLength(right: number, most: number): number {
    const factor = this.#factor();
    let best: { length: number; gain: number } = { length: 0, gain: DRAFT.margin };
    let expected = 1;
    for (let length = 1; length <= most; length += 1) {
      expected += right ** length;
      const gain = expected / (1 + factor * usualCost(length));
      if (gain > best.gain) best = { length, gain };
    }
    return best.length;
  }

  /** Over the usual cost. A few runs say little on a busy machine, so that the usual cost counts as several runs. */
  #factor(): number {
    const { runs, milliseconds, usual } = this.#drafted;
    const alone = this.#alone.milliseconds / this.#alone.runs;
    if (runs === 0 || !(alone > 0)) return 1;
    const measured = (milliseconds / alone - runs) / usual;
    const weight = runs / (runs + 8);
    return Math.max(0.25, weight * measured + 1 - weight);
  }
}

/** Of so many proposed tokens, in runs of one token. */
function usualCost(tokens: number): number {
  return tokens === 0 ? 0 : DRAFT.cost.first + (tokens - 1) * DRAFT.cost.further;
}

/** Token ids are below 2^20 in every vocabulary that is read. */
function pair(before: number, token: number): number {
  return before * 2 ** 20 + token;
}
