import { analyse } from 'chardet';
import { asCharacters, decodeAs, decodeMostly } from './decode.ts';

/** Bytes of words that are looked at: a few pages say what a book would. */
const LOOK = 20_000;

/**
 * The encoding, of the time before Unicode, of a text that is not UTF-8: a label of the WHATWG's Encoding Standard. The
 * words with bytes outside of ASCII decide alone: in a program, they are few between many that are the same in every
 * encoding, and would be outvoted.
 */
export function guessEncoding(bytes: Uint8Array): string {
  const words = asCharacters(bytes).match(/[^\0-\x20]*[\x80-\xff][^\0-\x20]*/g) ?? [];
  const sample = words.slice(0, LOOK).join(' ').slice(0, LOOK);
  const raw = Buffer.from(sample, 'latin1');
  // In scripts other than Latin, a word is a run of such bytes; an accent stands between letters of ASCII.
  const runs = sample.match(/[\x80-\xff]+/g) ?? [];
  const high = runs.reduce((sum, run) => sum + run.length, 0);
  const joined = runs.reduce((sum, run) => sum + (run.length > 1 ? run.length : 0), 0);
  const isLatin = joined < 0.6 * high;
  return (isLatin ? undefined : byFrequentLetters(raw, high)) ?? eastAsian(raw) ?? byLetters(raw, isLatin);
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

/** The commonest letters of a script's languages, which make two thirds of a text. */
const FREQUENT: readonly (readonly [labels: readonly string[], letters: string])[] = [
  [['windows-1251', 'koi8-u', 'ibm866', 'iso-8859-5'], 'оеаинтсрвлії'],
  [['windows-1253', 'iso-8859-7'], 'αοιετνςσηρκπυό'],
  [['windows-1255', 'iso-8859-8'], 'יוהלאתרבמש'],
  [['windows-1256', 'iso-8859-6'], 'اليمنرتوبة'],
  [['windows-874'], 'านรอกเงมยลวดท่้ัิี'],
];

/** The encoding in which most letters are the commonest of its script. */
function byFrequentLetters(bytes: Uint8Array, high: number): string | undefined {
  if (high < 4) return undefined;
  const scored = FREQUENT.flatMap(([labels, usual]) =>
    labels.map((label) => ({ label, share: count(decodeAs(label, bytes) ?? '', usual) / high })),
  );
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
const LATIN = /^(?:ISO-8859-[129]|windows-125[0247])$/;
/** From here on the letters' frequencies count for more than that most such files are Western; for a word or two. */
const SURE = { confidence: 25, few: 80, bytes: 12, eastAsian: 50 } as const;

function byLetters(bytes: Uint8Array, isLatin: boolean): string {
  const found = analyse(bytes);
  const [first] = found;
  const isEastAsian = first && DOUBLE_BYTE.some(({ label }) => label === first.name.toLowerCase());
  if (isEastAsian && first.confidence >= SURE.eastAsian) return first.name;
  const best = found.find(({ name }) => (isLatin ? LATIN.test(name) : /^(?:ISO-8859|windows|KOI8)/.test(name)));
  const isSure = best && best.confidence >= (bytes.length < SURE.bytes ? SURE.few : SURE.confidence);
  const guess = isSure ? (OF_WINDOWS[best.name] ?? best.name) : 'windows-1252';
  return isLatin ? fittest([guess, 'windows-1252', 'ISO-8859-2', 'windows-1250'], bytes) : guess;
}

/** The first of these in which the fewest words have a sign or a control among their letters (`Uživate¾`). */
function fittest(labels: readonly string[], bytes: Uint8Array): string {
  const scored = labels.map((label) => {
    const text = decodeAs(label, bytes);
    const odd = text?.match(
      /(?<=\p{L})[^\p{L}\p{M}\p{N}\p{P}\s\0-\x7f](?=\p{L})|(?<=\p{L})[¹²³¼½¾](?=\p{L})|[\x80-\x9f]/gu,
    );
    return { label, odd: text === undefined ? Infinity : (odd?.length ?? 0) };
  });
  return scored.reduce((one, other) => (other.odd < one.odd ? other : one)).label;
}
