import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LIBRARY, place } from '../loop/cli.ts';
import { asConfig, HOOKS, hostileSettings } from './hostile-settings.ts';

/** What waits for ever when it is opened or read without care. `FIFO`: a pipe into which nobody writes. */
export type Hang =
  /** `pipes/.gitignore` and `pipes/.codebaseignore` are pipes: git itself waits for the first. */
  | 'ignore-file'
  /** `stuck/.git/HEAD` is a pipe. */
  | 'head'
  /** `endless.ts` links to /dev/zero, and `pipe.ts` is a pipe. */
  | 'files'
  /** The repository's own settings include a pipe: every git in it waits. */
  | 'config'
  /** core.excludesFile and core.attributesFile are pipes: git waits when it lists untracked files. */
  | 'excludes';

export interface HostileOptions {
  readonly files?: Readonly<Record<string, string>>;
  /**
   * An object that is not there and that a remote has promised: an old version of `src/loans.ts`, the folder `src` of
   * the last commit, or the first commit. git starts the remote's program to fetch it.
   */
  readonly missing?: 'blob' | 'tree' | 'commit' | 'none';
  readonly hangs?: readonly Hang[];
}

export interface HostileRepository {
  readonly root: string;
  /** A folder outside the repository with one file, `outside.ts`; `elsewhere/.git` names it as its work tree. */
  readonly outside: string;
  /** The keys, and other places, whose program was run, sorted: empty where nothing of the repository was run. */
  tripped(): string[];
  /** The command lines that led to a program, the program's own first. */
  trail(name: string): string;
  /** Forgets what was run, and makes git look at every file again. */
  reset(): void;
  remove(): void;
}

/** The only text of `outside.ts`. */
export const OUTSIDE = 'export const OUTSIDE_OF_THE_REPOSITORY = 4711;\n';

const DATES = { GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z', GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z' };

/** Filters that other files of settings name, each with a file of its own in docs. */
const FILTERED = ['included', 'included-if', 'worktree'] as const;

const ATTRIBUTES = [
  '*.ts filter=trip diff=trip merge=trip',
  '*.md filter=trip-process diff=trip',
  ...FILTERED.map((name) => `docs/${name}.md filter=${name}`),
  '',
].join('\n');

/**
 * Makes a repository that looks like a small project, and whose every setting that can name a program names one which
 * leaves a trace. Inside lie a bare repository, a submodule, a repository whose work tree is elsewhere, and (where
 * wanted) what hangs. Needs git, sh and mkfifo, so not Windows.
 */
