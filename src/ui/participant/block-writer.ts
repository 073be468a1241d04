import { harmless } from '../../chat/harmless-markdown.ts';

/**
 * Hands an answer on as it is written, in whole blocks: only of a block that has ended can it be told whether it holds
 * a link or an image, which the editor's chat would show.
 */
export class BlockWriter {
  readonly #write: (markdown: string) => void;
  #pending = '';

  constructor(write: (markdown: string) => void) {
    this.#write = write;
  }

  add(text: string): void {
    this.#pending += text;
    const end = lastBlockEnd(this.#pending);
    if (end === 0) return;
    this.#hand(this.#pending.slice(0, end));
    this.#pending = this.#pending.slice(end);
  }

  /** What is left, whole or not. */
  end(): void {
    this.#hand(this.#pending);
    this.#pending = '';
  }

  #hand(text: string): void {
    const safe = harmless(text);
    if (safe !== '') this.#write(`${safe}\n\n`);
  }
}

/** Where the last block ends that something follows: after an empty line outside of fences. 0 where none does. */
function lastBlockEnd(text: string): number {
  let fence: string | undefined;
  let at = 0;
  let end = 0;
  const lines = text.split('\n');
  // The last line is still being written.
  for (const line of lines.slice(0, -1)) {
    at += line.length + 1;
    const [, mark] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
    if (mark !== undefined && (fence === undefined || (mark.startsWith(fence) && line.trim() === mark))) {
      fence = fence === undefined ? mark : undefined;
    }
    if (fence === undefined && line.trim() === '') end = at;
  }
  return end;
}
