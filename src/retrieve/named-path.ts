import { foldCase, plainPath, readings } from './name-text.ts';
import { linesAround } from './named-lines.ts';
import type { LineRange } from './named-lines.ts';
import { perList } from './per-list.ts';

/** A place of the question that names files, or folders, of the index. */
export interface NamedPath {
  readonly kind: 'file' | 'folder';
  /** As the index spells them; several where the name fits several equally well. */
  readonly paths: readonly string[];
  /** The name as the question spells it, from its last part to where it begins. */
  readonly spoken: string;
  /** How many parts of the path the question says. */
  readonly parts: number;
  /** Whether all of what is spoken is part of the path, or all of the path is spoken. */
  readonly isWhole: boolean;
  /** Whether the letters' case is the file's own. */
  readonly isExact: boolean;
  /** Whether the question marks it as a name: quoted, with `@` before it, with lines after it. */
  readonly isMarked: boolean;
  readonly lines: readonly LineRange[];
  /** The text before and after it, for what it tells about the name. */
  readonly before: string;
  readonly after: string;
}

const LIMITS = {
  /** Places of one question that are looked at: a pasted log has thousands. */
  places: 200,
  /** Characters of context on either side. */
  around: 60,
  /** Characters of a spoken path before the part that is known. */
  left: 300,
} as const;

const WORD = /[\p{L}\p{N}\p{M}_]/u;
/** Scripts that put no blanks between words: a name may begin and end anywhere beside them. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]/u;
/** Particles are glued to a name. */
const HANGUL = /\p{Script=Hangul}/u;
const CONNECTOR = /[-.+~]/;
/** An ending with a letter: nothing else than a file is called so. */
const HAS_ENDING = /\.[\d_+-]*\p{L}[\p{L}\w+-]*$/u;
/** No words of English, in whatever case. */
const BUILD_FILE = /^(?:docker|make|gem|rake|proc|jenkins|vagrant|pip|pod|cap|just|brew|fast|guard|task)file$/i;
const ABSOLUTE = /^(?:\/|~\/|\.{1,2}\/|[A-Za-z]:\/|file:\/|vscode[\w-]*:\/)/;
/** Whose files are not the user's: packages, the language's own library, the system's. */
const FOREIGN = new RegExp(
  '(?:^|[/(\\s])(?:node_modules|bower_components|jspm_packages|site-packages|dist-packages|\\.pnpm|\\.yarn|\\.cargo/registry|rustc/[0-9a-f]{6,}|' +
    'pkg/mod|\\.m2|\\.gradle|\\.nuget|\\.pub-cache|vendor/bundle|gems|rubygems|Cellar|nix/store|Frameworks|lib/python\\d[\\d.]*|' +
    'Python\\d+/Lib|usr/(?:local/)?(?:lib|include|share|go/src)|goroot/src)/|^(?:node:|internal/|<frozen |java\\.base/|jdk\\.)',
);

interface Named {
  readonly files: string[];
  readonly folders: string[];
}

/** The names of files and folders, folded, and which lengths they have by their first letters. */
class NameIndex {
  readonly named = new Map<string, Named>();
  readonly #lengths = new Map<string, number[]>();

  constructor(paths: readonly string[], hasFolders: boolean) {
    const folders = new Set<string>();
    for (const path of paths) {
      this.#add(path, 'files');
      if (!hasFolders) continue;
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
        const folder = path.slice(0, at);
        if (folders.has(folder)) break;
        folders.add(folder);
      }
    }
    for (const folder of folders) this.#add(folder, 'folders');
    for (const name of this.named.keys()) {
      const key = name.slice(0, 2);
      const known = this.#lengths.get(key) ?? [];
      if (!known.includes(name.length)) known.push(name.length);
      this.#lengths.set(key, known);
    }
    for (const lengths of this.#lengths.values()) lengths.sort((a, b) => b - a);
  }

  /** Lengths of the names that may begin here, the longest first. */
  lengthsAt(text: string, at: number): readonly number[] {
    const two = this.#lengths.get(text.slice(at, at + 2)) ?? [];
    const one = this.#lengths.get(text.slice(at, at + 1));
    return one ? [...two, ...one] : two;
  }

