/** What a file may be for: what runs comes before what is read. */
export const ROLES = ['source', 'test', 'example', 'configuration', 'documentation', 'changelog'] as const;

/** What a file is for, as its name and its folders tell. */
export type Role = (typeof ROLES)[number];

const PROSE = /\.(?:md|mdx|markdown|livemd|rst|txt|adoc|asciidoc|textile|rdoc|pod|wiki|mediawiki|org)$/i;
/** Texts that have no ending by custom. */
const NAMED_PROSE =
  /^(?:readme|licen[cs]e|copying|authors|contributors|maintainers|notice|install|thanks|todo|security|contributing)(?:[-_]\w+)?$/i;
/** Pages and their looks: documentation among documents, the program's own elsewhere. */
const PAGE = /\.(?:x?html?|css|scss|less|svg|ipynb|tex|texi|man|[1-8])$/i;
const SETTINGS =
  /\.(?:json|jsonc|json5|ya?ml|toml|ini|cfg|lock|properties|gradle|xml|slnx?|dotsettings|props|targets|[cfv][sb]proj|vcxproj|pbxproj|iml|plist|service)$/i;
/** What looks like prose, or like nothing, and sets up builds and tools. */
const NAMED_SETTINGS =
  /^(?:(?:requirements|constraints)[\w.-]*\.(?:txt|in)|cmakelists\.txt|robots\.txt|runtime\.txt|\.[\w.-]*(?:rc|ignore|attributes|config))$/i;
const SETTINGS_FOLDER = /(?:^|\/)(?:\.(?:github|circleci|vscode|devcontainer)|requirements)\//i;

/** By itself, by a version, by a language; `release-process.md` tells how to release. */
const CHANGELOG =
  /^(?:(?:changelog|changes|history|news|releases|release[-_ ]?notes|whats[-_]?new)(?:[-_]+[a-z\d]+)*|release)(?:[-_.]v?\d[\w.-]*|\.[a-z]{2}(?:[-_]\w+)?)?(?:\.[a-z]+)?$/i;
/** At the root, of one edition of a product: `Pro-Changes.md`; `climate-changes.md` is about what it says. */
const OWN_CHANGELOG =
  /^(?:pro|ent|enterprise|community|ce|ee|oss|premium|plus|lite|core|cloud|server|desktop|teams?|business)[-_](?:changelog|changes)\.[a-z]+$/i;
/** `release` alone, without a version, is not one. */
const RELEASING = /^release(?:\.[a-z]+)?$/i;
const CHANGELOG_FOLDER = /(?:^|\/)(?:changelogs?(?:[-_]\w+)?|\.changeset|newsfragments|release[-_]?notes)\//i;
/** People also publish news, and apply changes: only texts are a changelog there. */
const NEWS_FOLDER = /(?:^|\/)(?:news|changes)\/(?!readme\b)[^/]+$/i;

const TEST_NAME =
  /^(?:test_.*|.*[._-](?:test|tests|spec)\.\w+|conftest\.py|.*(?:Tests?|Spec)\.(?:java|kt|cs|swift|scala|groovy|php|m?[jt]sx?|hs)|(?:spec|rails|test)_helper\.\w+)$/;
const TEST_FOLDER =
  /(?:^|\/)(?:tests?|__tests__|__mocks__|__fixtures__|testdata|\w+[-_]tests?|e2e|fixtures?|test[-_](?:data|utils?|helpers?|support|fixtures?|cases?|resources|files|assets|suites?|apps?|projects?|roots?))\//i;
/** These are tests where they are no part of a program (`src/testing/`, `lib/openapi/spec/`). */
const OWN_TEST_FOLDER =
  /(?:^|\/)(?:testing\/|specs?\/(?:.*\/)?(?:[^/]+\.rb$|(?:support|helpers?|fixtures?|factories|mocks?)\/))/i;

const EXAMPLE_FOLDER = /(?:^|\/)_?(?:examples|samples|demos|benchmarks?|docs_src)\//i;
const OWN_EXAMPLE_FOLDER = /(?:^|\/)(?:example|sample|demo|bench|playgrounds?)\//i;

const DOCUMENTATION_FOLDER = /(?:^|\/)(?:docs?|website|documentation|manual)\//i;
/** Below documents: programs that a chapter shows, what a page is served with, and what builds the pages. */
const SHOWN = /\/(?:.*\/)?(?:(?:code|snippets?|examples?|samples?|tutorials?|demos?)\/|example[_-][^/]*$)/i;
const SERVED = /\/(?:.*\/)?(?:_?static|public|assets)\//i;
const BUILT_BY = /^(?:conf\.py|makefile|make\.bat|justfile)$/i;

/** From here on, folders are the parts of a program and name what it is about, not what its files are for. */
const PROGRAM = /(?:^|\/)(?:src|lib|libs|app|pkg|internal|cmd)\//i;
/** The folders of a package's name (`com/example/demo`) say nothing at all. */
const PACKAGE =
  /(?:^|\/)src\/\w+\/(?:java|kotlin|scala|groovy)\/|(?:^|\/)(?:src|source|java)\/(?=(?:com|org|net|io|edu|gov)\/\w+\/)/;

/** Whether a file is read by people and run by nothing: it shows code and defines none. */
export function isProse(path: string): boolean {
  return ['documentation', 'changelog'].includes(roleOf(path));
}

/** Whether a file is a text by its ending, whatever its folder is for: what it shows is an example. */
export function isWrittenText(path: string): boolean {
  return PROSE.test(path.slice(path.lastIndexOf('/') + 1));
}

/** The role of a file by its path; source where nothing says otherwise. */
export function roleOf(path: string): Role {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const isText = PROSE.test(name) || NAMED_PROSE.test(name);
  const folders = until(PACKAGE, path, name);
  const own = until(PROGRAM, path, name);
  if (isChangelog(name, folders, isText)) return 'changelog';
  if (TEST_NAME.test(name) || TEST_FOLDER.test(folders) || OWN_TEST_FOLDER.test(own)) return 'test';
  if (EXAMPLE_FOLDER.test(folders) || OWN_EXAMPLE_FOLDER.test(own)) return 'example';
  if (NAMED_SETTINGS.test(name)) return 'configuration';
  if (isText && !(SETTINGS_FOLDER.test(folders) && /\.txt$/i.test(name))) return 'documentation';
  const documents = DOCUMENTATION_FOLDER.exec(folders);
  if (documents) {
    const below = folders.slice(documents.index + documents[0].length - 1);
    if (BUILT_BY.test(name)) return 'configuration';
    if (PAGE.test(name) || SETTINGS.test(name) || SERVED.test(below)) return 'documentation';
    if (SHOWN.test(below)) return 'example';
  }
  return SETTINGS.test(name) || SETTINGS_FOLDER.test(folders) ? 'configuration' : 'source';
}

/** The path without the folders behind a pattern. */
function until(pattern: RegExp, path: string, name: string): string {
  const found = pattern.exec(path);
  return found ? path.slice(0, found.index + found[0].length) + name : path;
}

function isChangelog(name: string, folders: string, isText: boolean): boolean {
  const hasEnding = /\.[a-z]\w*$/i.test(name);
  if (CHANGELOG.test(name) && !RELEASING.test(name) && (isText || !hasEnding)) return true;
  if (isText && folders === name && OWN_CHANGELOG.test(name)) return true;
  if (CHANGELOG_FOLDER.test(folders)) return isText || /\.ya?ml$/i.test(name) || !hasEnding || name.startsWith('.');
  return isText && NEWS_FOLDER.test(folders);
}
