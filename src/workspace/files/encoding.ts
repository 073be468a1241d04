import { asCharacters, decodeAs, decodeMostly } from './decode.ts';
import { guessEncoding } from './encoding-guess.ts';

/**
 * Bytes → text, where they are text: UTF-8 first, then what a byte-order mark, a declaration in the file, or the bytes
 * themselves say. Files that are valid UTF-8, nearly all, never reach the detection.
 *
 * @returns undefined for bytes that are no text; a byte-order mark is not part of the text
 */
export function decodeText(bytes: Uint8Array): string | undefined {
  const text = marked(bytes) ?? (bytes.subarray(0, LOOK).includes(0) ? utf16(bytes) : undecided(bytes));
  return text !== undefined && isText(text) ? text : undefined;
}

/** Where git looks for a NUL; a file with one further down is text to git, and to its owner. */
const LOOK = 8000;
/** Share of control characters from which on nobody wrote it; a log's color codes stay below. */
const MOST_CONTROLS = 0.1;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Strict UTF-8 without a byte-order mark; undefined if the bytes are anything else. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function marked(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return decodeAs('utf-16le', bytes);
  return first === 0xfe && second === 0xff ? decodeAs('utf-16be', bytes) : undefined;
}

/** Without a mark, UTF-16 shows by its line ends, blanks and ASCII signs: every second byte of them is a NUL. */
function utf16(bytes: Uint8Array): string | undefined {
  if (bytes.length % 2 !== 0) return undefined;
  const zeros = [0, 0];
  for (const [at, byte] of bytes.subarray(0, LOOK).entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const text = even > odd ? decodeAs('utf-16be', bytes) : decodeAs('utf-16le', bytes);
  if (text === undefined || text.includes('\0')) return undefined;
  // Numbers in a binary file decode, too, but as letters of every script and as characters that nobody has.
  const strange = text.match(/[^\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}\s]/gu)?.length ?? 0;
  const usual = text.match(/[\x20-\x7e\s\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Cyrl}\p{P}]/gu)?.length ?? 0;
  return strange <= text.length / 100 && usual >= text.length / 2 ? text : undefined;
}

/** ISO-2022-JP, which a mail may still have, is ASCII with escapes like these. */
const JIS = ['\x1b$B', '\x1b$@'];

function undecided(bytes: Uint8Array): string | undefined {
  const text = decodeUtf8(bytes);
  if (text !== undefined)
    return JIS.some((mark) => text.includes(mark)) ? (decodeMostly('iso-2022-jp', bytes) ?? text) : text;
  return declared(bytes) ?? withoutStrayBytes(bytes) ?? detected(bytes);
}

/** A log's colors begin with it. */
const ESCAPE = '\x1b';
/** What nobody types: all controls but line ends, tabs, form feeds and escapes. */
const CONTROLS = new RegExp(`(?![\\s${ESCAPE}])\\p{Cc}`, 'gu');

function isText(text: string): boolean {
  return (text.match(CONTROLS)?.length ?? 0) <= text.length * MOST_CONTROLS;
}

/** What the file says of itself: PEP 263 and editors' `coding:`, XML's and HTML's and CSS's `encoding=`, `charset=`. */
function declared(bytes: Uint8Array): string | undefined {
  const head = asCharacters(bytes.subarray(0, 1024));
  const [, name] = /\b(?:(?:file)?(?:en)?coding|charset)(?:\s*[:=]\s*|\s+)["']?([A-Za-z][\w.:-]+)/i.exec(head) ?? [];
  if (name === undefined || /^utf-?8/i.test(name)) return undefined;
  const label = name.toLowerCase().replaceAll('_', '-');
  return decodeAs(name, bytes) ?? decodeAs(ALIASES[label] ?? label, bytes);
}

/** Names in declarations that the WHATWG's table of labels has not. */
const ALIASES: Readonly<Record<string, string>> = {
  'latin-1': 'latin1',
  cp932: 'shift_jis',
  'shift-jis': 'shift_jis',
  cp949: 'euc-kr',
  cp936: 'gbk',
  cp950: 'big5',
};

/**
 * UTF-8 with a few bytes that are not, as copying and pasting leaves them: each of these is read as Windows-1252.
 * undefined where the bytes outside of UTF-8 outweigh its letters.
 */
function withoutStrayBytes(bytes: Uint8Array): string | undefined {
  let stray = 0;
  let letters = 0;
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < bytes.length;) {
    const size = sequenceAt(bytes, at);
    if (size > 1) letters += 1;
    if (size === 0) {
      stray += 1;
      if (stray > letters + FAR) return undefined;
      parts.push(utf8.decode(bytes.subarray(from, at)), windows1252.decode(bytes.subarray(at, at + 1)));
      from = at + 1;
    }
    at += Math.max(1, size);
  }
  if (letters < stray) return undefined;
  return parts.join('') + utf8.decode(bytes.subarray(from));
}

const windows1252 = new TextDecoder('windows-1252');
/** So many more stray bytes than letters are not made up for by what is left of a file. */
const FAR = 10_000;

/** The length of the UTF-8 sequence at a place, 0 where there is none (Unicode Standard, table 3-7). */
function sequenceAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  const second = bytes[at + 1] ?? 0;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let next = 2; next < size; next += 1) if (((bytes[at + next] ?? 0) & 0xc0) !== 0x80) return 0;
  return size;
}

/** A stray byte of an encoding that was guessed is shown as editors show it; the Windows encodings have few. */
function detected(bytes: Uint8Array): string | undefined {
  return decodeMostly(guessEncoding(bytes), bytes) ?? windows1252.decode(bytes);
}
