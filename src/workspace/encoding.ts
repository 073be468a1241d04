import { analyse } from 'chardet';

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
/** Share of control characters from which on nobody wrote it; a log's colour codes stay below. */
const MOST_CONTROLS = 0.1;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Strict UTF-8 without a byte-order mark; undefined if the bytes are anything else. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeAs(label: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** As `decodeAs`, with a stray byte here and there shown as U+FFFD, as editors show it. */
function decodeMostly(label: string, bytes: Uint8Array): string | undefined {
  const exact = decodeAs(label, bytes);
  if (exact !== undefined) return exact;
  const text = new TextDecoder(label).decode(bytes);
  return (text.match(/\ufffd/g)?.length ?? 0) <= 1 + text.length / 100 ? text : undefined;
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
  return declared(bytes) ?? mended(bytes) ?? detected(bytes);
}

/** A log's colours begin with it. */
const ESCAPE = '\x1b';
/** What nobody types: all controls but line ends, tabs, form feeds and escapes. */
const CONTROLS = new RegExp(`(?![\\s${ESCAPE}])\\p{Cc}`, 'gu');

function isText(text: string): boolean {
  return (text.match(CONTROLS)?.length ?? 0) <= text.length * MOST_CONTROLS;
}

/** One character for each byte, unlike `TextDecoder`'s `latin1`, which is Windows-1252. */
const asCharacters = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

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
function mended(bytes: Uint8Array): string | undefined {
  let stray = 0;
  let letters = 0;
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < bytes.length;) {
    const size = sequenceAt(bytes, at);
    if (size > 1) letters += 1;
    if (size === 0) {
      stray += 1;
      parts.push(utf8.decode(bytes.subarray(from, at)), windows1252.decode(bytes.subarray(at, at + 1)));
      from = at + 1;
    }
    at += Math.max(1, size);
  }
  if (letters < stray) return undefined;
  return parts.join('') + utf8.decode(bytes.subarray(from));
}

const windows1252 = new TextDecoder('windows-1252');

/** The length of the UTF-8 sequence at a place, 0 where there is none. */
function sequenceAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const size = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  return first >= 0xc2 && size > 0 && decodeUtf8(bytes.subarray(at, at + size)) !== undefined ? size : 0;
}

/**
 * An encoding of the time before Unicode. The words with letters outside of ASCII decide alone: in a program, they are few
 * between many that are the same in every encoding, and would be outvoted.
 */
function detected(bytes: Uint8Array): string | undefined {
  const words = asCharacters(bytes).match(/[^\0-\x20]*[\x80-\xff][^\0-\x20]*/g) ?? [];
  const telling = Buffer.from(words.slice(0, 5000).join(' '), 'latin1');
  const label = byFrequentLetters(telling) ?? eastAsian(telling) ?? byLetters(telling);
  return decodeMostly(label, bytes) ?? windows1252.decode(bytes);
}

interface DoubleByte {
  readonly label: string;
  /** First and last lead bytes of the frequent letters: each standard puts these in rows of their own. */
  readonly frequent: readonly (readonly [number, number])[];
  /** Of these, the rows that other encodings' texts do not fill: a fifth of the letters has to lie there. */
  readonly own?: readonly [number, number];
}

/** The narrower rows first: what fits them fits the wider ones by chance. */
const DOUBLE_BYTE: readonly DoubleByte[] = [
  { label: 'shift_jis', frequent: [[0x81, 0x98]], own: [0x82, 0x83] },
  {
    label: 'euc-jp',
    frequent: [
      [0xa1, 0xa5],
      [0xb0, 0xcf],
    ],
    own: [0xa4, 0xa5],
  },
  {
    label: 'euc-kr',
    frequent: [
      [0xa1, 0xa3],
      [0xb0, 0xc8],
    ],
  },
  {
    label: 'gb18030',
    frequent: [
      [0xa1, 0xa3],
      [0xb0, 0xd7],
    ],
  },
  { label: 'big5', frequent: [[0xa1, 0xc6]] },
];

