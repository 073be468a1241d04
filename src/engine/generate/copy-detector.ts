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

/** A set of runs that end at the same places: the runs that are longer than those of `link`, up to `length` tokens. */
interface State {
  length: number;
  link: State | undefined;
  next: Map<number, State>;
}

/**
 * How much of the end of one text stands in another in one run: a small model that has begun to copy goes on until it
 * may write no more, and explains nothing. Blank tokens do not count, because what is copied is often indented anew.
 *
 * The other text is a suffix automaton (Blumer et al., "The smallest automaton recognizing the subwords of a text",
 * 1985), so that a token costs the same, amortized, however long either text has become.
 */
export class CopyDetector {
  readonly #blank: (token: number) => boolean;
  readonly #root: State = { length: 0, link: undefined, next: new Map() };
  #whole = this.#root;
  /** Where the copy stands in the automaton, and how many of its last tokens the source has in one run. */
  #at = this.#root;
  #run = 0;

  constructor(blank: (token: number) => boolean, source: readonly number[] = []) {
    this.#blank = blank;
    for (const token of source) this.extend(token);
  }

  /** One more token of what may be copied. */
  extend(token: number): void {
    if (this.#blank(token)) return;
    const added: State = { length: this.#whole.length + 1, link: this.#root, next: new Map() };
    let before: State | undefined = this.#whole;
    this.#whole = added;
    for (; before && !before.next.has(token); before = before.link) before.next.set(token, added);
    const known = before?.next.get(token);
    if (!before || !known) return;
    if (known.length === before.length + 1) {
      added.link = known;
      return;
    }
    // Its longer runs do not end here: they become a state of their own.
    const shorter: State = { length: before.length + 1, link: known.link, next: new Map(known.next) };
    for (; before?.next.get(token) === known; before = before.link) before.next.set(token, shorter);
    known.link = shorter;
    added.link = shorter;
  }

  /** Takes the next token of what may be a copy, and gives the length of the longest run that now ends with it. */
  push(token: number): number {
    if (this.#blank(token)) return this.#run;
    // The source may have grown since, and its states been parted.
    while (this.#at.link && this.#run <= this.#at.link.length) this.#at = this.#at.link;
    while (this.#at.link && !this.#at.next.has(token)) {
      this.#at = this.#at.link;
      this.#run = this.#at.length;
    }
    const next = this.#at.next.get(token);
    this.#run = next ? this.#run + 1 : 0;
    this.#at = next ?? this.#root;
    return this.#run;
  }

  /** What comes next does not go on with what came before. */
  interrupt(): void {
    this.#at = this.#root;
    this.#run = 0;
  }
}

/** Finds the fence of the block inside which a text ends, while the text grows. Each character is looked at once. */
export class FenceScanner {
  #open = '';
  /** The run of ` or ~ that the last line begins with; done where something else has come. */
  #run = '';
  #lineState: 'blank' | 'run' | 'done' = 'blank';

  push(text: string): void {
    for (const character of text) {
      if (character === '\n') {
        this.#open = this.fence ?? '';
        this.#run = '';
        this.#lineState = 'blank';
      } else if (this.#lineState === 'blank' && (character === '`' || character === '~')) {
        this.#run = character;
        this.#lineState = 'run';
      } else if (this.#lineState === 'run' && this.#run.startsWith(character)) {
        this.#run += character;
      } else if (this.#lineState === 'run' || /\S/.test(character)) {
        this.#lineState = 'done';
      }
    }
  }

  /** The fence of the open block, or undefined outside of blocks. */
  get fence(): string | undefined {
    if (this.#run.length < 3) return this.#open || undefined;
    if (this.#open === '') return this.#run;
    return this.#run.startsWith(this.#open) ? undefined : this.#open;
  }
}

/** The fence of the block inside which the text ends, if it ends inside one. */
export function openFence(text: string): string | undefined {
  const scanner = new FenceScanner();
  scanner.push(text);
  return scanner.fence;
}

/**
 * What ends a block of which so many tokens are copied: a mark that something is left out, and its fence.
 *
 * @param position where the text has come to: the fence that is open, and whether a line has just ended
 */
export function endOfQuotation(
  copied: number,
  { fence, isLineEnd }: { readonly fence: string | undefined; readonly isLineEnd: boolean },
): string | undefined {
  if (fence === undefined || copied < (isLineEnd ? COPIED.enough : COPIED.most)) return undefined;
  return `${isLineEnd ? '' : '\n'}…\n${fence}\n\n`;
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
