import { pathDepth } from '../../common/path-depth.ts';

/**
 * The places that tell most of a project, best first: folders that hold most of its code, then, for a small one, its
 * files.
 * @param paths of files, relative, with `/`
 */
export function suggestedPlaces(paths: readonly string[], most = 3): string[] {
  return [...new Set([...suggestedFolders(paths, most), ...suggestedFiles(paths, most)])].slice(0, most);
}

/** Folders that hold tests, texts and what tools made: nobody's first question. */
const ASIDE =
  /^(?:tests?|specs?|__tests__|docs?|examples?|samples?|fixtures?|vendor|third[-_]party|scripts?|bench(?:marks?)?|dist|build|out|target|assets|images|static|public|locales?|i18n|l10n|migrations)$/i;
/** Folders that only hold others. */
const FRAME =
  /^(?:src|lib|libs|packages|apps|crates|cmd|pkg|internal|main|java|kotlin|scala|org|com|net|source|sources|app)$/i;
const CODE =
  /\.(?:[cm]?[jt]sx?|py|go|rs|java|kt|kts|scala|rb|php|cs|fs|swift|m|mm|c|cc|cpp|cxx|h|hh|hpp|ex|exs|erl|hs|ml|clj|dart|lua|pl|r|jl|zig|vue|svelte|sql|sh)$/i;

/**
 * The folders that most of the code lies in, best first: below frames such as `src`, beside tests and documents.
 * @param paths of files, relative, with `/`
 */
function suggestedFolders(paths: readonly string[], most: number): string[] {
  const files = new Map<string, number>();
  for (const path of paths) {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    if (!CODE.test(name) || parts.some((part) => ASIDE.test(part) || part.startsWith('.'))) continue;
    const own = parts.findIndex((part) => !FRAME.test(part));
    // A file in a frame itself (`src/main.c`) tells of no part of the project: "How does src work?" is nobody's
    // question.
    if (own < 0) continue;
    const folder = parts.slice(0, own + 1).join('/');
    files.set(folder, (files.get(folder) ?? 0) + 1);
  }
  return [...files]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, most)
    .map(([folder]) => folder);
}

/** Code files whose names tell most: large folders apart, what a small project has. */
function suggestedFiles(paths: readonly string[], most: number): string[] {
  return paths
    .filter((path) => CODE.test(path) && !path.split('/').some((part) => ASIDE.test(part) || part.startsWith('.')))
    .filter((path) => !/(?:^|[._-])(?:test|spec|index|config|setup)(?=[._-])|^_/i.test(path.split('/').at(-1) ?? ''))
    .sort((a, b) => pathDepth(a) - pathDepth(b) || (a < b ? -1 : 1))
    .slice(0, most);
}
