import { pathDepth } from '../common/path-depth.ts';
import { roleOf } from '../workspace/files/role.ts';
import type { Corpus, LineMatch } from './corpus.ts';
import type { EvidenceItem, Gathered } from './evidence.ts';

export type Task = 'build' | 'run' | 'test' | 'configure';

/** Lines of a section of a document that are shown. */
const SECTION = 30;
/** Documents below the root that are looked through, nearest to the root first. */
const DOCUMENTS = 60;
/** Lines of one tool's file that are shown. */
const TOOL_LINES = 20;

/** Lines of a script that are shown. */
const SCRIPT_LINES = 4;

/** By task: what a script or a CI step is called, and what a heading says. */
const NAMES: Readonly<Record<Task, readonly [RegExp, RegExp]>> = {
  build: [
    /build|compile|install|setup|bundle|dist\b|\bpackage|assemble/i,
    /build|compil|install|set ?up|getting started|quick ?start|add(?:ing)? .{1,40}dependenc|from source|bau|erstell|einricht|instal|сборк|установ|构建|安装|编译|ビルド|インストール|빌드|설치/i,
  ],
  run: [
    /^(?:start|run|dev|serve|develop|up|watch|preview|install|setup|build)\b|\b(?:run|start|serve)\b/i,
    /run|usage|start|launch|develop|install|set ?up|how to use|demo|ausführ|nutz|verwend|installation|lancer|démarr|ejecut|uso\b|запуск|установ|использ|运行|使用|安装|启动|実行|使い方|インストール|실행|사용|설치/i,
  ],
  test: [
    /(?<![a-z])(?:test|spec\b|check\b|tox\b|jest|mocha|coverage|e2e|nox\b)|pytest|vitest|\bmvnw?\b.*\s(?:verify|package|install)\b|\bgradlew?\b.*\s(?:check|build)\b/i,
    /(?<![a-z])tests?(?:s|ing|en)?\b|тест|prüf|prueba|测试|テスト|테스트/i,
  ],
  configure: [
    /config|setup|env|init/i,
    /config|setting|option|environment|setup|customi[sz]|einstell|konfig|umgebung|ajuste|opci|настро|конфиг|параметр|配置|设置|选项|設定|설정|구성/i,
  ],
};

const TOOLS =
  '(?:npm|npx|yarn|pnpm|bun|deno|node|make|cmake|cargo|go|python3?|pip|pipenv|poetry|uv|tox|nox|pytest|mvn|\\.\\/[\\w./-]+|gradle|bundle|rake|mix|dotnet|composer|swift|sbt|zig|docker|ctest|just|msbuild|nuget|rspec|phpunit|rebar3|lein|stack|cabal|flutter|dart|xcodebuild|ninja|meson|bazel)(?:\\s|$)';
/** A line of a document that shows what to type. */
const COMMAND = new RegExp(`(?:^|[\`$>|&])\\s*(?:sudo )?${TOOLS}`);
/** A line of a script that does it, of a shell or of another program. */
const CALL = new RegExp(`^\\s*(?:[&@]\\s*|sudo |exec |call |system!?[ (]\\s*["'])?${TOOLS}`);
const COMMANDS: Readonly<Record<Task, RegExp>> = {
  build: /\s(?:install|build|compile|make)\b|\bmake$/,
  run: /\s(?:run (?!test)|start|dev|serve|up)\b|\s(?:install)\b/,
  test: /(?<![a-z])test|spec\b|pytest|tox\b/,
  configure: /(?!)/,
};

const TARGET_FILE = /^(?:gnumakefile|makefile|justfile|\.?justfile)$/i;
const CI_FILE =
  /^(?:\.github\/workflows\/[^/]+\.ya?ml|\.gitlab-ci\.ya?ml|\.travis\.ya?ml|\.circleci\/config\.ya?ml|azure-pipelines\.ya?ml|\.?appveyor\.ya?ml|jenkinsfile|\.woodpecker\.ya?ml|\.drone\.ya?ml|\.cirrus\.ya?ml|bitbucket-pipelines\.ya?ml)$/i;
const TOOL_FILE =
  /^(?:tox\.ini|noxfile\.py|pyproject\.toml|taskfile\.ya?ml|rakefile|composer\.json|deno\.jsonc?|\.cargo\/config(?:\.toml)?|procfile|dockerfile|(?:docker-)?compose\.ya?ml)$/i;
const COMPOSE_FILE = /^(?:docker-)?compose\.ya?ml$/i;
/** A script at the root, or in a folder for scripts. */
const SCRIPT_FILE =
  /^(?:[\w.-]+\.(?:sh|bash|ps1|cmd|bat|cake)|(?:scripts?|bin|build|tools?|ci|eng|hack|dev)\/(?:[\w.-]+\.(?:sh|bash|ps1|cmd|bat|cake)|[\w-]+))$/i;
