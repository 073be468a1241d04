import { MANIFEST } from '../retrieve/question-kind.ts';
import { roleOf } from '../workspace/files/role.ts';
import type { Corpus, LineMatch } from './corpus.ts';
import type { Gathered } from './evidence.ts';

/** Where a list of packages begins: in JSON, in TOML, in Python, in YAML, in Go and in Maven. */
const OPENING =
  /^\s*"(?:(?:dev|peer|optional)?dependencies|require(?:-dev)?)"\s*:\s*\{\s*$|^\s*\[[\w.\-"'()= ]*dependencies(?:\.\w+)?\]\s*$|^\s*(?:dependencies|install_requires|dev)\s*=\s*\[\s*$|^(?:dev_)?dependencies:\s*$|^require\s*\(\s*$/i;
/** Where it ends, in the same order. */
const CLOSING = /^\s*[}\])]|^\[|^\w[\w-]*:/;
/** A package in such a list. */
const LISTED = /^\s*["']?(@?[\w./-]+)["']?\s*(?:[:=<>~!^,[;]|v?\d|$|["'])/;
/** A line that names a package by itself. */
const LINES: readonly RegExp[] = [
  /^\s*gem\s+["']([\w-]+)["']/,
  /\.add_(?:runtime_|development_)?dependency\(?\s*["']([\w-]+)["']/,
  /^\s*\{:(\w+),\s*["'\w[]/,
  /<(?:PackageReference|PackageVersion|package)\s[^>]*(?:Include|id)="([\w.-]+)"/,
  /^\s*(?:api|implementation|compileOnly|runtimeOnly|testImplementation|testRuntimeOnly|annotationProcessor|kapt|ksp)[\s(]+["']?([\w.:-]+)/,
  /\.package\(\s*(?:name:\s*"[^"]*",\s*)?url:\s*"([^"]+)"/,
  /^\s*(?:mvn|ivy)"([^"]+)"|^\s*"[\w.-]+"\s*%%?%?\s*"([\w.-]+)"/,
  /^\s*(?:find_package|FetchContent_Declare)\s*\(\s*(\w+)/,
  /^require\s+(\S+)\s+v\d/,
];
const REQUIREMENTS = /(?:^|\/)requirements[\w.-]*\.(?:txt|in)$/i;
const MAVEN = /(?:^|\/)pom\.xml$/i;

/** The packages that manifests list, each with its line; those of the root first, of examples and tests last. */
export async function gatherDependencies(corpus: Corpus): Promise<Gathered> {
  const files = corpus.paths.filter((path) => MANIFEST.test(path.slice(path.lastIndexOf('/') + 1)));
  const found: LineMatch[] = [];
  for (const path of files) found.push(...packagesOf(await corpus.lines(path), path));
  const isAside = ({ path }: LineMatch) => Number(['test', 'example', 'documentation'].includes(roleOf(path)));
  const depth = ({ path }: LineMatch) => path.split('/').length;
  found.sort((a, b) => isAside(a) - isAside(b) || depth(a) - depth(b));
  return { items: await corpus.lineItems('version', found), isComplete: true };
}

function packagesOf(lines: readonly string[], path: string): LineMatch[] {
  const found: LineMatch[] = [];
  let isOpen = false;
  for (const [at, line] of lines.entries()) {
    const name = isOpen && !CLOSING.test(line) ? LISTED.exec(line)?.[1] : undefined;
    if (OPENING.test(line)) isOpen = true;
    else if (CLOSING.test(line)) isOpen = false;
    const own = name ?? packageIn(lines, at, path);
    if (own !== undefined && !/^\s*(?:#|\/\/|<!--)/.test(line)) found.push({ path, at, found: own });
  }
  return found;
}

/** The package that a line names with nothing around it. */
function packageIn(lines: readonly string[], at: number, path: string): string | undefined {
  const line = lines[at] ?? '';
  if (REQUIREMENTS.test(path)) return /^([A-Za-z][\w.-]*)\s*(?:\[|[=<>~!;]|$)/.exec(line)?.[1];
  if (MAVEN.test(path)) {
    const isOfDependency = /<dependency>/.test(`${lines[at - 1] ?? ''}${lines[at - 2] ?? ''}`);
    return isOfDependency ? /<artifactId>([^<]+)<\/artifactId>/.exec(line)?.[1] : undefined;
  }
  for (const form of LINES) {
    const [, one, other] = form.exec(line) ?? [];
    if (one !== undefined || other !== undefined) return one ?? other;
  }
  return undefined;
}
