/** Tokens, blank ones not counted. */
export const COPIED = {
  /**
   * So much of a file, some eight lines, is a quotation; the rest is better read in its place. It ends with its line,
   */
  enough: 64,
  /** or here. */
  most: 112,
  /**
   * So much that the answer has said before, word for word, is the model going round; in code a pattern may come again.
   */
  again: { prose: 32, code: 96 },
  /** So much of that is not shown yet. */
  held: 8,
} as const;

/**
 * How much of the end of one text stands in another in one run: a small model that has begun to copy goes on until it
 * may write no more, and explains nothing. One step of the longest common suffix of both for each token; blank tokens
 * do not count, because what is copied is often indented anew.
 */
export class CopyDetector {
  readonly #blank: (token: number) => boolean;
  readonly #places = new Map<number, number[]>();
  /** By place, how long the run is that ends there. */
  #runs = new Map<number, number>();
  #length = 0;

  constructor(blank: (token: number) => boolean, source: readonly number[] = []) {
    this.#blank = blank;
    for (const token of source) this.extend(token);
  }

  /** One more token of what may be copied. */
  extend(token: number): void {
    if (this.#blank(token)) return;
    const places = this.#places.get(token);
    if (places) places.push(this.#length);
    else this.#places.set(token, [this.#length]);
    this.#length += 1;
  }

  /** Takes the next token of what may be a copy, and gives the length of the longest run that now ends with it. */
  push(token: number): number {
    if (!this.#blank(token)) {
      const places = this.#places.get(token) ?? [];
      this.#runs = new Map(places.map((at) => [at, (this.#runs.get(at - 1) ?? 0) + 1]));
    }
    return Math.max(0, ...this.#runs.values());
  }

  /** What comes next does not go on with what came before. */
  interrupt(): void {
    this.#runs = new Map();
  }
}

/** The fence of the block inside which the text ends, if it ends inside one. */
export function openFence(text: string): string | undefined {
  let open: string | undefined;
  for (const line of text.split('\n')) {
    const fence = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined) continue;
    if (open === undefined) open = fence;
    else if (fence.startsWith(open)) open = undefined;
  }
  return open;
}

/** What ends a block of which so many tokens are copied: a mark that something is left out, and its fence. */
export function endOfQuotation(copied: number, text: string): string | undefined {
  const line = text.endsWith('\n');
  if (copied < (line ? COPIED.enough : COPIED.most)) return undefined;
  const fence = openFence(text);
  return fence === undefined ? undefined : `${line ? '' : '\n'}…\n${fence}\n\n`;
}

/** The text up to its last whole sentence, item or line of code, with its block closed. */
export function wholeSentences(text: string): string {
  const fence = openFence(text);
  if (fence !== undefined) {
    const lines = text.slice(0, text.lastIndexOf('\n') + 1);
    return openFence(lines) === undefined ? lines.trimEnd() : `${lines}${fence}`;
  }
  const end = [...text.matchAll(/[.!?]["'*_`)]*(?=\s|$)|\n/g)].at(-1);
  const whole = end ? text.slice(0, end.index + end[0].length) : text;
  // The number of an item of which nothing is left goes with it, and so does a line that only announces something.
  return whole
    .replace(/\n[^\S\n]*(?:[-*+]|\d+[.)])\s*$/, '')
    .replace(/(?:\n[^\n]*:)?\s*$/, '')
    .trimEnd();
}