export function hostileRepository(options: HostileOptions = {}): HostileRepository {
  const { files = LIBRARY, missing = 'blob', hangs = ['files', 'head'] } = options;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hostile-')));
  const root = join(folder, 'repository');
  const outside = join(folder, 'outside');
  const wires = new Tripwires(folder);
  mkdirSync(root);
  place(outside, { 'outside.ts': OUTSIDE });

  git(root, 'init', '--quiet', '--initial-branch=main');
  place(root, { ...files, 'src/loans.ts': 'export const LOAN_DAYS = 14;\n' });
  commit(root, 'The first version');
  const lost = objectsOf(root);
  place(root, { ...files, '.gitattributes': ATTRIBUTES, '.gitmodules': modules(wires) });
  place(root, Object.fromEntries(FILTERED.map((name) => [`docs/${name}.md`, `# ${name}\n`])));
  addModule(root);
  commit(root, 'The second version');
  const src = git(root, 'rev-parse', 'HEAD:src').trim();
  sign(root);
  // Differs from the last commit, staged and not, and is not tracked: git would compare all three.
  place(root, { 'docs/staged.md': '# Staged\n' });
  git(root, 'add', 'docs/staged.md');
  place(root, { 'docs/untracked.md': '# Untracked\n' });
  appendFileSync(join(root, 'README.md'), '\nOpen on Sundays.\n');
  if (missing !== 'none') lose(root, missing === 'tree' ? src : lost[missing]);

  armInside(join(root, 'module/.git'), 'module', wires);
  addBare(root, wires);
  addElsewhere(root, outside, wires);
  arm(root, wires, folder);
  for (const hang of hangs) addHang(root, hang);
  /** A file that looks changed is filtered to be compared. */
  const touch = () => {
    const paths = ['src/catalogue.ts', 'src/mail.ts', 'module/module.ts', ...FILTERED.map((name) => `docs/${name}.md`)];
    const now = Date.now() / 1000;
    for (const path of paths)
      if (existsSync(join(root, path))) utimesSync(join(root, path), now, now - 86_400 * Math.random());
  };
  touch();
  return {
    root,
    outside,
    tripped: () => wires.tripped(),
    trail: (name) => wires.trail(name),
    reset: () => {
      wires.reset();
      touch();
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Programs that leave their name in a folder, with the command lines of everything that led to them. */
class Tripwires {
  readonly #programs: string;
  readonly #traces: string;

  constructor(folder: string) {
    this.#programs = join(folder, 'programs');
    this.#traces = join(folder, 'traces');
    for (const each of [this.#programs, this.#traces]) mkdirSync(each);
  }

  /** The path of a program that leaves `name`. */
  readonly program = (name: string): string => {
    const file = join(this.#programs, encodeURIComponent(name));
    const trace = join(this.#traces, encodeURIComponent(name));
    const lines = [
      '#!/bin/sh',
      `{ echo "$0 $*"; pid=$PPID`,
      'while [ "${pid:-0}" -gt 1 ] && [ -r /proc/$pid/cmdline ]; do',
      `  tr '\\0' ' ' </proc/$pid/cmdline; echo`,
      '  pid=$(sed -n "s/^PPid:[[:space:]]*//p" /proc/$pid/status)',
      `done; } >>'${trace}' 2>/dev/null`,
      endOf(name),
      '',
    ];
    writeFileSync(file, lines.join('\n'));
    chmodSync(file, 0o755);
    return file;
  };

  tripped(): string[] {
    return readdirSync(this.#traces).map(decodeURIComponent).sort();
  }

  trail(name: string): string {
    return readFileSync(join(this.#traces, encodeURIComponent(name)), 'utf8');
  }

  reset(): void {
    for (const name of readdirSync(this.#traces)) rmSync(join(this.#traces, name));
  }
}

/**
 * A filter or a comparison that fails ends git, and the next program would not be reached; the others fail as missing
 * ones do.
 */
function endOf(name: string): string {
  if (/\.(clean|smudge)$/.test(name)) return 'exec cat';
  if (name.endsWith('.textconv')) return 'exec cat "$1"';
  // git's long-running filter, which offers nothing.
  const greeting = '0016git-filter-server\\n000eversion=2\\n00000000';
  if (name.endsWith('.process')) return `printf '${greeting}'; exec cat >/dev/null`;
  return name.startsWith('diff.') ? 'exit 0' : 'exit 1';
}

/** Git with an author of its own, and without the settings of this machine. */
function git(folder: string, ...args: readonly string[]): string {
  return gitOf(folder, args);
}

function gitOf(folder: string, args: readonly string[], input?: string): string {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  const env = { ...Object.fromEntries(own), ...DATES, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const author = ['-c', 'user.name=Ask Codebase', '-c', 'user.email=tests@localhost'];
  const stdio: ['pipe', 'pipe', 'pipe'] = ['pipe', 'pipe', 'pipe'];
  return execFileSync('git', ['-C', folder, ...author, ...args], { encoding: 'utf8', env, stdio, input: input ?? '' });
}

function commit(folder: string, message: string): void {
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--message', message);
}

function objectsOf(root: string): { readonly blob: string; readonly commit: string } {
  const [blob = '', first = ''] = git(root, 'rev-parse', 'HEAD:src/loans.ts', 'HEAD').trim().split('\n');
  return { blob, commit: first };
}

/** Signs the last commit with what is no signature: to look at it, git starts the program that checks one. */
function sign(root: string): void {
  const [head = '', ...rest] = git(root, 'cat-file', 'commit', 'HEAD').split('\n\n');
  const signature = 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQEzBAABCAAdFiEE\n -----END PGP SIGNATURE-----';
  const signed = [`${head}\n${signature}`, ...rest].join('\n\n');
  const id = gitOf(root, ['hash-object', '-t', 'commit', '-w', '--stdin'], signed).trim();
  git(root, 'update-ref', 'HEAD', id);
}

function lose(root: string, object: string): void {
  rmSync(join(root, '.git/objects', object.slice(0, 2), object.slice(2)), { force: true });
}

/** What every repository inside names, so that a git that enters it is seen. */
function armInside(
  gitFolder: string,
  name: string,
  wires: Tripwires,
  more: readonly (readonly [string, string])[] = [],
) {
  const settings = [
    ['core.fsmonitor', wires.program(`${name}: core.fsmonitor`)],
    ['filter.trip.clean', wires.program(`${name}: filter.trip.clean`)],
  ] as const;
  appendFileSync(join(gitFolder, 'config'), asConfig([...settings, ...more]));
  mkdirSync(join(gitFolder, 'info'), { recursive: true });
  writeFileSync(join(gitFolder, 'info/attributes'), '* filter=trip\n');
}

/** A submodule that is checked out: git looks whether it has changed by a git of its own in it. */
function addModule(root: string): void {
  const module = join(root, 'module');
  mkdirSync(module);
  git(module, 'init', '--quiet', '--initial-branch=main');
  place(module, { 'module.ts': 'export const MODULE = 1;\n' });
  commit(module, 'A module');
  git(root, '-c', 'advice.addEmbeddedRepo=false', 'add', 'module');
}

function modules(wires: Tripwires): string {
  const file = wires.program('.gitmodules');
  return `[submodule "module"]\n\tpath = module\n\turl = ./module\n[submodule "far"]\n\tpath = far\n\turl = ext::${file}\n`;
}

/** A folder of plain files that is a repository without a work tree, to whoever starts a git in it. */
function addBare(root: string, wires: Tripwires): void {
  const bare = join(root, 'vendor/bare');
  mkdirSync(bare, { recursive: true });
  git(bare, 'init', '--quiet', '--bare', '--initial-branch=main');
  place(bare, { 'bare.ts': 'export const BARE = 1;\n' });
  armInside(bare, 'vendor/bare', wires, [
    ['core.bare', 'false'],
    ['core.worktree', '.'],
  ]);
}

function addElsewhere(root: string, outside: string, wires: Tripwires): void {
  const elsewhere = join(root, 'elsewhere');
  mkdirSync(elsewhere);
  git(elsewhere, 'init', '--quiet', '--initial-branch=main');
  place(elsewhere, { 'inside.ts': 'export const INSIDE = 1;\n' });
  armInside(join(elsewhere, '.git'), 'elsewhere', wires, [['core.worktree', outside]]);
}

/** Settings, hooks and files of settings of the repository itself; no git is started by this module after it. */
function arm(root: string, wires: Tripwires, folder: string): void {
  const led = {
    included: join(folder, 'included'),
    includedIf: join(folder, 'included-if'),
    hooks: join(folder, 'hooks'),
    template: join(folder, 'template'),
  };
  const filter = (name: (typeof FILTERED)[number]) =>
    [`filter.${name}.clean`, wires.program(`filter.${name}.clean`)] as const;
  writeFileSync(led.included, asConfig([filter('included')]));
  writeFileSync(led.includedIf, asConfig([filter('included-if')]));
  const gitFolder = join(root, '.git');
  writeFileSync(join(gitFolder, 'config.worktree'), asConfig([filter('worktree')]));
  addHooks(led.hooks, 'core.hooksPath', wires);
  addHooks(join(led.template, 'hooks'), 'init.templateDir', wires);
  addHooks(join(gitFolder, 'hooks'), 'hooks', wires);
  const extensions = [
    ['core.repositoryFormatVersion', '1'],
    ['extensions.partialClone', 'uploadpack'],
    ['extensions.worktreeConfig', 'true'],
  ] as const;
  appendFileSync(join(gitFolder, 'config'), asConfig([...extensions, ...hostileSettings(wires.program, led)]));
}

function addHooks(folder: string, name: string, wires: Tripwires): void {
  mkdirSync(folder, { recursive: true });
  for (const hook of HOOKS) {
    writeFileSync(join(folder, hook), `#!/bin/sh\nexec '${wires.program(`${name}/${hook}`)}' "$@"\n`);
    chmodSync(join(folder, hook), 0o755);
  }
}

function addHang(root: string, hang: Hang): void {
  const pipe = (path: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    rmSync(join(root, path), { force: true });
    execFileSync('mkfifo', [join(root, path)]);
    return join(root, path);
  };
  const settings = (...own: readonly (readonly [string, string])[]) => {
    appendFileSync(join(root, '.git/config'), asConfig(own));
  };
  switch (hang) {
    case 'ignore-file':
      place(root, { 'pipes/beside.ts': 'export const BESIDE = 1;\n' });
      pipe('pipes/.gitignore');
      pipe('pipes/.codebaseignore');
      break;
    case 'head':
      place(root, { 'stuck/beside.ts': 'export const STUCK = 1;\n', 'stuck/.git/config': '' });
      for (const name of ['objects', 'refs']) mkdirSync(join(root, 'stuck/.git', name));
      pipe('stuck/.git/HEAD');
      break;
    case 'files':
      symlinkSync('/dev/zero', join(root, 'endless.ts'));
      pipe('pipe.ts');
      break;
    case 'config':
      settings(['include.path', pipe('.git/pipe')]);
      break;
    case 'excludes':
      settings(['core.excludesFile', pipe('.git/excludes')], ['core.attributesFile', pipe('.git/attributes')]);
      break;
  }
}
