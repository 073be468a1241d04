import { sentences } from './sentence.ts';
import type { Sentence } from './sentence.ts';

/** What a gate asks of each sentence. */
export interface GateRules {
  readonly question: string;
  /** Sentences that pass, at most. */
  readonly most: number;
  /** Whether a sentence has a source, and no name that was made up. */
  readonly isSound: (sentence: Sentence) => boolean;
  /** Called with each sentence that passes, and with the blanks before it. */
  readonly onText: (text: string) => void;
  /** Called once, when no further sentence can pass. */
  readonly onFull: () => void;
}

/** Part of a sentence's words that were said before, from which on it says nothing new. */
const REPEATED = 0.8;
/** Words that turn a question into a statement and answer nothing. */
const EMPTY = new Set(
  'a an the is are was were be been does do did of in on to for by and or it its this that these with as at from'.split(
    ' ',
  ),
);
/** Part of a sentence's words, without the empty ones, that must not be the question's. */
const LEAST_NEW = 0.2;
const FENCE = /^[ \t]*(```+|~~~+)/;
/** Up to the mark that ends a sentence, where another begins behind it, or to a line's end. */
const UNIT = /^[^\n]*?[^\s.][.!?]["'`)*]*[ \t]+(?=["'`(*]*\p{Lu})|^[^\n]*\n/u;
const ITEM = /^\s*(?:[-*+]|\d+[.)])\s/;
/** How a sentence begins that goes on from the one before it. */
const GOES_ON =
  /^["'`(*]*(?:it|this|that|these|those|they|if (?:so|not)|then|otherwise|instead|however|therefore|thus|so|but|and)\b/i;
const WHOLE = /[.!?:]["'`)*\]]*\s*$|```\s*$/;

/**
 * Lets through sentences that are sound, whole and new, and that do not go on from one that was left out. Ends after a
 * few, because a model of half a billion parameters invents more with each one. Block by block, so that a reader sees
 * nothing that is taken away again.
 */
export class SentenceGate {
  readonly #rules: GateRules;
  #open = '';
  #passed = '';
  /** Headings and lead-ins: they pass with what they lead to. */
  #held = '';
  /** Whether something was left out that they led to. */
  #isBroken = false;
  /** Whether the sentence before was left out. */
  #isGap = false;
  readonly #asked: ReadonlySet<string>;
  readonly #said = new Set<string>();
  #sentences = 0;
  #leftOut = 0;
  #isFull = false;

  constructor(rules: GateRules) {
    this.#rules = rules;
    this.#asked = new Set(wordsOf(rules.question));
  }

  push(text: string): void {
    this.#open += text;
    for (let unit = nextUnit(this.#open); unit !== undefined && !this.#isFull; unit = nextUnit(this.#open)) {
      this.#open = this.#open.slice(unit.length);
      this.#judge(unit);
    }
  }

  /**
   * What passed, whether it ends as a sentence does, and how many sentences did not pass. The last sentence of an
   * answer that was cut is no whole one: it passes only where it is all that there is.
   */
  end(isCut: boolean): { readonly text: string; readonly isWhole: boolean; readonly leftOut: number } {
    const isLast = !this.#isFull && this.#open.trim() !== '';
    if (isLast && (!isCut || WHOLE.test(this.#open) || this.#passed === '')) this.#judge(this.#open);
    const text = this.#passed.trim();
    return { text, isWhole: WHOLE.test(text), leftOut: this.#leftOut };
  }

  #judge(unit: string): void {
    const claims = sentences(unit);
    if (claims.length === 0) {
      if (unit.trim() !== '') this.#isBroken = false;
      this.#held += unit;
      return;
    }
    if (this.#isBroken && !ITEM.test(unit)) this.#held = '';
    const words = wordsOf(unit);
    if (this.#isEcho(unit, words)) return;
    if (words.filter((word) => this.#said.has(word)).length >= REPEATED * words.length) return;
    const goesOn = this.#isGap && GOES_ON.test(unit.trimStart());
    this.#isGap = goesOn || !claims.every(this.#rules.isSound);
    if (this.#isGap) {
      this.#leftOut += claims.length;
      this.#isBroken = true;
      return;
    }
    for (const word of words) this.#said.add(word);
    const text = this.#held + unit;
    this.#held = '';
    this.#passed += text;
    this.#rules.onText(text);
    this.#sentences += claims.length;
    if (this.#sentences < this.#rules.most) return;
    this.#isFull = true;
    this.#rules.onFull();
  }

  /** A question, or a sentence that has hardly a word but the question's own, and no name or number beside them. */
  #isEcho(unit: string, words: readonly string[]): boolean {
    if (/\?["'`)*]*\s*$/.test(unit)) return true;
    const told = words.filter((word) => !EMPTY.has(word));
    const own = told.filter((word) => !this.#asked.has(word));
    if (own.length === 0) return true;
    const says =
      own.some((word) => /[\d_]/.test(word)) || /`[^`]+`|[a-z\d][A-Z]|\w\.\w/.test(withoutWords(unit, this.#asked));
    return !says && own.length < LEAST_NEW * told.length;
  }
}

const withoutWords = (text: string, known: ReadonlySet<string>): string =>
  text.replace(/[\p{L}\p{N}_]+/gu, (word) => (known.has(word.toLowerCase()) ? '' : word));
const wordsOf = (text: string): string[] => [...new Set(text.toLowerCase().match(/[\p{L}\p{N}_]+/gu))];

/** The first sentence, line or block of code that is surely whole; undefined while more may belong to it. */
function nextUnit(text: string): string | undefined {
  const [fence, mark] = FENCE.exec(text) ?? [];
  if (fence === undefined || mark === undefined) return UNIT.exec(text)?.[0];
  const lines = text.split('\n');
  const close = lines.findIndex((line, at) => at > 0 && line.trim() === mark);
  // The line end behind the closing fence tells that nothing follows it.
  return close < 0 || close === lines.length - 1 ? undefined : `${lines.slice(0, close + 1).join('\n')}\n`;
}
