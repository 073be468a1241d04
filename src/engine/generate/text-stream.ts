/** What a decoder writes for bytes that are no character, or not yet one. */
const BROKEN = '\ufffd';
/** Tokens that are held for a character to become whole. The longest takes four; so many are no text at all. */
const HELD = 64;

/**
 * The text of tokens that come one by one. Each token costs the same, however long the text is: only the tokens since
 * the last whole character are decoded, behind a few before them, since some vocabularies write a token otherwise at
 * the start of a text (the sliding window of vLLM's `detokenize_incrementally`).
 *
 * All parts together equal the decoded text of all tokens, without a character that is still incomplete.
 */
export class TextStream {
  readonly #decode: (tokens: readonly number[]) => string;
  /** The tokens of the last part, and what they decode to where a text begins with them. */
  #before: readonly number[] = [];
  #textBefore = '';
  #held: number[] = [];

  constructor(decode: (tokens: readonly number[]) => string) {
    this.#decode = decode;
  }

  /** Takes the next token, and gives the text that it completes: empty while a character is incomplete. */
  push(token: number): string {
    this.#held.push(token);
    const text = this.#decode([...this.#before, ...this.#held]);
    const part = text.slice(this.#textBefore.length);
    // Tokens without a text are no beginning to decode from: a blank behind them would count as the first.
    if ((part === '' || part.endsWith(BROKEN)) && this.#held.length < HELD) return '';
    this.#before = this.#held;
    this.#textBefore = this.#decode(this.#before);
    this.#held = [];
    return part;
  }
}