const SETTINGS_FILE =
  /^(?:\.env[\w.-]*(?:example|sample|template|dist)|[\w.-]*config(?:\.\w+)*\.(?:json|ya?ml|toml|ini|js|ts|mjs|cjs)|\.[\w-]+rc(?:\.\w+)?)$/i;
const MARKDOWN_HEADING = /^(#{1,6})\s(.*)$/;
const UNDERLINE = /^([=\-~^"'`*+#])\1{2,}\s*$/;

/** Scripts of manifests, targets, steps of the CI and sections of the documents that a task is about. */
export async function gatherHowTo(corpus: Corpus, task: Task): Promise<Gathered> {
  const [script, heading] = NAMES[task];
  const items: EvidenceItem[] = [];
  let isComplete = true;
  const paths = corpus.paths.toSorted((a, b) => pathDepth(a) - pathDepth(b) || (a < b ? -1 : 1));
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (/^package\.json$/.test(path)) items.push(...(await packageScripts(corpus, path, script)));
    else if (TARGET_FILE.test(path)) items.push(...(await targets(corpus, path, script)));
    // What is called a test there looks whether a container is up.
    else if (task === 'test' && COMPOSE_FILE.test(path)) continue;
    else if (TOOL_FILE.test(path)) {
      const found = await toolLines(corpus, path, script);
      items.push(...found.items);
      isComplete &&= found.isComplete;
    } else if (SCRIPT_FILE.test(path)) {
      const found = await commands(corpus, path, task);
      items.push(...found.items);
      isComplete &&= found.isComplete;
    } else if (task === 'configure' && pathDepth(path) < 2 && SETTINGS_FILE.test(name)) {
      items.push(await corpus.item('setting', path, { start: 1, end: 12 }));
    }
  }
  const documents = paths.filter(isGuide);
  isComplete &&= documents.length <= DOCUMENTS;
  const isWanted = (title: string, body: readonly string[]) =>
    heading.test(title) || body.some((line) => COMMAND.test(line) && COMMANDS[task].test(line));
  for (const path of documents.slice(0, DOCUMENTS)) items.push(...(await sections(corpus, path, isWanted)));
  for (const path of paths.filter((one) => CI_FILE.test(one))) items.push(...(await steps(corpus, path, script)));
  return { items, isComplete };
}

/** A document for those who work with the project: at the root, or below `docs`. */
function isGuide(path: string): boolean {
  if (!/\.(?:md|mdx|markdown|rst|adoc|txt|org)$|(?:^|\/)(?:readme|contributing|install|hacking|building)$/i.test(path))
    return false;
  // A form that reporters fill in is no guide.
  if (roleOf(path) !== 'documentation' || /(?:issue|pull_request)_template/i.test(path)) return false;
  return pathDepth(path) === 1 || (pathDepth(path) < 5 && /^(?:docs?|documentation|\.github|website)\//i.test(path));
}

/** Lines of the `scripts` of a package.json; a name or a command tells what it is for. */
async function packageScripts(corpus: Corpus, path: string, wanted: RegExp): Promise<EvidenceItem[]> {
  const lines = await corpus.lines(path);
  const from = lines.findIndex((line) => /"scripts"\s*:\s*\{/.test(line));
  if (from < 0) return [];
  const end = lines.findIndex((line, at) => at > from && /^\s*\}/.test(line));
  const found = lines.flatMap((line, at) => {
    const [, name = ''] = at > from && at < end ? (/^\s*"([^"]+)"\s*:/.exec(line) ?? []) : [];
    return name !== '' && wanted.test(name) ? [{ path, at, found: name }] : [];
  });
  return corpus.lineItems('script', found);
}

/** Targets of a makefile, each with its first commands. */
async function targets(corpus: Corpus, path: string, wanted: RegExp): Promise<EvidenceItem[]> {
  const lines = await corpus.lines(path);
  const items: EvidenceItem[] = [];
  for (const [at, line] of lines.entries()) {
    const [, name = ''] = /^([A-Za-z][\w./-]*)(?:\s[^:=]*)?:(?!=)/.exec(line) ?? [];
    if (name === '' || !wanted.test(name)) continue;
    let end = at + 1;
    while (end < lines.length && end < at + 6 && /^\s+\S/.test(lines[end] ?? '')) end += 1;
    items.push(await corpus.item('script', path, { start: at + 1, end }, name));
  }
  return items;
}

/** Lines of a tool's own file that name a command of the task. */
async function toolLines(corpus: Corpus, path: string, wanted: RegExp): Promise<Gathered> {
  const lines = await corpus.lines(path);
  const found = lines.flatMap((line, at) => {
    const isCommand =
      /^\s*(?:commands?\s*=|def\s+\w+\(session|"[\w:-]+"\s*:\s*["[]|task\s|(?:CMD|ENTRYPOINT|RUN)\b|\w[\w-]*:\s+\S|\[(?:tool\.\w+\.scripts|testenv|project\.scripts))/.test(
        line,
      );
    return isCommand && wanted.test(line) ? [{ path, at, found: '' }] : [];
  });
  return firstOf(corpus, found, TOOL_LINES);
}

/** The lines of a script that call a tool for the task. */
async function commands(corpus: Corpus, path: string, task: Task): Promise<Gathered> {
  const lines = await corpus.lines(path);
  const found = lines.flatMap((line, at) =>
    CALL.test(line) && COMMANDS[task].test(line) ? [{ path, at, found: '' }] : [],
  );
  return firstOf(corpus, found, SCRIPT_LINES);
}

/** The first of these lines, and whether they are all. */
async function firstOf(corpus: Corpus, found: readonly LineMatch[], most: number): Promise<Gathered> {
  return { items: await corpus.lineItems('script', found.slice(0, most)), isComplete: found.length <= most };
}

/** Commands of a CI file that are about the task. */
async function steps(corpus: Corpus, path: string, wanted: RegExp): Promise<EvidenceItem[]> {
  const lines = await corpus.lines(path);
  const items: EvidenceItem[] = [];
  for (const [at, line] of lines.entries()) {
    const found = /^\s*(?:-\s+)?(?:run|script):(.*)$/.exec(line);
    const plain = /^\s+-\s+(?!uses:|name:|run:)([\w./-]+ .*)$/.exec(line);
    if (!found) {
      if (plain && !/\.github\//.test(path) && wanted.test(line)) {
        items.push(await corpus.item('ci', path, { start: at + 1, end: at + 1 }));
      }
      continue;
    }
    const indent = line.search(/\S/);
    let end = at + 1;
    while (end < lines.length && ((lines[end] ?? '').trim() === '' || (lines[end] ?? '').search(/\S/) > indent + 1))
      end += 1;
    const said = (found[1] ?? '').trim();
    const block = /^[|>]/.test(said) ? lines.slice(at + 1, end).join('\n') : said;
    const named = (/name:(.*)$/.exec(lines[at - 1] ?? '')?.[1] ?? '').trim();
    // A line that only says or keeps something is no step of a task, nor what sets the machine up, nor a flag.
    const done = block.replace(/^[^\S\n]*(?:echo|export|(?:sudo )?apt(?:-get)?)\b.*$|\s-D\S+/gm, '');
    if (!wanted.test(`${done}\n${named}`)) continue;
    const last = /^[|>]/.test(said) ? Math.min(end, at + 12) : at + 1;
    items.push(await corpus.item('ci', path, { start: at + 1, end: last }, named));
  }
  return items;
}

/** Sections whose heading is about the task, as far as the next heading of the same or a higher level. */
export async function sections(
  corpus: Corpus,
  path: string,
  isWanted: (title: string, body: readonly string[]) => boolean,
): Promise<EvidenceItem[]> {
  const lines = await corpus.lines(path);
  const headings = headingsOf(lines);
  const items: EvidenceItem[] = [];
  let covered = 0;
  for (const [nth, { at, title, level }] of headings.entries()) {
    if (at < covered) continue;
    const own = headings[nth + 1]?.at ?? lines.length;
    const isTitle = nth === 0 && at < 3 && level === 1 && headings.length > 1;
    const isNamed = !isTitle && isWanted(title, []);
    if (!isNamed && !isWanted('', lines.slice(at, own))) continue;
    covered = isNamed ? (headings.slice(nth + 1).find((other) => other.level <= level)?.at ?? lines.length) : own;
    items.push(await corpus.item('section', path, { start: at + 1, end: Math.min(covered, at + SECTION) }, title));
  }
  return items;
}

interface Heading {
  /** From 0. */
  readonly at: number;
  readonly title: string;
  readonly level: number;
}

/** Headings of Markdown and of reStructuredText; what stands between fences is code. */
function headingsOf(lines: readonly string[]): Heading[] {
  const found: Heading[] = [];
  const signs: string[] = [];
  let isCode = false;
  for (const [at, line] of lines.entries()) {
    if (/^\s*(?:```|~~~)/.test(line)) isCode = !isCode;
    if (isCode) continue;
    const [, marks, title] = MARKDOWN_HEADING.exec(line) ?? [];
    if (marks !== undefined && title !== undefined) found.push({ at, title: title.trim(), level: marks.length });
    const [, sign] = UNDERLINE.exec(lines[at + 1] ?? '') ?? [];
    if (sign === undefined || !/^\S/.test(line) || UNDERLINE.test(line)) continue;
    if (!signs.includes(sign)) signs.push(sign);
    found.push({ at, title: line.trim(), level: signs.indexOf(sign) + 1 });
  }
  return found;
}
