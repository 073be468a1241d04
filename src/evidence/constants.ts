import { escapeRegExp } from '../common/escape-regexp.ts';
import { terms } from '../memory/search/tokenize.ts';
import { isProse, roleOf } from '../workspace/files/role.ts';
import type { LineRange } from '../retrieve/named-lines.ts';
import type { Corpus } from './corpus.ts';
import { IMPORT } from './references.ts';
import { saidIn } from './term-weights.ts';
import type { Weights } from './term-weights.ts';

const LIMITS = {
  /** Constants that are shown, and names that are looked for in other files than those that use them. */
  shown: 3,
  lookups: 3,
  /** Files that may define one of them: a name that more may define is not looked for. */
  files: 12,
  /** Characters of a line that defines one. */
  characters: 200,
} as const;

/** Lines of a file that are shown. */
interface ShownLines {
  readonly path: string;
  readonly range: LineRange;
}

/** A name that shown lines use and do not call, and what it is said to belong to. */
interface UsedName {
  readonly owner: string | undefined;
  readonly name: string;
}

/** A line that gives a name its value. */
interface Form {
  readonly name: string;
  /** Modifiers and types before the name. */
  readonly before: string;
  readonly indent: string;
  readonly value: string;
}

const USED = /(?<![\w$@])((?:[A-Za-z_$][\w$]*(?:\.|::|->))*)(@?[A-Za-z_$][\w$]*)(\s*\()?/g;
const NAME = /@?[A-Za-z_$][\w$]*/g;
/** What every line that gives a value has. */
const MAY_GIVE = /=|\bdefine\b|^\s*@[a-z]/;
const CAPITALS = /^_*[A-Z][A-Z\d_]+$/;
/** Written as no plain word is: a plain one is most often a variable of its own where it is used. */
const WRITTEN = /[a-z\d][A-Z]|[A-Za-z\d]_[A-Za-z\d]|^[A-Z@]/;
const SELF = /^(?:self|this|cls|Self|static)$/;

const ASSIGNED =
  /^(\s*)((?:[A-Za-z_](?:[\w.<>[\],*&?]|::)*(?:\([a-z]+\))?\s+)*)[*&]*([A-Za-z_$][\w$]*)(?:\[\w*\])*\s*(?::\s*[^=]{1,60})?=(?![=>~])\s*(\S.*)$/;
/** Go says the type behind the name. */
const OF_GO = /^(\s*)((?:(?:const|var)\s+)?)([A-Za-z_]\w*)(?:\s+[\w.*[\]]+)?\s*=(?!=)\s*(\S.*)$/;
/** C's macros, PHP's `define`, and Elixir's attributes of a module. */
const OTHERS: readonly RegExp[] = [
  /^\s*#\s*define\s+(\w+)\s+(\S.*)$/,
  /^\s*define\(\s*['"](\w+)['"]\s*,\s*(\S.*)\);\s*$/,
  /^\s*(@[a-z]\w*)\s+(\S.*)$/,
];
const ENUMERATION = /\benum\b|\bclass\b.*\b\w*(?:Enum|Flag)\b/;
const GROUP = /^(?:const|var)\s*\(\s*$/;

/** What is never given another value, and what may be. */
const FIXED = /(?:^|\s)(?:const|constexpr|final|val|readonly)\s/;
const VARIABLE = /(?:^|\s)(?:let|static|local|var)\s/;
const OF_CLASS = /(?:^|\s)(?:public|private|protected|internal|static|companion)\s/;

const TEXT = /[A-Za-z@]{0,2}(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\$]|\\.)*`)/g;
const COMMENT = /\s*(?:\/\/|\/\*|#|--\s).*$/;
const NUMBER = /(?<![\w.])(?:\d[\w.]*|true|false)\b/gi;
/** What a value may be made of beside numbers and texts: spans of time, sets, patterns, casts. */
const MADE_OF =
  /\b(?:new\s+)?(?:[\w.:]*\b(?:Duration|timedelta|TimeSpan|Decimal|BigInt)(?:(?:\.|::)\w+)?|time\.(?:Nano|Micro|Milli)?[Ss]econd|time\.(?:Minute|Hour)|(?:frozen)?set|Set|Map|tuple|listOf|setOf|(?:List|Set)\.of|Object\.freeze|re\.compile|regexp\.MustCompile|RegExp|Regex(?:::new)?)\b|\bas\s+\w+|\.freeze\b|\b\w+(?==)/g;

const familyOf = (path: string): string => {
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  if (/^(?:[cm]?[jt]sx?|vue|svelte)$/.test(ending)) return 'js';
  return /^(?:[ch]|cc|cpp|cxx|hh|hpp|hxx|inl|mm?)$/.test(ending) ? 'c' : ending;
};

/** What a file says of the names that its shown lines use. */
interface FileFacts {
  readonly lines: readonly string[];
  readonly names: readonly UsedName[];
  /** Lines (from 0) that give one of them a value, by name. */
  readonly values: ReadonlyMap<string, readonly number[]>;
  readonly imports: string;
}

/**
 * The constants that shown lines use and do not show, each with the line that gives it its value: `LOAN_DAYS` alone
 * says no number. Such a line stands in the file that uses the name, or in the one indexed source that defines it.
 *
 * @param weights of the question's words: constants whose names say some come first
 */
export async function usedConstants(
  corpus: Corpus,
  shown: readonly ShownLines[],
  weights: Weights,
): Promise<ShownLines[]> {
  const files = new Map<string, FileFacts>();
  for (const [path, places] of Map.groupBy(shown, (one) => one.path)) {
    if (!isProse(path)) files.set(path, factsOf(await corpus.lines(path), places));
  }
  const used = [...files.entries()].flatMap(([path, file]) =>
    file.names.map((one) => ({ path, file, one, weight: saidIn(new Set(terms(one.name)), weights) })),
  );
  const found: ShownLines[] = [];
  const known = new Set<string>();
  let lookups = 0;
  for (const { path, file, one } of used.sort((a, b) => b.weight - a.weight)) {
    if (found.length === LIMITS.shown) break;
    if (known.has(one.name)) continue;
    corpus.signal?.throwIfAborted();
    let place: ShownLines | undefined;
    if (isOfFile(one, file)) {
      place = constantIn(file.lines, path, one.name, file.values.get(one.name) ?? []);
    } else if (lookups < LIMITS.lookups && mayBeImported(one, file, path)) {
      lookups += 1;
      place = await constantElsewhere(corpus, one, path, file.imports);
    }
    if (place === undefined) continue;
    known.add(one.name);
    if (![...shown, ...found].some((other) => holds(other, place))) found.push(place);
  }
  return found;
}

const holds = ({ path, range }: ShownLines, place: ShownLines): boolean =>
  path === place.path && range.start <= place.range.start && place.range.end <= range.end;

function factsOf(lines: readonly string[], places: readonly ShownLines[]): FileFacts {
  const text = places
    .flatMap(({ range }) => lines.slice(range.start - 1, range.end))
    .filter((line) => !IMPORT.test(line))
    .join('\n');
  const names = new Map<string, UsedName>();
  for (const [said, owners = '', name = '', call] of text.matchAll(USED)) {
    if (call === undefined && WRITTEN.test(name)) names.set(said, { owner: owners.split(/\.|::|->/).at(-2), name });
  }
  const wanted = new Set([...names.values()].map(({ name }) => name));
  const imports = lines.filter((line) => IMPORT.test(line)).join('\n');
  return { lines, names: [...names.values()], values: valuesIn(lines, wanted), imports };
}

/** The lines (from 0) that give these names a value, a first one or another. */
function valuesIn(lines: readonly string[], wanted: ReadonlySet<string>): Map<string, number[]> {
  const values = new Map<string, number[]>();
  for (const [at, line] of lines.entries()) {
    if (!MAY_GIVE.test(line)) continue;
    for (const name of new Set(line.slice(0, LIMITS.characters).match(NAME))) {
      if (wanted.has(name) && givesValue(line, name)) values.set(name, [...(values.get(name) ?? []), at]);
    }
  }
  return values;
}

/** Whether the file gives the name a value, of itself or of a type in it. */
function isOfFile({ owner, name }: UsedName, { lines, values }: FileFacts): boolean {
  return values.has(name) && (owner === undefined || SELF.test(owner) || declaresType(lines, owner));
}

function declaresType(lines: readonly string[], name: string): boolean {
  const type = new RegExp(
    `\\b(?:class|struct|enum|object|interface|trait|impl|module|namespace|record|extension)\\s+${escapeRegExp(name)}(?![\\w$])`,
  );
  return lines.some((line) => line.includes(name) && type.test(line));
}

/** A name that is written as a constant, one of a package of Go, or one that an import brings in. */
function mayBeImported({ owner, name }: UsedName, { values, imports }: FileFacts, path: string): boolean {
  if (values.has(name) || (owner !== undefined && SELF.test(owner))) return false;
  // `API` alone may be a word of a comment.
  if (CAPITALS.test(name) && (owner !== undefined || name.includes('_'))) return true;
  if (owner !== undefined) return path.endsWith('.go') && /^[A-Z]/.test(name);
  return imports.match(NAME)?.includes(name) === true;
}

/** In the only other source of the same language that gives the name a value: of those first that are imported. */
async function constantElsewhere(
  corpus: Corpus,
  { owner, name }: UsedName,
  path: string,
  imports: string,
): Promise<ShownLines | undefined> {
  const family = familyOf(path);
  const all = corpus
    .holding([name])
    .paths.filter((one) => one !== path && familyOf(one) === family && roleOf(one) === 'source');
  const said = new Set(imports.match(/[\w-]+/g));
  // The file's name, or its folder's where that is the module.
  const imported = all.filter((one) =>
    one
      .replace(/\.\w+$/, '')
      .split('/')
      .slice(-2)
      .some((part) => said.has(part)),
  );
  const paths = imported.length > 0 ? imported : all;
  if (paths.length > LIMITS.files) return undefined;
  const giving: { readonly path: string; readonly lines: readonly string[]; readonly at: readonly number[] }[] = [];
  for (const one of paths) {
    const lines = await corpus.lines(one);
    const at = valuesIn(lines, new Set([name])).get(name);
    if (at) giving.push({ path: one, lines, at });
  }
  const [only] = giving;
  if (only === undefined || giving.length > 1) return undefined;
  // `Loans.MAX` is what `loans.py` says, a package `loans`, or a type of that name.
  const isOwn = owner === undefined || only.path.split(/[/.]/).includes(owner) || declaresType(only.lines, owner);
  return isOwn ? constantIn(only.lines, only.path, name, only.at) : undefined;
}

/** Whether a line gives the name a value, a first one or another. */
function givesValue(line: string, name: string): boolean {
  const own = escapeRegExp(name);
  return new RegExp(
    `(?<![\\w$])${own}(?:\\[\\w*\\])*(?:\\s+[\\w.*[\\]]+)?\\s*(?::[^=]{1,60})?(?:[-+*/%|&^]|\\|\\||&&|\\?\\?|:)?=(?![=>~])|` +
      `#\\s*define\\s+${own}(?![\\w$])|\\bdefine\\(\\s*['"]${own}['"]|^\\s*${own}\\s+[\\d"'[{]`,
  ).test(line.slice(0, 2 * LIMITS.characters));
}

/**
 * The line that gives a name its only value in a file, where that is a literal which says more than the name does.
 *
 * @param giving the lines (from 0) that give it one
 */
function constantIn(
  lines: readonly string[],
  path: string,
  name: string,
  giving: readonly number[],
): ShownLines | undefined {
  const [at = 0] = giving;
  const line = lines[at] ?? '';
  if (giving.length !== 1 || line.length > LIMITS.characters) return undefined;
  const form = formOf(line, path);
  if (form?.name !== name || !isLiteral(form.value) || !isConstant(form, path, lines, at)) return undefined;
  const letters = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  const isSaid = letters(form.value) === letters(name) || isInEnumeration(lines, at);
  return isSaid ? undefined : { path, range: { start: at + 1, end: at + 1 } };
}

function formOf(line: string, path: string): Form | undefined {
  for (const other of OTHERS) {
    const [, name, value] = other.exec(line) ?? [];
    if (name !== undefined && value !== undefined) return { name, before: 'const ', indent: '', value };
  }
  const [, indent = '', before = '', name, value] = (path.endsWith('.go') ? OF_GO : ASSIGNED).exec(line) ?? [];
  return name === undefined || value === undefined ? undefined : { name, before, indent, value };
}

/** Whether what a line says holds for the whole file, or for a type in it. */
function isConstant({ name, before, indent }: Form, path: string, lines: readonly string[], at: number): boolean {
  const isTop = indent === '';
  if (path.endsWith('.go')) return isTop ? before !== '' : isInGroup(lines, at);
  const isInCapitals = CAPITALS.test(name);
  if (FIXED.test(before)) return isTop || isInCapitals || OF_CLASS.test(before);
  if (VARIABLE.test(before)) return isInCapitals || (isTop && path.endsWith('.swift'));
  if (before !== '') return false;
  // A parameter of the same name hides it.
  const isHidden = () => lines.some((line) => /^\s*(?:async\s+)?def\s/.test(line) && line.split(/\W+/).includes(name));
  return isInCapitals || (isTop && /\.(?:py|rb)$/.test(path) && !isHidden());
}

function isInGroup(lines: readonly string[], at: number): boolean {
  const head = lines.slice(0, at).findLast((line) => /^\S/.test(line) && !line.startsWith('//'));
  return head !== undefined && GROUP.test(head);
}

/** The value of a case only tells it from the others. */
function isInEnumeration(lines: readonly string[], at: number): boolean {
  const indentOf = (line: string): number => line.search(/\S/);
  const own = indentOf(lines[at] ?? '');
  const head = lines.slice(0, at).findLast((line) => indentOf(line) >= 0 && indentOf(line) < own);
  return head !== undefined && ENUMERATION.test(head);
}

/** A number, a text, a truth, or a list or span of time made of such ones: no expression that only the run can tell. */
function isLiteral(value: string): boolean {
  const left = value.replace(TEXT, '0').replace(COMMENT, '').replace(MADE_OF, '').replace(NUMBER, '0');
  if (!left.includes('0') || !/^[-\s0+*/%<>|&^~()[\]{},;:=]*$/.test(left)) return false;
  const count = (signs: RegExp) => left.match(signs)?.length ?? 0;
  return count(/[([{]/g) === count(/[)\]}]/g);
}
