import { pathDepth } from '../common/path-depth.ts';
import { MANIFEST } from '../retrieve/question-kind.ts';
import { roleOf } from '../workspace/files/role.ts';
import { LONGEST_LINE } from './corpus.ts';
import type { Corpus, LineMatch } from './corpus.ts';
import type { Gathered } from './evidence.ts';

/**
 * How a manifest lists packages: JSON's objects, TOML's tables and groups of arrays, arrays of TOML and Python, YAML's
 * lists and mappings, Go's groups.
 */
type List = 'object' | 'groups' | 'table' | 'array' | 'yaml' | 'go';

/** Where a list begins. */
const OPENING: readonly (readonly [List, RegExp])[] = [
  ['object', /^\s*"(?:(?:dev|peer|optional)?dependencies|require(?:-dev)?)"\s*:\s*\{\s*$/i],
  ['groups', /^\s*\[(?:project\.optional-dependencies|dependency-groups)\]\s*(?:#.*)?$/],
  ['table', /^\s*\[[\w.\-"'(),= ]*dependencies\]\s*(?:#.*)?$/i],
  ['array', /^\s*(?:dependencies|install_requires|dev)\s*=\s*\[/i],
  ['yaml', /^(?:dev_)?dependencies:\s*$/],
  ['go', /^require\s*\(\s*$/],
];
/** The line that a list ends at, where no bracket of its own is open. */
const CLOSING: Readonly<Record<List, RegExp>> = {
  object: /^\s*\}/,
  groups: /^\s*\[/,
  table: /^\s*\[/,
  array: /^\s*[\])]/,
  yaml: /^\w/,
  go: /^\s*\)/,
};
/** A package in a list, where a line has one. */
const LISTED: Readonly<Record<Exclude<List, 'groups' | 'array' | 'yaml'>, RegExp>> = {
  object: /^\s*"(@?[\w./-]+)"\s*:/,
  table: /^\s*["']?([\w@/-]+)["']?\s*[.=]/,
  go: /^\s*([\w./~-]+)\s+v\d/,
};
const IN_YAML = /^(\s*)(?:-\s+["']?(?:[\w.-]+::)?([\w.-]+)(?=["']?\s*(?:[=<>~!,;[#]|$))|([\w.-]+)\s*:)/;
/** `[dependencies.serde]`: the table is of one package. */
const OWN_TABLE = /^\s*\[[\w.\-"'(),= ]*dependencies\.["']?([\w-]+)["']?\]/i;
const IN_LINE = /"(?:(?:dev|peer|optional)?dependencies|require(?:-dev)?)"\s*:\s*\{([^{}]*)\}/gi;
const STRING = /"([^"]*)"|'([^']*)'/g;
/** What a manifest says of packages in any form: with none found, its form is not known. */
const SAYS = /dependenc|depends\b|install_requires|\brequire\b/i;
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
  let isComplete = true;
  for (const path of files) {
    const lines = await corpus.lines(path);
    const own = packagesOf(lines, path);
    found.push(...own);
    isComplete &&= lines.every((line) => line.length <= LONGEST_LINE && (own.length > 0 || !SAYS.test(line)));
  }
  const isAside = ({ path }: LineMatch) => Number(['test', 'example', 'documentation'].includes(roleOf(path)));
  found.sort((a, b) => isAside(a) - isAside(b) || pathDepth(a.path) - pathDepth(b.path));
  return { items: await corpus.lineItems('version', found), isComplete };
}

function packagesOf(lines: readonly string[], path: string): LineMatch[] {
  const found: LineMatch[] = [];
  let list: List | undefined;
  /** Brackets inside of the list that are open. */
  let depth = 0;
  let indent: number | undefined;
  for (const [at, line] of lines.entries()) {
    if (line.length > LONGEST_LINE || /^\s*(?:#|\/\/|<!--)/.test(line)) continue;
    if (list !== undefined && depth <= 0 && CLOSING[list].test(line)) list = undefined;
    const opened = list === undefined ? OPENING.find(([, form]) => form.test(line))?.[0] : undefined;
    let names: readonly string[] = [];
    if (opened !== undefined) {
      [list, depth, indent] = [opened, 0, undefined];
      if (list === 'array') names = requirementsIn(line);
    } else if (list === 'groups' || list === 'array') names = requirementsIn(line);
    else if (list === 'yaml') {
      const [, before = '', item, key] = IN_YAML.exec(line) ?? [];
      if (item !== undefined || key !== undefined) indent ??= before.length;
      // What stands deeper says more of a package, unless it is a list of its own.
      names = item !== undefined ? [item] : key !== undefined && before.length === indent ? [key] : [];
    } else if (list !== undefined && depth === 0) names = LISTED[list].exec(line)?.slice(1, 2) ?? [];
    else if (list === undefined) names = namedAlone(line);
    if (list !== undefined && (opened === undefined || opened === 'array')) depth += bracketsOf(line);
    if (opened === 'array' && depth <= 0) list = undefined;
    // The bracket that an array begins with is its own.
    else if (opened === 'array') depth -= 1;
    if (names.length === 0) names = [packageIn(lines, at, path) ?? []].flat();
    for (const name of names) found.push({ path, at, found: name });
  }
  return found;
}

/** The packages of a line that has a whole list, or is the head of a table of one. */
function namedAlone(line: string): string[] {
  const [, own] = OWN_TABLE.exec(line) ?? [];
  if (own !== undefined) return [own];
  return [...line.matchAll(IN_LINE)].flatMap(([, inside = '']) =>
    [...inside.matchAll(/"(@?[\w./-]+)"\s*:/g)].flatMap(([, name]) => name ?? []),
  );
}

/** What Python's requirements in quotation marks name. */
function requirementsIn(line: string): string[] {
  const listed = line.replace(/\{[^{}]*\}/g, '');
  return [...listed.matchAll(STRING)].flatMap(
    ([, one, other]) => /^\s*([A-Za-z][\w.-]*)/.exec(one ?? other ?? '')?.[1] ?? [],
  );
}

/** Brackets that a line opens, less those that it closes. */
function bracketsOf(line: string): number {
  const bare = line.replace(STRING, '');
  return (bare.match(/[[{(]/g)?.length ?? 0) - (bare.match(/[\]})]/g)?.length ?? 0);
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
