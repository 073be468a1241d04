import { terms } from '../memory/search/tokenize.ts';
import { roleOf } from '../workspace/files/role.ts';
import type { Corpus } from './corpus.ts';
import { extentOf } from './definition.ts';
import type { EvidenceItem, Gathered } from './evidence.ts';
import { saidIn, weightsOf } from './term-weights.ts';
import type { Weights } from './term-weights.ts';

const LIMITS = {
  /** Files that are looked through, places that are shown, and characters of a line. */
  files: 150,
  shown: 4,
  line: 400,
  /** What a place says of the question's words beside the name that gets the value. */
  beside: 0.4,
  /** What the word "default" in the name, in the line or in the file's name adds. */
  called: 0.25,
  /** What each further word of the name takes away: another setting has it. */
  other: 0.15,
  /** What is left of a place whose value is another name. */
  constant: 0.85,
  /** Factor for a place whose value is null: another place sets it. */
  nothing: 0.7,
  /** The least that counts, and the part of the best that another place has to have. */
  least: 0.45,
  near: 0.75,
} as const;

/** Words of every question about a value. */
const GENERAL = new Set(
  (
    'default defaults value values setting settings option options config configuration parameter many much long large ' +
    'big often most least maximum minimum allowed have has set number size amount there is are per of to in for on'
  )
    .split(' ')
    .flatMap((word) => terms(word)),
);
/** A name that is given a value: assigned, declared, set by a call, or a key of a settings file or of a table. */
const GIVEN: readonly RegExp[] = [
  /^(?:[\w$@<>*&,.-]+(?:::[\w$<>*&,.-]+)*\s+){0,6}[*&@]?([A-Za-z_$][\w$.-]*)\s*(?::\s*[^=\s][^=]{0,60})?(?::=|=(?![=>~]))\s*(\S.*)$/,
  /^["']?([A-Za-z_$][\w$.-]*)["']?\s*:\s*([^\s:].*)$/,
  /^#\s*define\s+(\w+)\s+(\S.*)$/,
  /^(?:[\w$]+\.)?(?:set|option|config|set_?[dD]efault)[( ]\s*[:"'](\w[\w -]*)["']?,\s*(\S.*)$/,
  /^(?:[\w$]+\s+){1,4}([A-Za-z_$][\w$]*)\[(\d+)\]\s*[;={]/,
  /^@(\w+)\s+([\d:"'].*)$/,
  /\bfn\s+(default_\w+)\(\)\s*->\s*(\S.*)$/,
  /[({,\s]([A-Za-z_]\w*)(?::\s*[^\s=,][^=,]{0,40}|\s)?=\s*(-?\d[\w.]*|["'][^"']*["']|True|False|None|true|false|null|nil)\s*[,)]/,
];
/** An option with its default, a row of a table. */
const TABLED: readonly RegExp[] = [
  /["'`]--([\w-]+)["'`]([^\n]*\bdefault\b.*)$/,
  /^\|\s*`([\w.-]+)`[^|]*\|([^|]*\|[^|]*)\|$/,
];
const ANY = [...GIVEN, ...TABLED];
/** A number, a text, a truth, nothing, a list, something made of a number: no expression that only the run can tell. */
const VALUE: readonly RegExp[] = [
  /^[([{|<`"']*-?\d/,
  /^["'`[{|]/,
  /^[({\s]*(?:true|false|none|null|nil|undefined)\b/i,
  /^[A-Z][\w:]*[(<{[]\D*\d/,
  /^\w+\([^)\d]*\d/,
  /^[A-Za-z]\w* \{ ?-?\d/,
  /^[A-Z]\w*(?:\.|::)[A-Z][a-z]\w*(?:[\s;,)]*$|[\s;,)]*\/\/)/,
];
/** The value of another name: where that one is given its own says more. */
const CONSTANT = /^[A-Z][A-Z\d_]+\b/;
const NOTHING = /^[({\s]*(?:none|null|nil|undefined)\b/i;
/** A sentence of a document that tells the value. */
const TOLD = /\b(?:defaults? (?:to|is|value|of)|by default|default:)/i;

const [DEFAULT_TERM = ''] = terms('default');

/** What a file says of each of its lines. */
interface Surroundings {
  readonly isText: boolean;
  readonly isTelling: boolean;
  readonly terms: readonly string[];
  /** Those of its name alone. */
  readonly named: ReadonlySet<string>;
}

/** What is asked for: its words, and the weight of all of them. */
interface Wanted {
  readonly weights: Weights;
  readonly total: number;
  /** Words of the question that every question about a value may have, such as "size". */
  readonly general: ReadonlySet<string>;
}

interface Place {
  readonly path: string;
  readonly at: number;
  readonly score: number;
}

/** Where a value is given by default: lines whose name says most of the words, and sentences that tell it. */
export async function gatherDefaults(corpus: Corpus, words: readonly string[]): Promise<Gathered> {
  const all = [...new Set(words.flatMap((word) => terms(word)))];
  const asked = all.filter((word) => !GENERAL.has(word));
  const general = new Set(all.filter((word) => GENERAL.has(word) && word !== DEFAULT_TERM));
  const weights = weightsOf(corpus, asked);
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return { items: [], isComplete: false };
  const places: Place[] = [];
  const files = new Map(filesFor(corpus, asked).map((path) => [path, surroundingsOf(path)]));
  await corpus.scan([...files.keys()], (line, at, _, path) => {
    const file = files.get(path);
    if (!file || line.length > LIMITS.line) return [];
    const score = scoreOf(line, file, { weights, total, general }) / total;
    if (score >= LIMITS.least) places.push({ path, at, score });
    return [];
  });
  places.sort((a, b) => b.score - a.score);
  const least = (places[0]?.score ?? 0) * LIMITS.near;
  const items: EvidenceItem[] = [];
  for (const { path, at, score } of places) {
    if (score < least || items.length >= LIMITS.shown) break;
    const lines = await corpus.lines(path);
    const { start } = extentOf(lines, at).lines;
    const isText = roleOf(path) === 'documentation';
    const isNew = items.every((item) => corpus.own(item.path) !== path || Math.abs(item.lines.end - at - 1) > 2);
    const text = (lines[at] ?? '').trim();
    const above = isText ? at : start;
    if (isNew && items.every((item) => item.text.trim() !== text))
      items.push(await corpus.item('setting', path, { start: Math.max(1, above), end: at + 1 + Number(isText) }));
  }
  return { items, isComplete: false };
}

/** The files that hold most of the words, of as many first those that are there for values. */
function filesFor(corpus: Corpus, asked: readonly string[]): string[] {
  const held = new Map<string, number>();
  for (const word of asked) {
    for (const path of corpus.holding([word]).paths) held.set(path, (held.get(path) ?? 0) + 1);
  }
  return [...held]
    .filter(([path]) => !['test', 'changelog', 'example'].includes(roleOf(path)))
    .sort(([a, one], [b, other]) => other - one || Number(isTelling(b)) - Number(isTelling(a)))
    .slice(0, LIMITS.files)
    .map(([path]) => path);
}

const surroundingsOf = (path: string): Surroundings => ({
  isText: roleOf(path) === 'documentation',
  isTelling: isTelling(path),
  terms: terms(path),
  named: new Set(terms(path.slice(path.lastIndexOf('/') + 1))),
});

/** How much of the question's weight a line says that gives a value or tells one; 0 for any other line. */
function scoreOf(line: string, file: Surroundings, { weights, total, general }: Wanted): number {
  const { isText } = file;
  const trimmed = line.trim();
  const isTold = isText && TOLD.test(line) && /[\d`"']/.test(line);
  // What a document assigns is an example; its tables and options tell.
  const found = (isText ? TABLED : ANY).flatMap((pattern) => {
    const [, name, value] = pattern.exec(trimmed) ?? [];
    return name === undefined || value === undefined ? [] : [{ name, value: value.trim() }];
  });
  if (!isTold && found.length === 0) return 0;
  const held = new Set(terms(line));
  const around = new Set([...held, ...file.terms]);
  const saidAround = saidIn(around, weights);
  const words = [...weights.keys()].filter((term) => around.has(term)).length;
  const isCalled = file.isTelling || held.has(DEFAULT_TERM);
  let most = isTold ? saidIn(held, weights) * (1 - LIMITS.beside / 2) : 0;
  for (const { name, value } of found) {
    const isConstant = CONSTANT.test(value);
    if (!isConstant && !VALUE.some((form) => form.test(value))) continue;
    const parts = terms(name);
    // The first term of a name in parts is the whole.
    const said = new Set(parts.length > 1 && /^\S+$/.test(name) ? parts.slice(1) : parts);
    // `SIZE` in `Segment.kt` is the segment's.
    const isOfFile = said.size > 0 && [...said].every((term) => general.has(term));
    const inName = saidIn(isOfFile ? file.named : said, weights);
    const matched = [...said].filter((term) => weights.has(term)).length;
    // One word of several is the name of many things.
    const isVague = !isOfFile && matched === 1 && (weights.size > 2 ? words < 2 : weights.size > 1 && !isCalled);
    if (inName === 0 || isVague) continue;
    const others = [...said].filter((term) => !weights.has(term) && !GENERAL.has(term)).length;
    const beside = LIMITS.beside * (saidAround - inName);
    const called = isCalled ? LIMITS.called : 0;
    const own = inName + Math.max(0, beside) + total * (called - LIMITS.other * others);
    const left = NOTHING.test(value) ? LIMITS.nothing : isConstant ? LIMITS.constant : 1;
    most = Math.max(most, own * left);
  }
  return most;
}

/** A file that is there for values. */
const isTelling = (path: string): boolean => /default|settings|config|constants?|options?/i.test(path);
