/** Lines of a file, 1-based and inclusive. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** Lines that are looked for after one name: a linter lists many. */
const MOST = 50;
/** Characters that are looked at on either side of a name: right after it, and below it where a linter lists places. */
const AROUND = { before: 60, near: 300, below: 4_000 } as const;

const WORD_FOR_LINE = '(?:lines?|ln\\.?|zeilen?|lignes?|l[ií]neas?|linhas?|righ[ae]|regels?|rader?|строк[аеиу]?|줄|行)';
const TO = '(?:-|–|—|~|\\.\\.|:|to|bis|and|through|à|a|到|至|から)';

/**
 * What may stand between the name and its lines: the end of a quotation, an address's query. Blanks are few: several
 * optional runs of them, one after the other, would be tried in every way.
 */
const CLOSING = '["\'`”’»]?(?:\\?(?!L)[\\w=&.%~-]*?)?';
const AFTER: readonly RegExp[] = [
  // a.ts:12, a.ts:12:5, a.ts:12-20, a.ts:12:5-20:1, a.cs:line 12
  new RegExp(`^${CLOSING}:(?:line )?(\\d+)(?::\\d+)?(?:[-–](\\d+)(?::\\d+)?)?`, 'i'),
  // a.ts(12,5), a.php(12), Foo.java:[12,5]
  /^:?[([](\d+)(?:[,:]\s?\d+)?(?:-(\d+)(?:,\d+)?)?[)\]]/,
  // a.ts#L10-L20, a.ts#L10C5-L20C3, a.ts#10, a.ts#lines-10:20, a.ts?L10-20, a.ts?plain=1#L3,
  // a.ts?path=b&line=12&lineEnd=13
  new RegExp(`^${CLOSING}[#?](?:L|lines-)?(\\d+)(?:C\\d+)?(?:[-:]L?(\\d+)(?:C\\d+)?)?`),
  /^[?&#][\w=&.%-]*?\bline=(\d+)(?:&lineEnd=(\d+))?/,
  // "a.py", line 12; a.ts on line 12; a.ts lines 3 to 5; a.ts Zeile 12
  new RegExp(
    `^["'\`”’»)\\]]*[,:;]?\\s{0,3}(?:(?:on|at|in|near|around|auf|um|sur|à|en|na|alla)\\s{1,3})?(?:the\\s{1,3})?[(\\[]?${WORD_FOR_LINE}\\s{0,3}(\\d+)(?:\\s{0,3}${TO}\\s{0,3}(?:${WORD_FOR_LINE}\\s{0,3})?(\\d+))?`,
    'iu',
  ),
  // a.ts的第12行, a.ts の 12 行目, a.ts 12번째 줄
  /^["'`”’»」』)）]*\s{0,3}[,，、:：]?\s{0,3}(?:的|の|の第|의)?\s{0,3}第?\s{0,3}(\d+)\s{0,3}(?:[-–~到至から]+\s{0,3}(\d+)\s{0,3})?(?:行|번째\s{0,3}줄|번\s{0,3}줄|줄)/u,
  // a.ts|12, x.dart 12:5, {file,"x.erl"},{line,12}
  /^\|(\d+)\b/,
  /^ {1,4}(\d+):\d+\b/,
  /^"\},\s*\{line,\s*(\d+)/,
];
/** line 12 of a.ts; lines 3-5 in the file a.ts; Zeile 12 von a.ts */
const BEFORE = new RegExp(
  `${WORD_FOR_LINE}\\s*(\\d+)(?:\\s*${TO}\\s*(\\d+))?\\s+(?:of|in|from|at|von|der|in der|aus|de|du|del|da|di)\\s+(?:(?:the|die|der|file|datei|le|el|fichier)\\s+)*["'\`“‘«(\\[@/.~]*$`,
  'iu',
);
/** A linter that names the file once and lists places below it. */
const LISTED = /\n[ \t]+(\d+):\d+[ \t]+(?:error|warning|info)\b[^\n]*/y;
/** A difference names the lines as they are now. */
const HUNK = /(?:\n@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@[^\n]*)|(?:\n[ +-][^\n]*)/y;

/** The lines that a text names for a file whose name, in this text, stands from `start` to `end`. */
export function linesAround(text: string, start: number, end: number): LineRange[] {
  const near = text.slice(end, end + AROUND.near);
  for (const pattern of AFTER) {
    const found = pattern.exec(near);
    const range = found && rangeOf(found[1], found[2]);
    if (range) return [range];
  }
  const before = BEFORE.exec(text.slice(Math.max(0, start - AROUND.before), start));
  const range = before && rangeOf(before[1], before[2]);
  if (range) return [range];
  const below = text.slice(end, end + AROUND.below);
  return [...listed(below), ...hunks(below)];
}

function listed(after: string): LineRange[] {
  const found: LineRange[] = [];
  LISTED.lastIndex = 0;
  for (let line = LISTED.exec(after); line && found.length < MOST; line = LISTED.exec(after)) {
    const range = rangeOf(line[1]);
    if (range) found.push(range);
  }
  return found;
}

function hunks(after: string): LineRange[] {
  if (!after.startsWith('\n@@ ')) return [];
  const found: LineRange[] = [];
  HUNK.lastIndex = 0;
  for (let hunk = HUNK.exec(after); hunk && found.length < MOST; hunk = HUNK.exec(after)) {
    const first = Number(hunk[1]);
    const range = hunk[1] === undefined ? undefined : rangeOf(hunk[1], `${first + Number(hunk[2] ?? 1) - 1}`);
    if (range) found.push(range);
  }
  return found;
}

function rangeOf(first: string | undefined, last?: string): LineRange | undefined {
  const start = Number(first ?? 0);
  if (!(start >= 1 && start < 1e7)) return undefined;
  const end = Number(last ?? start);
  return { start, end: end >= start && end < 1e7 ? end : start };
}
