import { splitLines } from '../segment/line.ts';

const LIMITS = {
  /** UTF-16 units of a line that nobody types as code. */
  longLine: 500,
  /** With this many ordinary lines, a file has something to read even if most of it is one long literal. */
  ordinaryLines: 100,
  /** Enough beside an embedded picture or font, which is no code at all. */
  besideLiteral: 3,
  /** Mean UTF-16 units per line that is not blank, from which on it is minified. */
  meanLine: 250,
  /** Below this a single long line is an ordinary small file (a one-line package.json). */
  file: 2000,
  /** Of a long line, this much is looked at. */
  sample: 2000,
} as const;

/** Whether tools have taken the line ends away; a paragraph on one line is as somebody wrote it. */
export function isMinified(text: string): boolean {
  if (text.length < LIMITS.file) return false;
  const units = { packed: 0, prose: 0, literal: 0, ordinary: 0 };
  let [ordinary, filled] = [0, 0];
  for (const whole of splitLines(text)) {
    if (whole.trim() === '') continue;
    filled += 1;
    const line = folded(whole);
    const kind = kindOf(line);
    units[kind] += line.length;
    if (kind === 'ordinary') ordinary += 1;
  }
  if (ordinary < LIMITS.besideLiteral) units.packed += units.literal;
  const own = units.packed + units.ordinary;
  return (units.packed > own / 2 && ordinary < LIMITS.ordinaryLines) || own / filled > LIMITS.meanLine;
}

/** A wide table is mostly blanks and rules. */
function folded(line: string): string {
  if (line.length <= LIMITS.longLine) return line;
  return line.slice(0, LIMITS.sample).replace(/([ =_*#-])\1{3,}/g, '$1') + line.slice(LIMITS.sample);
}

/** What a long line is: words in sentences, one value without blanks (base64), or code and data packed together. */
function kindOf(line: string): 'ordinary' | 'prose' | 'literal' | 'packed' {
  if (line.length <= LIMITS.longLine) return 'ordinary';
  const sample = line.slice(0, LIMITS.sample);
  if (isProse(sample)) return 'prose';
  return /[\w+/%-]{400}={0,2}/.test(sample) ? 'literal' : 'packed';
}

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

/** Letters and blanks in the shares that languages have, few signs of code, and sentences that end. */
function isProse(text: string): boolean {
  const letters = count(text, /[\p{L}\p{M}]/gu);
  const signs = count(text, /[{}<>=;"\\|&[\]]/g);
  const digits = count(text, /\d/g);
  if (signs > 0.06 * text.length || digits > 0.15 * text.length) return false;
  // Chinese, Japanese and Thai have no blanks between words.
  const unspaced = count(text, /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]/gu);
  if (unspaced > text.length / 3) return letters > 0.6 * text.length;
  const blanks = count(text, /\s+/g);
  const ends = count(text, /[\p{L}\p{N}"'”’»)*_\]`][.!?…:;,](?=\s|$|["'”’»)*_\]])|[।۔؟。！？]/gu);
  return (
    letters > 0.6 * text.length &&
    blanks > 0.08 * text.length &&
    blanks < 0.35 * text.length &&
    ends * 400 >= text.length
  );
}
