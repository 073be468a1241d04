import { escapeRegExp } from '../common/escape-regexp.ts';
import { terms } from '../memory/search/tokenize.ts';
import { isProse, roleOf } from '../workspace/files/role.ts';
import { definesAt } from '../workspace/segment/definition.ts';
import { CAPITALS, constantElsewhere, constantIn, isOfFile, SELF, textOf, valuesIn } from './constant-definition.ts';
import type { UsedName } from './constant-definition.ts';
import { LONGEST_LINE } from './corpus.ts';
import type { Corpus, LineMatch } from './corpus.ts';
import { rank } from './definition.ts';
import type { Gathered } from './evidence.ts';
import { IMPORT } from './references.ts';

/** Words of which one stands wherever a program reads its environment. */
const WORDS = [
  'env',
  'environ',
  'getenv',
  'secure_getenv',
  'LookupEnv',
  'GetEnvironmentVariable',
  'get_env',
  'fetch_env',
  'environment',
  'fromEnvironment',
  'getEnvVarOwned',
] as const;

/** How programs read a variable whose name stands there. */
const QUOTED: readonly RegExp[] = [
  /\bprocess\.env\.([A-Za-z_]\w*)/g,
  /\b(?:process\.env|import\.meta\.env|os\.environ|environ|ENV)\[\s*["'`]([A-Za-z_]\w*)["'`]\s*\]/g,
  /\$_(?:ENV|SERVER)\[\s*["']([A-Za-z_]\w*)["']\s*\]/g,
  /\bimport\.meta\.env\.([A-Z_]\w*)/g,
  /\b(?:environ(?:\.get|\.pop|\.setdefault)?|ENV\.fetch|Deno\.env\.get|Bun\.env)\(\s*["'`]([A-Za-z_]\w*)["'`]/g,
  /\b(?:\w*_getenv|getenv|Getenv|LookupEnv|GetEnvironmentVariable|getEnv|env_var|get_env|fetch_env!?)\(\s*["'`]([A-Za-z_]\w*)["'`]/g,
  /\benv(?:::|\.)(?:var|var_os|get|str|int|bool|list)\(\s*["'`]([A-Za-z_]\w*)["'`]/g,
  /\b(?:option_)?env!\(\s*"([A-Za-z_]\w*)"/g,
  /\$ENV\{(\w+)\}/g,
  /\$env:([A-Za-z_]\w*)/gi,
  /\b(?:ENV\.(?:key|has_key|include|dig)\??|sys\.env(?:\.get|\.getOrElse)?|System\.getenv\(\)\.(?:get|getOrDefault)|fromEnvironment)\(\s*["']([A-Za-z_]\w*)["']/g,
  /\.environment\[\s*["']([A-Za-z_]\w*)["']\s*\]/g,
  /\bgetEnvVarOwned\(\s*\w+,\s*"([A-Za-z_]\w*)"/g,
  /\benv\(\s*["']([A-Z_][A-Z\d_]*)["']/g,
];

/** The same where a constant has the name: `os.Getenv(EnvMode)`, `process.env[Names.HOME]`; no head of a function. */
const CALLS =
  '(?<!\\b(?:function|def|defp|fn|func|fun|sub|define)\\s{1,4}(?:\\w+[.:])?)(?:' +
  [
    '\\b(?:process\\.env|import\\.meta\\.env|os\\.environ|environ|ENV|Platform\\.environment)\\[',
    '\\$_(?:ENV|SERVER)\\[',
    '\\.environment\\[',
    '\\b(?:os\\.environ(?:\\.get|\\.pop|\\.setdefault)|ENV\\.fetch|Deno\\.env\\.get)\\(',
    '\\b(?:\\w*_getenv|getenv|Getenv|LookupEnv|GetEnvironmentVariable|getEnv|get_env|fetch_env!?)\\(',
    '\\benv::(?:var|var_os)\\(',
    '\\b(?:ENV\\.(?:key|has_key|include|dig)\\??|sys\\.env(?:\\.get|\\.getOrElse)?|System\\.getenv\\(\\)\\.(?:get|getOrDefault)|fromEnvironment)\\(',
    '\\bgetEnvVarOwned\\(\\s*\\w+,',
  ].join('|') +
  ')';
const BEHIND_NAME = new RegExp(`${CALLS}\\s*&?((?:[A-Za-z_]\\w*(?:\\.|::|->))*@?[A-Za-z_]\\w*)\\s*[,)\\]]`, 'g');
const VARIABLE = /^[A-Za-z_]\w*$/;

/**
 * Every read of an environment variable, by name; programs before tests. Example files of variables count too. A name
 * behind a constant is that constant's text; a program's read whose name only the run can tell stands last, once in
 * a file and without a name.
 */
export async function gatherEnvironment(corpus: Corpus, words: readonly string[]): Promise<Gathered> {
  const programs = corpus.holding(WORDS).paths.filter((path) => !isProse(path));
  const behind: LineMatch[] = [];
  const read = await corpus.scan(programs, (line, at, lines, path) => {
    if (line.length > LONGEST_LINE) return [];
    for (const found of new Set(namesBehind(lines, at))) behind.push({ path, at, found });
    return new Set(QUOTED.flatMap((pattern) => [...line.matchAll(pattern)].flatMap(([, name]) => name ?? [])));
  });
  const named: LineMatch[] = [];
  const unnamed: LineMatch[] = [];
  for (const same of Map.groupBy(behind, ({ found, path }) => `${found} ${path}`).values()) {
    corpus.signal?.throwIfAborted();
    const [first] = same;
    const name = first && (await variableOf(corpus, first));
    if (name !== undefined) {
      named.push(...same.map((match) => ({ ...match, found: name })));
      continue;
    }
    for (const match of same) {
      if (!(await isRead(corpus, match))) continue;
      unnamed.push({ ...match, found: '' });
      break;
    }
  }
  const examples = corpus.paths.filter((path) => /(?:^|\/)\.env[\w.-]*$/.test(path));
  const declared = await corpus.scan(examples, (line) => {
    const [, name] = /^(?:#\s*)?(?:export\s+)?([A-Z][A-Z\d_]*)\s*=/.exec(line.trim()) ?? [];
    return name === undefined ? [] : [name];
  });
  const asked = new Set(words.flatMap((word) => terms(word)));
  const every = [...read, ...named, ...unnamed, ...declared];
  const wanted = every.filter(({ found }) => asked.size === 0 || terms(found).some((term) => asked.has(term)));
  const all = wanted.length > 0 ? wanted : every;
  const best = new Map<string, number>();
  for (const { found, path } of all) best.set(found, Math.min(best.get(found) ?? Infinity, rank(path)));
  all.sort(
    (a, b) =>
      Number(a.found === '') - Number(b.found === '') ||
      (best.get(a.found) ?? 0) - (best.get(b.found) ?? 0) ||
      (a.found < b.found ? -1 : a.found > b.found ? 1 : 0) ||
      rank(a.path) - rank(b.path),
  );
  return { items: await corpus.lineItems('variable', all), isComplete: true };
}

/** What a line (from 0) reads whose name stands elsewhere. The head of a method is no call of it: `getEnv(name) {`. */
function namesBehind(lines: readonly string[], at: number): string[] {
  return [...(lines[at] ?? '').matchAll(BEHIND_NAME)].flatMap(([call, name]) => {
    const [, callee] = /(\w+)\(/.exec(call) ?? [];
    return name === undefined || (callee !== undefined && definesAt(lines, at, callee)) ? [] : [name];
  });
}

/** Whether a program reads a variable there, and does not set or remove it. */
async function isRead(corpus: Corpus, { path, at, found }: LineMatch): Promise<boolean> {
  const line = (await corpus.lines(path))[at] ?? '';
  const isSet = new RegExp(`\\bdel\\s|\\.pop\\(|${escapeRegExp(found)}\\s*\\]\\s*=(?!=)`).test(line);
  return roleOf(path) !== 'test' && !isSet;
}

/** The variable that a constant names, in the file that reads it or in the one source that defines it. */
async function variableOf(corpus: Corpus, { path, found }: LineMatch): Promise<string | undefined> {
  const [name = '', owner] = found.split(/\.|::|->/).toReversed();
  const lines = await corpus.lines(path);
  const one = { owner, name };
  const values = valuesIn(lines, new Set([name]));
  const imports = lines.filter((line) => IMPORT.test(line)).join('\n');
  const constant = isOfFile(one, { lines, values })
    ? constantIn(lines, path, name, values.get(name) ?? [])
    : !values.has(name) && mayBeElsewhere(one, lines, path, imports)
      ? await constantElsewhere(corpus, one, path, imports)
      : undefined;
  const text = constant && textOf(constant);
  return text !== undefined && VARIABLE.test(text) ? text : undefined;
}

/** Whether another file may give the name its value. Of a package of Go, every file has the names of all. */
function mayBeElsewhere({ owner, name }: UsedName, lines: readonly string[], path: string, imports: string): boolean {
  if (owner !== undefined) return !SELF.test(owner);
  if (CAPITALS.test(name) || imports.split(/\W+/).includes(name)) return true;
  const isParameter = () => lines.some((line) => /\bfunc\b/.test(line) && line.split(/\W+/).includes(name));
  return path.endsWith('.go') && !isParameter();
}