/** The first encoding of East Asia in whose frequent letters nearly all of the bytes pair up. */
function eastAsian(bytes: Uint8Array): string | undefined {
  return DOUBLE_BYTE.find((one) => fits(one, bytes))?.label;
}

function fits({ label, frequent, own }: DoubleByte, bytes: Uint8Array): boolean {
  if (decodeMostly(label, bytes) === undefined) return false;
  let [pairs, usual, high, special] = [0, 0, 0, 0];
  const inRows = (lead: number, rows: readonly (readonly [number, number])[]) =>
    rows.some(([first, last]) => first <= lead && lead <= last);
  for (let at = 0; at < bytes.length; at += 1) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80 || (label === 'shift_jis' && lead >= 0xa0 && lead < 0xe0)) continue;
    const trail = bytes[at + 1] ?? 0;
    pairs += 1;
    if (trail >= 0x80) high += 1;
    if (inRows(lead, frequent) && (trail >= 0xa1 || label === 'shift_jis' || label === 'big5')) usual += 1;
    if (own && inRows(lead, [own])) special += 1;
    at += 1;
  }
  // A letter of the West stands between letters of ASCII, the bytes of the East come in runs.
  const runs = pairs >= 2 && high >= 0.4 * pairs;
  return runs && usual >= 0.9 * pairs && (own === undefined || special >= 0.2 * pairs);
}

/** The ten or so commonest letters of Russian and Ukrainian, and of Thai, make two thirds of a text. */
const CYRILLIC = 'оеаинтсрвлії';
const FREQUENT: readonly (readonly [label: string, letters: string])[] = [
  ...['windows-1251', 'koi8-r', 'ibm866', 'iso-8859-5'].map((label) => [label, CYRILLIC] as const),
  ['windows-874', 'านรอกเงมยลวดท่้ัิี'],
];

/** The encoding in which most letters are the commonest of its script. */
function byFrequentLetters(bytes: Uint8Array): string | undefined {
  const letters = bytes.reduce((sum, byte) => sum + (byte >= 0x80 ? 1 : 0), 0);
  // In these scripts, what is ASCII stands between words and not in them.
  if (letters < 4 || letters < 0.7 * bytes.length) return undefined;
  const scored = FREQUENT.map(([label, usual]) => {
    return { label, share: count(decodeAs(label, bytes) ?? '', usual) / letters };
  });
  const best = scored.reduce((one, other) => (other.share > one.share ? other : one));
  return best.share >= 0.5 ? best.label : undefined;
}

function count(text: string, letters: string): number {
  let found = 0;
  for (const char of text) if (letters.includes(char)) found += 1;
  return found;
}

/** ISO's encodings are what Windows reads them as: its own have the same letters, and more. */
const OF_WINDOWS: Readonly<Record<string, string>> = {
  'ISO-8859-1': 'windows-1252',
  'ISO-8859-8': 'windows-1255',
  'ISO-8859-9': 'windows-1254',
};
/** From here on the letters' frequencies count for more than that most such files are Western; for a word or two. */
const SURE = { confidence: 25, few: 80, bytes: 12, eastAsian: 50 } as const;

function byLetters(bytes: Uint8Array): string {
  const found = analyse(bytes);
  const [first] = found;
  if (
    first &&
    first.confidence >= SURE.eastAsian &&
    DOUBLE_BYTE.some(({ label }) => label === first.name.toLowerCase())
  ) {
    return first.name;
  }
  const best = found.find(({ name }) => /^(?:ISO-8859|windows|KOI8)/.test(name));
  if (!best || best.confidence < (bytes.length < SURE.bytes ? SURE.few : SURE.confidence)) return 'windows-1252';
  return OF_WINDOWS[best.name] ?? best.name;
}