  #add(path: string, kind: keyof Named): void {
    const plain = plainPath(path);
    const name = foldCase(plain.slice(plain.lastIndexOf('/') + 1));
    const known = this.named.get(name);
    if (known) known[kind].push(path);
    else this.named.set(name, { files: [], folders: [], [kind]: [path] });
  }
}

const filesAlone = perList((paths) => new NameIndex(paths, false));
const filesAndFolders = perList((paths) => new NameIndex(paths, true));

/**
 * The files and folders of the index that a question names, in whatever dress: the names of the index are looked for in
 * the question, and not the other way round, so that blanks, brackets and letters of any script inside a name divide
 * nothing. From its last part a name is followed to the left as far as the path goes along; the longest match counts,
 * then the one with the letters' own case.
 */
export function namedPaths(question: string, paths: readonly string[]): NamedPath[] {
  const texts = readings(question);
  const index = /[/\\]|%2f|@/i.test(question) ? filesAndFolders(paths) : filesAlone(paths);
  const best = new Map<string, NamedPath>();
  for (const text of texts) {
    for (const found of scan(text, index)) {
      const key = JSON.stringify([found.kind, found.paths, found.lines]);
      if (!best.has(key)) best.set(key, found);
    }
  }
  return [...best.values()];
}

function scan(text: string, index: NameIndex): NamedPath[] {
  const folded = foldCase(text);
  const found: NamedPath[] = [];
  for (let at = 0; at < folded.length && found.length < LIMITS.places; at += 1) {
    if (!isStart(folded, at)) continue;
    for (const length of index.lengthsAt(folded, at)) {
      const end = at + length;
      const named = index.named.get(folded.slice(at, end));
      if (!named || end > folded.length) continue;
      const place = placeOf(named, text, folded, at, end);
      if (!place) continue;
      found.push(place);
      at = end - 1;
      break;
    }
  }
  return found;
}

function placeOf(named: Named, text: string, folded: string, start: number, end: number): NamedPath | undefined {
  const hasEnding = HAS_ENDING.test(folded.slice(start, end));
  if (named.files.length > 0 && isEnd(folded, end, hasEnding)) {
    const file = best('file', named.files, text, folded, start, end);
    if (file && isFile(file, hasEnding, text)) return file;
  }
  if (named.folders.length === 0 || !isFolderEnd(folded, end)) return undefined;
  const folder = best('folder', named.folders, text, folded, start, end);
  return folder && isFolder(folder, text[end]) ? folder : undefined;
}

interface Match {
  readonly path: string;
  readonly parts: number;
  readonly from: number;
  readonly isWholePath: boolean;
  readonly isExact: boolean;
}

