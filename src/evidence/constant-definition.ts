import { escapeRegExp } from '../common/escape-regexp.ts';
import { roleOf } from '../workspace/files/role.ts';
import type { Corpus } from './corpus.ts';

const LIMITS = {
  /** Files that may define a constant: a name that more may define is not looked for. */
  files: 12,
  /** Characters of a line that defines one. */
  characters: 200,
} as const;

/** A name that stands for a value, and what it is said to belong to. */
export interface UsedName {
  readonly owner: string | undefined;
  readonly name: string;
}

/** The line (from 0) that gives a name its only value, a literal. */
export interface Constant {
  readonly path: string;
  readonly at: number;
  readonly name: string;
  /** As it is written, to the line's end. */
  readonly value: string;
}

/** A line that gives a name its value. */
interface Form {
  readonly name: string;
  /** Modifiers and types before the name. */
  readonly before: string;
  readonly indent: string;
  readonly value: string;
}

/** Each name in a text. */
export const NAME = /@?[A-Za-z_$][\w$]*/g;
/** What every line that gives a value has. */
const MAY_GIVE = /=|\bdefine\b|^\s*@[a-z]/;
export const SELF = /^(?:self|this|cls|Self|static)$/;
export const CAPITALS = /^_*[A-Z][A-Z\d_]+$/;
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
const FIXED = /(?:^|\s)(?:const|constexpr|final|val|readonly|static\s+let)\s/;
const VARIABLE = /(?:^|\s)(?:let|static|local|var)\s/;
const OF_CLASS = /(?:^|\s)(?:public|private|protected|internal|static|companion)\s/;

const TEXT = /[A-Za-z@]{0,2}(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\$]|\\.)*`)/g;
const TEXT_FIRST = new RegExp(`^${TEXT.source}`);
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

/** The lines (from 0) that give these names a value, a first one or another. */
export function valuesIn(lines: readonly string[], wanted: ReadonlySet<string>): Map<string, number[]> {
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
export function isOfFile(
  { owner, name }: UsedName,
  { lines, values }: { readonly lines: readonly string[]; readonly values: ReadonlyMap<string, readonly number[]> },
): boolean {
  return values.has(name) && (owner === undefined || SELF.test(owner) || declaresType(lines, owner));
}

function declaresType(lines: readonly string[], name: string): boolean {
  const type = new RegExp(
    `\\b(?:class|struct|enum|object|interface|trait|impl|module|namespace|record|extension)\\s+${escapeRegExp(name)}(?![\\w$])`,
  );
  return lines.some((line) => line.includes(name) && type.test(line));
}

/** In the only other source of the same language that gives the name a value: of those first that are imported. */
export async function constantElsewhere(
  corpus: Corpus,
  { owner, name }: UsedName,
  path: string,
  imports: string,
): Promise<Constant | undefined> {
  const family = familyOf(path);
  const all = corpus
    .holding([name])
    .paths.filter((one) => one !== path && familyOf(one) === family && roleOf(one) === 'source')
    .filter((one) => owner !== undefined || family !== 'go' || folderOf(one) === folderOf(path));
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

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** Whether a line gives the name a value, a first one or another. */
function givesValue(line: string, name: string): boolean {
  const own = escapeRegExp(name);
  return new RegExp(
    `(?<![\\w$])${own}(?:\\[\\w*\\])*(?:\\s+[\\w.*[\\]]+)?\\s*(?::[^=]{1,60})?(?:[-+*/%|&^]|\\|\\||&&|\\?\\?|:)?=(?![=>~])|` +
      `#\\s*define\\s+${own}(?![\\w$])|\\bdefine\\(\\s*['"]${own}['"]|^\\s*${own}\\s+[\\d"'[{]`,
  ).test(line.slice(0, 2 * LIMITS.characters));
}

/**
 * What gives a name its only value in a file, where that is a literal.
 *
 * @param giving the lines (from 0) that give it one
 */
export function constantIn(
  lines: readonly string[],
  path: string,
  name: string,
  giving: readonly number[],
): Constant | undefined {
  const [at = 0] = giving;
  const line = lines[at] ?? '';
  if (giving.length !== 1 || line.length > LIMITS.characters) return undefined;
  const form = formOf(line, path);
  if (form?.name !== name || !isLiteral(form.value) || !isConstant(form, path, lines, at)) return undefined;
  return { path, at, name, value: form.value };
}

/** Whether a constant's value says more than its name does. */
export function saysMore({ at, name, value }: Constant, lines: readonly string[]): boolean {
  const letters = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  return letters(value) !== letters(name) && !isInEnumeration(lines, at);
}

/** The text that a constant is; undefined where it is another literal. */
export function textOf({ value }: Constant): string | undefined {
  const [text = ''] = TEXT_FIRST.exec(value) ?? [];
  const left = value.slice(text.length).replace(COMMENT, '');
  if (text === '' || left.replace(/\.freeze\b|\bas const\b|[\s,;]/g, '') !== '') return undefined;
  return text.replace(/^[^"'`]*["'`]|["'`]$/g, '');
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
