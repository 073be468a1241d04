/**
 * Text from files, names and models, made safe to show. A terminal obeys control characters (it writes the clipboard,
 * fakes links, overwrites lines), and people cannot see bidirectional or invisible ones (CVE-2021-42574).
 */

/** `line` is for names and cells: ends of lines and tabs are escaped too. `block` is for text of several lines. */
export type PrintableMode = 'line' | 'block';

/** Signs of Arabic, Syriac and Kaithi that Unicode counts as format characters although readers see them. */
const SEEN = String.raw`\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u{110BD}\u{110CD}`;
const HIDDEN = String.raw`[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]--[${SEEN}]]`;
/** Joiners, selectors and tags are parts of an emoji only within a sequence that Unicode recommends (UTS #51). */
const EMOJI = String.raw`\p{RGI_Emoji}|\p{Extended_Pictographic}[\uFE0E\uFE0F]`;

const HAS_HIDDEN = new RegExp(HIDDEN, 'v');
const EMOJI_OR_HIDDEN = new RegExp(`${EMOJI}|${HIDDEN}`, 'gv');
const IS_HIDDEN = new RegExp(`^${HIDDEN}$`, 'v');

const NAMED: ReadonlyMap<string, string> = new Map([
  ['\n', String.raw`\n`],
  ['\r', String.raw`\r`],
  ['\t', String.raw`\t`],
]);

/** The text with every character that is not seen, or that a terminal obeys, written as `\x1b` or `\u{202e}`. */
export function printable(text: string, mode: PrintableMode = 'line'): string {
  if (!HAS_HIDDEN.test(text)) return text;
  const whole = mode === 'block' ? text.replaceAll('\r\n', '\n') : text;
  return whole.replace(EMOJI_OR_HIDDEN, (found) => {
    if (!IS_HIDDEN.test(found) || (mode === 'block' && (found === '\n' || found === '\t'))) return found;
    return NAMED.get(found) ?? escaped(found.codePointAt(0) ?? 0);
  });
}

/** The value as JSON in one line. Hidden characters are written as `\uXXXX`: still valid, and equal when parsed. */
export function printableJson(value: unknown): string {
  const json: unknown = JSON.stringify(value);
  if (typeof json !== 'string') return 'null';
  return json.replace(EMOJI_OR_HIDDEN, (found) => (IS_HIDDEN.test(found) ? unitsOf(found) : found));
}

/** What the next piece of a text may still complete: a pair of surrogates, an end of line, a sequence of emoji. */
const UNFINISHED = /(?:\r|[\u{D800}-\u{DBFF}]|[\p{Emoji}\p{Emoji_Component}\uFE0E]+[\u{D800}-\u{DBFF}]?)$/v;
/** UTF-16 units that are looked at for it: more than the longest sequence of emoji has. */
const LONGEST = 40;

/** Makes a text printable that arrives in pieces, wherever it was cut. */
export class PrintableStream {
  #rest = '';

  /** What of the text can be shown now. */
  push(piece: string): string {
    const text = this.#rest + piece;
    const tail = text.slice(-LONGEST);
    const kept = UNFINISHED.exec(tail)?.[0].length ?? 0;
    this.#rest = text.slice(text.length - kept);
    return printable(text.slice(0, text.length - kept), 'block');
  }

  /** What was held back until more would come. */
  end(): string {
    const rest = this.#rest;
    this.#rest = '';
    return printable(rest, 'block');
  }
}

function escaped(codePoint: number): string {
  const digits = codePoint.toString(16);
  return codePoint < 0x100 ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`;
}

function unitsOf(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
}
