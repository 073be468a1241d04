import { clearLine, clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import { styleText } from 'node:util';
import { printable, printableJson, PrintableStream } from '../common/printable.ts';

/** A part of a row that is set off where the terminal shows colors. */
export interface Styled {
  readonly style: 'bold' | 'green' | 'yellow';
  readonly text: string;
}

/** One line, whatever its text holds: an end of line within it is escaped. */
export type Row = string | readonly (string | Styled)[];

/** The stream of a terminal, a pipe or a file, as far as it is used here. */
export type Target = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  /** Lines of a terminal. */
  readonly rows?: number;
  readonly hasColors?: () => boolean;
};

/**
 * The only way to a person's terminal. Everything is made printable here, so no command can forget it; colors and
 * moves of the cursor are added here alone, and only for a terminal.
 */
export class Output {
  /** For `cli-progress` alone, which draws by itself: its caller makes printable what it draws. */
  readonly target: Target;
  /** The other stream of the same terminal, whose draft has to go before anything is printed here. */
  readonly #beside: Output | undefined;
  readonly #streamed = new PrintableStream();
  #hasStatus = false;
  #draftRows = 0;

  constructor(target: Target, beside?: Output) {
    this.target = target;
    this.#beside = beside;
  }

  /** Whether lines can be drawn over. */
  get isTerminal(): boolean {
    return this.target.isTTY === true && process.env.TERM !== 'dumb';
  }

  /** Prints each row as one line. */
  rows(...rows: readonly Row[]): void {
    this.#write(rows.map((row) => `${this.#shown(row)}\n`).join(''));
  }

  /**
   * Prints a piece of a text of several lines, such as an answer that streams. What the next piece may complete waits.
   */
  text(piece: string): void {
    this.status();
    this.#put(this.#streamed.push(piece));
  }

  /** Prints text of several lines that the program itself composed, such as its help. */
  block(text: string): void {
    this.#write(printable(text, 'block'));
  }

  /** Prints one line of JSON. */
  json(value: unknown): void {
    this.#write(`${printableJson(value)}\n`);
  }

  /**
   * Shows a line that the next one replaces; without a text, takes it away. Nothing where it could not be taken away.
   */
  status(text?: string): void {
    if (!this.isTerminal || (text === undefined && !this.#hasStatus)) return;
    this.#endDrafts();
    clearLine(this.target, 0);
    cursorTo(this.target, 0);
    this.#hasStatus = text !== undefined;
    if (text !== undefined) this.target.write(printable(text));
  }

  /**
   * Shows rows until the next output, here or beside, takes them away: as many as could be taken away.
   */
  draft(...rows: readonly Row[]): void {
    this.endDraft();
    const fitting = rows.slice(0, Math.max(0, (this.target.rows ?? 0) - 1));
    if (!this.isTerminal || fitting.length === 0) return;
    // Without wrapping, a row is one line however narrow the terminal is.
    this.target.write(`\x1b[?7l${fitting.map((row) => `${this.#shown(row)}\n`).join('')}\x1b[?7h`);
    this.#draftRows = fitting.length;
  }

  /** Takes a draft away. */
  endDraft(): void {
    if (this.#draftRows === 0) return;
    moveCursor(this.target, 0, -this.#draftRows);
    clearScreenDown(this.target);
    this.#draftRows = 0;
  }

  /** Shows the cursor and wraps lines again, after somebody who drew was killed. */
  restore(): void {
    if (this.isTerminal) this.target.write('\x1b[?25h\x1b[?7h\n');
  }

  #write(text: string): void {
    this.status();
    this.#put(this.#streamed.end() + text);
  }

  #put(text: string): void {
    this.#endDrafts();
    if (text !== '') this.target.write(text);
  }

  #endDrafts(): void {
    this.endDraft();
    this.#beside?.endDraft();
  }

  #shown(row: Row): string {
    if (typeof row === 'string') return printable(row);
    return row.map((part) => (typeof part === 'string' ? printable(part) : this.#styled(part))).join('');
  }

  #styled({ style, text }: Styled): string {
    const isColored = this.isTerminal && this.target.hasColors?.() === true;
    return isColored ? styleText(style, printable(text), { validateStream: false }) : printable(text);
  }
}

/** What was asked for. */
export const out = new Output(process.stdout);

/** Everything else that a person may want to know: progress, notices, errors. */
export const err = new Output(process.stderr, out);
