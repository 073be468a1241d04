import { pathDepth } from '../common/path-depth.ts';
import { terms } from '../memory/search/tokenize.ts';
import { isWrittenText, roleOf } from '../workspace/files/role.ts';
import { rank } from './definition.ts';
import { functionIn, testIn } from './listed-code.ts';
import { LONGEST_LINE } from './corpus.ts';
import type { Corpus, LineMatch } from './corpus.ts';
import type { EvidenceItem, Gathered } from './evidence.ts';

/** What can be listed with an exact count. */
export type Listed = keyof typeof PATTERNS | 'file';

/** What is counted, told by the line that it stands in; the first group is its name. */
interface Pattern {
  /** Words of which one stands wherever the pattern fits; none where there is no such word. */
  readonly words: readonly string[];
  readonly lines: readonly RegExp[];
  readonly isIn?: (path: string) => boolean;
  /** Finds a name in a line (from 0) that the lines around it have to tell. */
  readonly find?: (lines: readonly string[], at: number, path: string) => string | undefined;
}

const VISIBLE =
  '(?:(?:export|default|declare|pub(?:\\([^)]*\\))?|public|private|protected|internal|static|final|abstract|sealed|async|' +
  'unsafe|open|data|partial|inner|extern(?: "C")?|const|inline|virtual|override|suspend|fileprivate|local|annotation|value|case|' +
  'implicit|expect|actual|readonly|mixin|base|interface|template\\s*<(?:[^<>{;]|<[^<>{;]*>)*>|@\\w+)\\s+)*';

/** What stands behind a name that is defined: no `;` or `*`, which name what is defined elsewhere. */
const BEHIND = '(?=\\s*(?:[{<([:=]|$|(?:extends|implements|where|final|with|struct)\\b))';

const defining = (keyword: string): RegExp => new RegExp(`^\\s*${VISIBLE}${keyword}\\s+([A-Za-z_$][\\w$]*)${BEHIND}`);
const isCode = (path: string): boolean => ['source', 'test', 'example'].includes(roleOf(path)) && !isWrittenText(path);
/** Rust and Zig have their tests in the files that they test. */
const isTest = (path: string): boolean =>
  (roleOf(path) === 'test' && !isWrittenText(path)) || /\.(?:rs|zig)$/.test(path);

