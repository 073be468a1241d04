/**
 * Folders that a tool fills. Outside git nothing else says so, and an index of such a folder would be nearly all
 * packages; inside git they matter until somebody writes the .gitignore.
 */
interface Dependency {
  readonly names: readonly string[];
  readonly why: string;
  /** A name that people also use for their own folders counts only next to one of these files. */
  readonly beside?: readonly string[];
}

const dependencies: readonly Dependency[] = [
  { names: ['node_modules', 'bower_components', 'jspm_packages', '.pnpm-store'], why: 'packages of JavaScript' },
  { names: ['.venv', '.tox', '.nox', '.eggs', 'site-packages', '.pixi'], why: 'packages of Python' },
  { names: ['.bundle', '.cpcache', '.stack-work', 'elm-stuff', '.dart_tool', '.pub-cache'], why: 'packages of others' },
  {
    names: ['__pycache__', '.mypy_cache', '.pytest_cache', '.ruff_cache', '.ipynb_checkpoints', '.hypothesis'],
    why: 'what Python tools remember between runs',
  },
  {
    names: ['.next', '.nuxt', '.svelte-kit', '.angular', '.parcel-cache', '.turbo', '.nyc_output', '.docusaurus'],
    why: 'what web tools build',
  },
  {
    names: ['.gradle', '.terraform', '.zig-cache', 'zig-cache', '.bloop', '.metals', 'DerivedData'],
    why: 'what build tools remember between runs',
  },
  { names: ['target'], why: 'what Cargo, Maven and sbt build', beside: ['Cargo.toml', 'pom.xml', 'build.sbt'] },
  {
    names: ['build'],
    why: 'what Gradle, CMake, setuptools and Flutter build; next to package.json it is often written by hand',
    beside: ['build.gradle', 'build.gradle.kts', 'CMakeLists.txt', 'setup.py', 'pyproject.toml', 'pubspec.yaml'],
  },
  { names: ['dist'], why: 'what is published', beside: ['package.json', 'setup.py', 'pyproject.toml'] },
  { names: ['out', 'coverage'], why: 'what is compiled and measured', beside: ['package.json', 'tsconfig.json'] },
  { names: ['vendor'], why: 'copies of packages', beside: ['go.mod', 'composer.json', 'Gemfile'] },
  { names: ['Pods', 'Carthage'], why: 'packages of Swift', beside: ['Podfile', 'Cartfile'] },
  { names: ['deps', '_build'], why: 'packages of Elixir, and what it builds', beside: ['mix.exs'] },
];

/**
 * What tools leave in a folder of theirs: virtual environments of Python and conda, and the Cache Directory Tagging.
 */
const marks = ['pyvenv.cfg', 'conda-meta', 'CACHEDIR.TAG'] as const;

const byName = new Map(dependencies.flatMap((entry) => entry.names.map((name) => [name, entry] as const)));

/**
 * @param beside the names in the folder that holds it
 * @param isSure only names that nobody uses for a folder of their own
 */
export function isDependency(name: string, beside: ReadonlySet<string>, isSure = false): boolean {
  const entry = byName.get(name);
  if (entry === undefined) return false;
  return entry.beside === undefined || (!isSure && entry.beside.some((file) => beside.has(file)));
}

/** @param names what the folder holds */
export function isMarkedDependency(names: ReadonlySet<string>): boolean {
  return marks.some((mark) => names.has(mark));
}

/** The outermost folder of a path that can be nothing else but a dependency, or undefined. */
export function dependencyAbove(path: string): string | undefined {
  const parts = path.split('/').slice(0, -1);
  const at = parts.findIndex((name) => isDependency(name, new Set()));
  return at < 0 ? undefined : parts.slice(0, at + 1).join('/');
}
