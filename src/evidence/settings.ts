import { escapeRegExp } from '../common/escape-regexp.ts';
import { pathDepth } from '../common/path-depth.ts';
import { terms } from '../memory/search/tokenize.ts';
import { MANIFEST } from '../retrieve/question-kind.ts';
import { roleOf } from '../workspace/files/role.ts';
import { LONGEST_LINE } from './corpus.ts';
import type { Corpus, LineMatch } from './corpus.ts';
import type { EvidenceItem, Gathered } from './evidence.ts';
import { sections } from './howto.ts';

/** Files that say nothing but a version. */
const VERSION_FILE =
  /(?:^|\/)(?:\.nvmrc|\.node-version|\.python-version|\.ruby-version|\.java-version|\.tool-versions|rust-toolchain(?:\.toml)?|global\.json|runtime\.txt|version(?:\.txt)?|\.bazelversion|\.terraform-version)$/i;
/** How manifests say which version of the language or of a tool they need. */
const ENGINE =
  /"(?:engines|node|npm|vscode|php|packageManager)"\s*:|^\s*(?:\w+\.)?(?:requires-python|python_requires|rust-version|edition|go|toolchain|channel|required_ruby_version|ruby|elixir|python|target|(?:maven\.compiler\.\w+)|sourceCompatibility|jvmTarget)\b\s*[=: (]|<(?:maven\.compiler\.\w+|java\.version|TargetFramework|release)>|cmake_minimum_required/i;
const OWN_VERSION =
  /^\s*"?version"?\s*[=:]\s*["']?[\w.+-]+|^\s*(?:__version__|VERSION)\s*=\s*["']|<version>[^<]+<\/version>|\bproject\([^)]*\bVERSION\b/;
const ENGINE_LINE = 'engine';
const NUMBER = /\d|\bworkspace\b|\blatest\b|["'][*^~><=]/;
/** Where a program says which options and settings it has. */
const OPTION =
  /\.option\(|add_argument\(|\.Flags?\(\)\.|\bflag\.\w+\(|click\.option|#\[(?:arg|clap|structopt)|opts\.on\(|\.addOption\(|getopt|viper\.\w+\(|@Value\(/;
/** A line of a settings file. */
const ENTRY = /^\s*["']?[\w.-]+["']?\s*[:=]\s*\S/;
/** What may be asked about without any package: its version stands where manifests say what they need. */
const PLATFORM =
  /^(?:node(?:js)?|node\.js|npm|pnpm|yarn|python|go|golang|rust|rustc|java|jdk|ruby|php|dotnet|\.net|c#|elixir|kotlin|scala|swift|zig|dart|flutter|terraform|c\+\+|vscode)$/i;
/** Where a platform's version is needed in lines that do not say its name. */
const NEEDED: readonly (readonly [platform: RegExp, line: RegExp])[] = [
  [
    /^(?:java|jdk|jvm)$/i,
    /^\s*(?:sourceCompatibility|targetCompatibility|jvmTarget|jvmToolchain)\b|languageVersion\.set|options\.release|<(?:maven\.compiler\.\w+|java\.version|release)>/,
  ],
  [/^rustc?$/i, /^\s*(?:rust-version|edition|channel)\s*=/],
  [/^(?:c#|dotnet|\.net)$/i, /<TargetFrameworks?\b/],
  [
    /^kotlin$/i,
    /^\s*(?:ext\.)?kotlin(?:[-_]?version)?\s*[=:]|\bkotlin\("[\w.-]+"\)\s*version|org\.jetbrains\.kotlin\.[\w.]+['")]*\s*version|<kotlin\.version>/i,
  ],
  [/^scala$/i, /\bscala(?:Versions?|_?\d+)?\b[^=]*=\D*\d|<scala\.version>/i],
  [/^zig$/i, /\bminimum_zig_version\b/],
  [/^terraform$/i, /^\s*required_version\s*=/],
  [/^swift$/i, /swift-tools-version|\bswiftLanguage(?:Modes?|Versions?)\b/],
  [/^(?:dart|flutter)$/i, /^\s*(?:sdk|flutter):\s*["'^>]/],
  [/^c\+\+$/i, /\b(?:CMAKE_CXX_STANDARD|CXX_STANDARD|cxx_std_\d+)\b|-std=/],
];
/** Parts of a build that need versions as manifests do. */
const BUILD_FILE = /\.gradle(?:\.kts)?$|(?:^|\/)(?:(?:versions?|terraform)\.tf|build\.(?:sc|mill))$/i;
const COMMENT = /^\s*(?:\/\/|#|<!--|;)/;
/** Words of every question about a setting. */
const GENERAL = new Set(
  (
    'setting option flag config configuration configure customize customise control change changes enable disable set ' +
    'turn default key parameter einstellung opción welche'
  )
    .split(' ')
    .flatMap((word) => terms(word)),
);
/** Segments are read for a setting until so many files were. */
const MOST = { settings: 60, files: 400, licence: 6 } as const;

/** Lines of manifests and of version files that name one of the words; with none, what the project itself needs. */
export async function gatherVersions(corpus: Corpus, words: readonly string[]): Promise<Gathered> {
  const files = corpus.paths.filter((path) => isManifest(path) || VERSION_FILE.test(path) || BUILD_FILE.test(path));
  const unnamed = NEEDED.flatMap(([platform, line]) => (words.some((word) => platform.test(word)) ? [line] : []));
  const asked = words.flatMap((word) => terms(word)[0] ?? []);
  const find = (line: string, at: number, lines: readonly string[], path: string): string[] => {
    if (at > 2_000 || line.length > LONGEST_LINE || !NUMBER.test(line)) return [];
    if (VERSION_FILE.test(path))
      return at < 20 && line.trim() !== '' && (isAbout(path, asked) || isAbout(line, asked)) ? [''] : [];
    // Swift says it in a comment.
    if (unnamed.some((form) => form.test(line))) return [ENGINE_LINE];
    if (COMMENT.test(line)) return [];
    if (asked.length === 0) return ENGINE.test(line) || OWN_VERSION.test(line) ? [''] : [];
    return isAbout(withPackage(lines, at), asked) ? [ENGINE.test(line) ? ENGINE_LINE : ''] : [];
  };
  const found = await corpus.scan(files, find);
  const needed = found.filter((match) => match.found === ENGINE_LINE || VERSION_FILE.test(match.path));
  const isPlatform = words.length > 0 && words.every((word) => PLATFORM.test(word)) && needed.length > 0;
  const said = [...new Set(words.map((word) => word.toLowerCase()))];
  const joined = said.length > 1 ? await saying(corpus, found, (line) => hasNameOf(line.toLowerCase(), said)) : [];
  const literal = words.map(escapeRegExp);
  const whole = literal.map((word) => new RegExp(`(?<![\\w@/.-])${word}(?![\\w@/.-])`, 'i'));
  const exact =
    joined.length > 0 ? joined : await saying(corpus, found, (line) => whole.some((form) => form.test(line)));
  const best = isPlatform ? needed : exact.length > 0 ? exact : found;
  const wanted = best.map((match) => ({ ...match, found: '' }));
  const items = await corpus.lineItems('version', wanted.sort(byDepth));
  return { items, isComplete: true };
}

/** Lines above a version in which Maven says whose it is. */
const ABOVE_VERSION = 3;

/** A line of a manifest, with the package that it is about where Maven has that on a line above. */
function withPackage(lines: readonly string[], at: number): string {
  const line = lines[at] ?? '';
  if (!/^\s*<version>/i.test(line)) return line;
  const above = lines.slice(Math.max(0, at - ABOVE_VERSION), at).reverse();
  const end = above.findIndex((one) => /<\/?(?:dependency|plugin|parent|dependencies)>/i.test(one));
  const own = (end < 0 ? above : above.slice(0, end)).filter((one) => /<(?:artifactId|groupId)>/i.test(one));
  return [...own, line].join(' ');
}

/** The lines that say a name as it is wanted: `psr/log`, and not `psr/log-test`. */
async function saying(
  corpus: Corpus,
  found: readonly LineMatch[],
  isSaid: (line: string) => boolean,
): Promise<readonly LineMatch[]> {
  const named: LineMatch[] = [];
  for (const match of found) {
    const line = withPackage(await corpus.lines(match.path), match.at);
    if (isSaid(line)) named.push(match);
  }
  return named;
}

/** Characters of a name that may stand between two words of it. */
const BETWEEN = 12;

/**
 * Whether a line has one name with all of these words, in their order: `spring-boot`, `org.springframework.boot`. Every
 * end of a word is gone on from once, since a pattern would try all ways to a line of one letter.
 */
function hasNameOf(line: string, words: readonly string[]): boolean {
  const [first = '', ...others] = words;
  let ends = new Set<number>();
  for (let at = line.indexOf(first); at >= 0; at = line.indexOf(first, at + 1)) ends.add(at + first.length);
  for (const word of others) {
    const next = new Set<number>();
    for (const end of ends) {
      for (let at = end; at <= end + BETWEEN; at += 1) {
        if (line.startsWith(word, at)) next.add(at + word.length);
        if (!/[\w.-]/.test(line[at] ?? '')) break;
      }
    }
    ends = next;
  }
  return ends.size > 0;
}

const LICENCE_FILE = /^(?:licen[cs]e|copying|unlicense)(?:[-._][\w.-]+)?$/i;
const LICENCE_LINE = /\blicen[cs]es?["']?\s*[:=>]|\bLicense ::|<licenses?>/i;

/** The heads of the files of licences at the root, and what the manifests there say; folders below may have others. */
export async function gatherLicence(corpus: Corpus): Promise<Gathered> {
  const top = corpus.paths.filter((path) => !path.includes('/'));
  const files = top.filter((path) => LICENCE_FILE.test(path));
  const heads = await Promise.all(
    files.map(async (path) => {
      const first = (await corpus.lines(path)).findIndex((line) => line.trim() !== '');
      const start = Math.max(0, first) + 1;
      return corpus.item('manifest', path, { start, end: start + MOST.licence - 1 });
    }),
  );
  const declared = await corpus.scan(top.filter(isManifest), (line) => (LICENCE_LINE.test(line) ? [''] : []));
  return { items: [...(await corpus.lineItems('manifest', declared)), ...heads], isComplete: false };
}

/** Whether a text has one of the words, or there is none. */
function isAbout(text: string, asked: readonly string[]): boolean {
  if (asked.length === 0) return true;
  const own = new Set(terms(text));
  return asked.some((word) => own.has(word));
}

const saidIn = (text: string, asked: readonly string[]): number => {
  const own = new Set(terms(text));
  return asked.filter((word) => own.has(word)).length;
};

const isManifest = (path: string): boolean => MANIFEST.test(path.slice(path.lastIndexOf('/') + 1));
const byDepth = (a: LineMatch, b: LineMatch): number => pathDepth(a.path) - pathDepth(b.path);

/**
 * Lines that declare an option or a setting and say most of the words: first those of settings files and manifests.
 * What a project calls a setting is no matter of grammar, so this is a choice and never complete.
 */
export async function gatherSettings(corpus: Corpus, words: readonly string[]): Promise<Gathered> {
  const asked = [...new Set(words.flatMap((word) => terms(word)))].filter((word) => !GENERAL.has(word));
  if (asked.length === 0) return { items: [], isComplete: false };
  const least = Math.min(2, asked.length);
  const isWanted = (title: string) => saidIn(title, asked) >= least;
  const holding = corpus
    .holding(words.filter((word) => !GENERAL.has(word)))
    .paths.filter((path) => !['test', 'changelog'].includes(roleOf(path)));
  const programs = holding.filter((path) => roleOf(path) !== 'documentation');
  const scored: { readonly match: LineMatch; readonly score: number }[] = [];
  const scores = new Map<string, number>();
  const matches = await corpus.scan(programs.slice(0, MOST.files), (line, at, _, path) => {
    const isEntry = roleOf(path) === 'configuration' && ENTRY.test(line);
    if (line.length > 1_000 || !(isEntry || OPTION.test(line))) return [];
    const said = saidIn(line, asked);
    if (said < least) return [];
    scores.set(`${at} ${path}`, said / asked.length + (roleOf(path) === 'configuration' ? 0.2 : 0));
    return [''];
  });
  for (const match of matches) scored.push({ match, score: scores.get(`${match.at} ${match.path}`) ?? 0 });
  const best = scored
    .sort((a, b) => b.score - a.score)
    .filter(({ score }, _, [first]) => score >= (first?.score ?? 0) - 0.4);
  const items: EvidenceItem[] = [];
  for (const path of holding.filter((one) => roleOf(one) === 'documentation').slice(0, MOST.files)) {
    items.push(...(await sections(corpus, path, isWanted)));
  }
  const declared = best.slice(0, MOST.settings).map(({ match }) => match);
  items.push(...(await corpus.lineItems('setting', declared)));
  return { items, isComplete: false };
}