/** The paths that go along with the text for the longest; of those, the ones spelt in the same case, and whole. */
function best(
  kind: NamedPath['kind'],
  paths: readonly string[],
  text: string,
  folded: string,
  start: number,
  end: number,
): NamedPath | undefined {
  let kept: Match[] = [];
  for (const path of paths) {
    const match = follow(path, text, folded, start, end);
    const [first] = kept;
    const order = first ? compare(match, first) : 1;
    if (order > 0) kept = [match];
    else if (order === 0) kept.push(match);
  }
  const [first] = kept;
  if (!first) return undefined;
  const left = leftOf(text, first.from);
  if (FOREIGN.test(left)) return undefined;
  const lines = kind === 'file' ? linesAround(text, first.from, end) : [];
  const before = text.slice(Math.max(0, first.from - LIMITS.around), first.from);
  const after = text.slice(end, end + LIMITS.around);
  return {
    kind,
    paths: kept.map(({ path }) => path),
    spoken: text.slice(first.from, end),
    parts: first.parts,
    isWhole: first.isWholePath || left === '' || /^(?:[ab]|\.{1,3}|…|~|@|[\w-]+:)\/$/.test(left),
    isExact: first.isExact,
    isMarked: lines.length > 0 || (/[`'"“”‘’«„@[<]$/.test(before) && !/^[\p{L}\p{N}]/u.test(after)),
    lines,
    before: left === '' ? before : `${left}${before.slice(left.length)}`,
    after,
  };
}

function compare(one: Match, other: Match): number {
  return (
    one.parts - other.parts ||
    Number(one.isExact) - Number(other.isExact) ||
    Number(one.isWholePath) - Number(other.isWholePath)
  );
}

/** How far to the left of its last part the text says a path. */
function follow(path: string, text: string, folded: string, start: number, end: number): Match {
  const plain = plainPath(path).split('/');
  let from = start;
  let parts = 1;
  let isExact = text.slice(start, end) === plain.at(-1);
  for (let at = plain.length - 2; at >= 0 && text[from - 1] === '/'; at -= 1) {
    const part = plain[at] ?? '';
    const begin = from - 1 - part.length;
    if (begin < 0 || folded.slice(begin, from - 1) !== foldCase(part) || !isStart(folded, begin)) break;
    isExact &&= text.slice(begin, from - 1) === part;
    from = begin;
    parts += 1;
  }
  return { path, parts, from, isExact, isWholePath: parts === plain.length };
}

/** What is spoken of a path to the left of the part that is known: empty where the name begins there. */
function leftOf(text: string, from: number): string {
  if (text[from - 1] !== '/') return '';
  let start = from - 1;
  const least = Math.max(0, from - LIMITS.left);
  while (start > least && !/[\s"'`<>|“”‘’«»「」『』（），。；：、]/u.test(text[start - 1] ?? ' ')) start -= 1;
  return text.slice(start, from).replace(/^[([{@]+/, '');
}

/** Whether a match that ends with a file's name means the file. */
function isFile(
  { spoken, parts, paths, isExact, isWhole, isMarked, before }: NamedPath,
  hasEnding: boolean,
  text: string,
) {
  if (parts > 1) return true;
  const isBare = isWhole && !before.endsWith('/');
  // `license` is a word where `LICENSE` is a file: without an ending, the letters' case or a mark tells.
  if (isBare && !hasEnding) {
    return BUILD_FILE.test(spoken) || (isExact && (/^\p{Lu}/u.test(spoken) || isMarked || text === spoken));
  }
  if (isWhole) return true;
  // Another folder is spoken than the file's own: only a name that nothing else has can still be meant.
  return paths.length === 1 && hasEnding && isExact;
}

function isFolder({ parts, isWhole, before, isMarked }: NamedPath, next: string | undefined): boolean {
  if (parts > 1) return isWhole || ABSOLUTE.test(before.trimStart());
  const isBare = !before.endsWith('/');
  return isBare
    ? next === '/' || (isMarked && before.endsWith('@'))
    : /^(?:\/|~\/|\.\/|[A-Za-z]:\/)/.test(before) && isWhole;
}

/** Whether a name may begin here: not in the middle of a word or of a longer name. */
function isStart(text: string, at: number): boolean {
  const before = text[at - 1];
  if (before === undefined || before === '/' || UNSPACED.test(before)) return true;
  const first = text[at] ?? '';
  if (WORD.test(before) || isLowSurrogate(before))
    return HANGUL.test(before) && !HANGUL.test(first) && !UNSPACED.test(first);
  if (!CONNECTOR.test(before)) return true;
  const further = text[at - 2];
  return (
    further === undefined || !(WORD.test(further) || further === '/') || UNSPACED.test(further) || HANGUL.test(further)
  );
}

function isEnd(text: string, end: number, hasEnding: boolean): boolean {
  const [next, further = ' '] = [text[end], text[end + 1]];
  if (next === undefined) return true;
  if (WORD.test(next)) return isGlued(text, end);
  if (next === '.') return !WORD.test(further) || UNSPACED.test(further) || HANGUL.test(further);
  if (hasEnding || !WORD.test(further)) return true;
  return next !== '/' && next !== '-' && next !== '+';
}

/** A folder's name ends with the word, or with a slash that nothing follows. */
function isFolderEnd(text: string, end: number): boolean {
  const [next, further] = [text[end], text[end + 1] ?? ' '];
  if (next === undefined) return true;
  if (next === '/') return !/[\p{L}\p{N}_.[(@$+~-]/u.test(further) || UNSPACED.test(further) || HANGUL.test(further);
  if (WORD.test(next)) return isGlued(text, end);
  return !(CONNECTOR.test(next) && WORD.test(further));
}

/** Whether what follows a name is of a script that is written without a blank after it. */
function isGlued(text: string, end: number): boolean {
  const [last = '', next = ''] = [text[end - 1], text[end]];
  return UNSPACED.test(next) || UNSPACED.test(last) || (HANGUL.test(next) && !HANGUL.test(last));
}

const isLowSurrogate = (unit: string): boolean => unit >= '\udc00' && unit <= '\udfff';