const PATTERNS = {
  todo: { words: ['TODO', 'FIXME', 'XXX', 'HACK'], lines: [/(?<![\w$])(TODO|FIXME|XXX|HACK)(?![\w$])/] },
  test: {
    words: [],
    isIn: isTest,
    lines: [
      /(?:^|[^\w.$])(?:it|test|specify|scenario)(?:\.\w+)*(?:\([^"'`]*\))?\(\s*["'`](.+?)["'`]\s*,/,
      /^\s*(?:it|test|specify|scenario|property)\(\s*"(.+?)"\s*\)\s*(?:-|\{|in\b)/,
      /^func\s+((?:Test|Benchmark|Fuzz|Example)\w*)\s*\(/,
      /^\s*(?:it|test|specify|scenario)\s+["'](.+?)["']\s*do\b/,
      /^\s*TEST(?:_F|_P|_CASE|_IMPL)?\s*\(([^)]+)\)/,
      /^\s*(?:final\s+)?public\s+(?:function|void)\s+(test\w+)\s*\(/,
      /^\s*(?:(?:override|public|@\w+)\s+)*func\s+(test\w+)\s*\(/,
      /^test\s+"(.+)"\s*\{/,
    ],
    find: testIn,
  },
  class: { words: ['class'], isIn: isCode, lines: [defining('class')] },
  interface: {
    words: ['interface', 'protocol', 'trait', 'defprotocol'],
    isIn: isCode,
    lines: [
      defining('(?:interface|protocol|trait)'),
      /^\s*(?:type\s+)?(?!return\b)(\w+)(?:\[[^\]]*\])?\s+interface\s*\{/,
      /^\s*defprotocol\s+([\w.]+)/,
    ],
  },
  enum: {
    words: ['enum'],
    isIn: isCode,
    lines: [defining('(?:const\\s+)?enum(?:\\s+class)?'), /^\s*class\s+(\w+)\([^)]*\b(?:Int|Str)?(?:Enum|Flag)\b/],
  },
  variable: { words: ['variable'], lines: [/^variable\s+"([\w-]+)"\s*\{/] },
  output: { words: ['output'], lines: [/^output\s+"([\w-]+)"\s*\{/] },
  resource: { words: ['resource'], lines: [/^resource\s+"([\w-]+"\s+"[\w-]+)"\s*\{/] },
  model: {
    words: [],
    isIn: isCode,
    lines: [
      /^\s*class\s+([\w:]+)\s*<\s*(?:ApplicationRecord|ActiveRecord::Base)\b/,
      /^class\s+(\w+)\([^)]*\bModel\b/,
      /^\s*(?:final\s+)?class\s+(\w+)\s+extends\s+(?:Model|Authenticatable|Eloquent)\b/,
      /^model\s+(\w+)\s*\{/,
      /^\s*schema\s+"(\w+)"\s+do\b/,
    ],
  },
  table: {
    words: ['table', 'create_table', 'model'],
    lines: [
      /^\s*create\s+(?:(?:temp|temporary|unlogged|virtual|external)\s+)*table\s+(?:if\s+not\s+exists\s+)?(?:["`[]?\w+["`\]]?\.)*["`[]?(\w+)/i,
      /^\s*(?:create_table|create(?:_if_not_exists)?\s+table)[\s(]+[:"'](\w+)/,
    ],
  },
  module: {
    words: ['module', 'defmodule', 'mod', 'namespace', 'package'],
    isIn: isCode,
    lines: [
      /^\s*(?:defmodule|(?:export\s+|declare\s+)*namespace)\s+([A-Za-z_\\][\w.:\\]*)(?=\s*(?:[{;]|do\b|$))/,
      /^\s*module\s+([A-Z][\w.:']*)(?=\s*(?:$|[=({]|where\b))/,
      /^\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*[{;]/,
      /^-module\((\w+)\)/,
      /^package\s+([A-Z]\w*(?:::\w+)*)\s*;/,
    ],
  },
  struct: {
    words: ['struct'],
    isIn: isCode,
    lines: [
      defining('(?:typedef\\s+)?struct'),
      /^\s*(?:type\s+)?(?!return\b)(\w+)(?:\[[^\]]*\])?\s+struct\s*\{/,
      /^\s*(?:pub\s+)?const\s+(\w+)\s*=\s*(?:extern\s+|packed\s+)?struct\s*[({]/,
      /^\s*pub(?:\([^)]*\))?\s+struct\s+(\w+)\s*;/,
    ],
  },
  function: {
    words: [],
    isIn: isCode,
    lines: [
      defining('(?:function\\s*\\*?|def(?:\\s+self\\.)?|defp|fn|fun|sub)'),
      new RegExp(`^\\s*${VISIBLE}def\\s+(?:self\\.)?(\\w+)[?!]?\\s*$`),
      new RegExp(`^\\s*${VISIBLE}fun\\s+(?:<[^>]*>\\s*)?(?:[\\w<>?,*]+\\.)(\\w+)\\s*\\(`),
      new RegExp(`^\\s*${VISIBLE}func\\s+(?:\\([^)]*\\)\\s*)?(\\w+)(?=\\s*[[(<])`),
      /^\s*function\s+\w+[.:](\w+)\s*\(/,
      /^(?:export\s+)?const\s+(\w+)\s*=\s*(?:async\s*)?(?:function\b|(?:<[^>]*>)?\([^)]*\)[^=]*=>)/,
    ],
    find: functionIn,
  },
  route: {
    words: [],
    isIn: (path) => ['source', 'example'].includes(roleOf(path)),
    lines: [
      /\b(?:app|router|routes?|server|api|r|e|mux|bp|blueprint)\.(?:get|post|put|patch|delete|head|options|all|route|GET|POST|PUT|PATCH|DELETE|HandleFunc|Handle)\(\s*["'`](\/[^"'`]*)["'`]/,
      /^\s*@\w+\.(?:route|get|post|put|patch|delete|websocket)\(\s*["'](\/[^"']*)["']/,
      /@(?:Get|Post|Put|Patch|Delete|Head|Options|Request)(?:Mapping)?\(\s*(?:(?:value|path)\s*=\s*)?["']([^"']+)["']/,
      /@(?:Path|Controller)\(\s*["']([^"']+)["']/,
      // Sinatra, Rails and Phoenix call by a word alone; so do Ktor and Laravel's groups.
      /^\s*(?:get|post|put|patch|delete|head|options|live|resources?)[ (]\s*["'](\/[^"']*)["']/,
      /(?:\$\w+->|\bRoute::)(?:get|post|put|patch|delete|any|options|group|view)\(\s*['"]([^'"]*)['"]\s*,/,
      /->map\(\s*\[[^\]]*\]\s*,\s*['"]([^'"]*)['"]\s*,/,
      /\.Map(?:Get|Post|Put|Delete|Patch|Methods|Group)\(\s*"([^"]*)"/,
      /\[(?:Http(?:Get|Post|Put|Delete|Patch|Head)|Route)\(\s*"([^"]*)"/,
      /\.route\(\s*"(\/[^"]*)"\s*,/,
      /#\[(?:get|post|put|patch|delete|head|route|Route)\(\s*(?:path:\s*)?["']([^"']*)["']/,
      /\bHandle(?:Func)?\(\s*"([A-Z]+ \/[^"]*)"/,
      /^\s*(?:re_)?path\(\s*r?["']([^"']*)["']\s*,/,
    ],
  },
  error: {
    words: [],
    isIn: isCode,
    lines: [
      new RegExp(`^\\s*${VISIBLE}class\\s+([A-Z]\\w*(?:Error|Exception|Warning))\\b`),
      new RegExp(
        `^\\s*${VISIBLE}class\\s+(\\w+)\\s*(?:\\(|extends\\b|<\\s|:)[^{]*\\b\\w*(?:Error|Exception|Warning)\\b`,
      ),
      // Swift, Go, Rust and Elixir.
      new RegExp(`^\\s*${VISIBLE}(?:enum|struct)\\s+(\\w+)\\s*:[^{]*\\bError\\b`),
      /^type\s+(\w+Error)\s+struct\b/,
      /^\s*pub(?:\([^)]*\))?\s+struct\s+(\w+Error)\b/,
      /^\s*(defexception)\b/,
      /^(?:var|\s)\s*(Err[A-Z]\w*)\s*=\s*(?:errors\.New|fmt\.Errorf)/,
      /^\s*(?:pub\s+)?enum\s+(\w*Error)\b/,
    ],
  },
} as const satisfies Record<string, Pattern>;

export interface Listing {
  readonly what: Listed;
  /** Words that the name has to hold, such as "error" of "all error classes". */
  readonly words: readonly string[];
  /** Only in this file, or below this folder; the last parts of a path are enough. */
  readonly place?: string | undefined;
  /** Only files with one of these endings, such as `.py`. */
  readonly endings?: readonly string[] | undefined;
}

/** Everything of a sort, each with its line, by file; sources first. Of files, the files. */
export async function gatherListing(corpus: Corpus, { what, words, place, endings }: Listing): Promise<Gathered> {
  const placed = place === undefined ? undefined : pathsIn(corpus.paths, place);
  const isWanted = (path: string) =>
    placed?.has(path) !== false &&
    (endings === undefined || endings.some((ending) => path.toLowerCase().endsWith(ending)));
  if (what === 'file') return { items: filesAsItems(corpus, corpus.paths.filter(isWanted), words), isComplete: true };
  const found = (await matchesOf(corpus, PATTERNS[what], isWanted)).filter(({ found: name }) => holds(name, words));
  const isRootFirst = ['variable', 'output', 'resource'].includes(what);
  const depth = ({ path }: LineMatch) => (isRootFirst ? pathDepth(path) : 0);
  found.sort((a, b) => rank(a.path) - rank(b.path) || depth(a) - depth(b));
  return { items: await corpus.lineItems('match', found), isComplete: true };
}

/** The paths that have a place in them: as it is written, or else in other capitals. */
export function pathsIn(paths: readonly string[], place: string): ReadonlySet<string> {
  const written = paths.filter((path) => `/${path}/`.includes(`/${place}/`));
  if (written.length > 0) return new Set(written);
  const lower = `/${place.toLowerCase()}/`;
  return new Set(paths.filter((path) => `/${path.toLowerCase()}/`.includes(lower)));
}

/** Every line that a pattern fits, by path. */
function matchesOf(
  corpus: Corpus,
  { words, lines, find, isIn = () => true }: Pattern,
  isWanted: (path: string) => boolean,
): Promise<LineMatch[]> {
  const candidates = words.length > 0 ? corpus.holding(words).paths : corpus.paths;
  return corpus.scan(
    candidates.filter((path) => isIn(path) && isWanted(path)),
    (line, at, all, path) => {
      const names = new Set(lines.flatMap((pattern) => namesIn(pattern, line)));
      const told = names.size === 0 && line.length <= LONGEST_LINE ? find?.(all, at, path) : undefined;
      return told === undefined ? names : [told];
    },
  );
}

function namesIn(pattern: RegExp, line: string): string[] {
  if (line.length > LONGEST_LINE) return [];
  if (pattern.global) return [...line.matchAll(pattern)].flatMap(([, name]) => name ?? []);
  const name = pattern.exec(line)?.[1];
  return name === undefined ? [] : [name];
}

function holds(name: string, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const own = new Set(terms(name));
  return words.every((word) => own.has(word));
}

/** Without a line of them: thousands of files would be read for what nobody asked. */
function filesAsItems(corpus: Corpus, paths: readonly string[], words: readonly string[]): EvidenceItem[] {
  const wanted = paths.filter((path) => holds(path, words)).sort((a, b) => rank(a) - rank(b));
  return wanted.map((path) => corpus.said('match', path, { start: 1, end: 1 }, '', ''));
}
