/** Where the tokenizer splits a text before pairs are merged: as its file says it, character by character. */
export const PIECE_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** The same for this language, whose `\s` is another set of characters. */
const piece = new RegExp(
  PIECE_PATTERN.replaceAll(String.raw`[^\s`, String.raw`[^\p{White_Space}`)
    .replaceAll(String.raw`\s`, String.raw`\p{White_Space}`)
    .replaceAll(String.raw`\S`, String.raw`\P{White_Space}`),
  'uy',
);

/** Kinds of ASCII characters; what is above has a kind of its own, and the pattern decides. */
const [LETTER, DIGIT, NEWLINE, SPACE, OTHER, FOREIGN] = [0, 1, 2, 3, 4, 5] as const;
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-z]/i.test(character)) return LETTER;
  if (/[0-9]/.test(character)) return DIGIT;
  if (/[\r\n]/.test(character)) return NEWLINE;
  return /\p{White_Space}/u.test(character) ? SPACE : OTHER;
});
const BLANK = 0x20;
const QUOTE = 0x27;

/**
 * The end of the piece that begins at `from`. ASCII, which is nearly all of a source, is looked at without the regular
 * expression, five times as fast; the expression decides as soon as another character could matter.
 */
export function pieceEnd(text: string, from: number): number {
  return asciiEnd(text, from) ?? patternEnd(text, from);
}

function patternEnd(text: string, from: number): number {
  piece.lastIndex = from;
  // What the pattern does not match is a piece of its own; this one matches everywhere.
  return piece.test(text) ? piece.lastIndex : from + 1;
}

/** Undefined where a character that is not ASCII may decide. */
function asciiEnd(text: string, from: number): number | undefined {
  const first = text.charCodeAt(from);
  const kind = kindAt(text, from);
  const next = kindAt(text, from + 1);
  if (kind === FOREIGN || next === FOREIGN) return undefined;
  if (first === QUOTE) {
    const contraction = contractionLength(text, from);
    if (contraction !== 0) return contraction === undefined ? undefined : from + contraction;
  }
  if (kind === LETTER) return runEnd(text, from + 1, LETTER);
  if (kind === DIGIT) return from + 1;
  if (kind !== NEWLINE && next === LETTER) return runEnd(text, from + 2, LETTER);
  if (kind === OTHER) return withNewlines(text, runEnd(text, from + 1, OTHER));
  if (first === BLANK && next === OTHER) return withNewlines(text, runEnd(text, from + 2, OTHER));
  return blankEnd(text, from);
}

/** White space: up to its last line end; where it has none, all but the last, which belongs to what follows. */
function blankEnd(text: string, from: number): number | undefined {
  let lastNewline = -1;
  let end = from;
  for (; ; end += 1) {
    const kind = kindAt(text, end);
    if (kind === FOREIGN) return undefined;
    if (kind === NEWLINE) lastNewline = end;
    else if (kind !== SPACE) break;
  }
  if (lastNewline >= 0) return lastNewline + 1;
  return end === text.length || end === from + 1 ? end : end - 1;
}

function runEnd(text: string, from: number, wanted: number): number | undefined {
  for (let end = from; ; end += 1) {
    const kind = kindAt(text, end);
    if (kind === FOREIGN) return undefined;
    if (kind !== wanted) return end;
  }
}

function withNewlines(text: string, from: number | undefined): number | undefined {
  return from === undefined ? undefined : runEnd(text, from, NEWLINE);
}

/** Characters of `'s`, `'re` and the like; 0 where there is none. */
function contractionLength(text: string, from: number): number | undefined {
  const said = text.slice(from + 1, from + 3).toLowerCase();
  if (/^[stmd]/.test(said)) return 2;
  if (said.length > 1 && said.charCodeAt(1) > 127) return undefined;
  return ['re', 've', 'll'].includes(said) ? 3 : 0;
}

/** The end of a text is of no kind that a run has. */
function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code < 128) return KINDS[code] ?? OTHER;
  return Number.isNaN(code) ? -1 : FOREIGN;
}
