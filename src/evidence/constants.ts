import { terms } from '../memory/search/tokenize.ts';
import { isProse } from '../workspace/files/role.ts';
import {
  CAPITALS,
  constantElsewhere,
  constantIn,
  isOfFile,
  NAME,
  saysMore,
  SELF,
  valuesIn,
} from './constant-definition.ts';
import type { Constant, UsedName } from './constant-definition.ts';
import type { Corpus } from './corpus.ts';
import type { ShownLines } from './evidence.ts';
import { IMPORT } from './references.ts';
import { saidIn } from './term-weights.ts';
import type { Weights } from './term-weights.ts';

const LIMITS = {
  /** Constants that are shown, and names that are looked for in other files than those that use them. */
  shown: 3,
  lookups: 3,
} as const;

const USED = /(?<![\w$@])((?:[A-Za-z_$][\w$]*(?:\.|::|->))*)(@?[A-Za-z_$][\w$]*)(\s*\()?/g;
/** Written as no plain word is: a plain one is most often a variable of its own where it is used. */
const WRITTEN = /[a-z\d][A-Z]|[A-Za-z\d]_[A-Za-z\d]|^[A-Z@]/;

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
    let constant: Constant | undefined;
    if (isOfFile(one, file)) {
      constant = constantIn(file.lines, path, one.name, file.values.get(one.name) ?? []);
    } else if (lookups < LIMITS.lookups && mayBeImported(one, file, path)) {
      lookups += 1;
      constant = await constantElsewhere(corpus, one, path, file.imports);
    }
    if (constant === undefined || !saysMore(constant, await corpus.lines(constant.path))) continue;
    const line = constant.at + 1;
    const place = { path: constant.path, range: { start: line, end: line } };
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

/** A name that is written as a constant, one of a package of Go, or one that an import brings in. */
function mayBeImported({ owner, name }: UsedName, { values, imports }: FileFacts, path: string): boolean {
  if (values.has(name) || (owner !== undefined && SELF.test(owner))) return false;
  // `API` alone may be a word of a comment.
  if (CAPITALS.test(name) && (owner !== undefined || name.includes('_'))) return true;
  if (owner !== undefined) return path.endsWith('.go') && /^[A-Z]/.test(name);
  return imports.match(NAME)?.includes(name) === true;
}
