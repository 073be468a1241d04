import { spawn } from 'node:child_process';
import { lstat, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

export type Repository =
  | {
      readonly kind: 'git';
      /** The outermost folder of the work tree. */
      readonly top: string;
      /** The way from there to the folder that was asked about: '' or ending in `/`. */
      readonly prefix: string;
      /** Shared by all work trees of one repository, and by nothing else. */
      readonly commonDir: string;
    }
  | { readonly kind: 'folder'; readonly reason: keyof typeof folderReasons };

/** Why a folder is walked without git, as a sentence for its owner. */
export const folderReasons = {
  'no-repository': 'The folder is not in a git work tree.',
  'no-git': 'git was not found: the .gitignore files are followed all the same.',
  'not-trusted':
    'git does not trust this folder, because somebody else owns it (safe.directory): its .gitignore files are followed ' +
    'all the same.',
} as const;

export type Listed =
  | { readonly kind: 'tracked' | 'untracked'; readonly path: string }
  /** A folder that git could not open, or a name that is not UTF-8: shown with replacement characters. */
  | { readonly kind: 'unreadable'; readonly path: string };

export class GitError extends Error {
  override readonly name = 'GitError';
}

/** A hook that starts us must not make us look at the hook's repository instead of the user's. */
const places = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_PREFIX',
  'GIT_COMMON_DIR',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_NAMESPACE',
  'GIT_LITERAL_PATHSPECS',
];

function start(folder: string, args: readonly string[], signal?: AbortSignal) {
  const env: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' };
  for (const name of places) Reflect.deleteProperty(env, name);
  // core.fsmonitor names a program, and a repository's settings must not start one. Windows looks for a program in the
  // current folder first, so that folder is not the repository.
  return spawn('git', ['-C', folder, '-c', 'core.fsmonitor=false', ...args], {
    cwd: dirname(process.execPath),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    ...(signal && { signal }),
  });
}

type Ended =
  { readonly kind: 'ended'; readonly code: number | null } | { readonly kind: 'failed'; readonly error: Error };

function ending(child: ReturnType<typeof start>): Promise<Ended> {
  return new Promise((settle) => {
    child.on('error', (error) => {
      settle({ kind: 'failed', error });
    });
    child.on('close', (code) => {
      settle({ kind: 'ended', code });
    });
  });
}

async function collect(stream: AsyncIterable<unknown>): Promise<string> {
  return (await collectBytes(stream)).toString('utf8');
}

async function collectBytes(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  } catch {
    // The process was stopped: what it said until then is all there is.
  }
  return Buffer.concat(chunks);
}

/** What git says on its output, as bytes; undefined where it fails. */
export async function gitOutput(
  folder: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<Buffer | undefined> {
  const child = start(folder, args, signal);
  const ended = ending(child);
  const [out] = await Promise.all([collectBytes(child.stdout), collect(child.stderr)]);
  const end = await ended;
  signal?.throwIfAborted();
  return end.kind === 'ended' && end.code === 0 ? out : undefined;
}

async function run(folder: string, args: readonly string[], signal?: AbortSignal) {
  const child = start(folder, args, signal);
  const ended = ending(child);
  const [out, errors] = await Promise.all([collect(child.stdout), collect(child.stderr)]);
  const end = await ended;
  signal?.throwIfAborted();
  return { out, errors, end };
}

/** The repository that a folder belongs to, be it the top, a folder inside, a submodule or a linked work tree. */
export async function findRepository(folder: string, signal?: AbortSignal): Promise<Repository> {
  const questions = ['--show-toplevel', '--show-prefix', '--git-common-dir'];
  const { out, errors, end } = await run(folder, ['rev-parse', ...questions], signal);
  if (end.kind === 'failed') return { kind: 'folder', reason: 'no-git' };
  if (end.code !== 0) {
    return { kind: 'folder', reason: errors.includes('dubious ownership') ? 'not-trusted' : 'no-repository' };
  }
  const [top = '', prefix = '', common = ''] = out.split('\n');
  return { kind: 'git', top: resolve(top), prefix, commonDir: await realpath(resolve(folder, common)) };
}

/**
 * Files of a folder that differ from the last commit, untracked ones included, relative to the folder. Empty where there is
 * no repository. A repository without a commit has only untracked and added files.
 */
export async function changedFiles(folder: string, signal?: AbortSignal): Promise<string[]> {
  const questions = [
    // Plumbing on purpose: `git diff` and `git status` may run filters that the repository's own settings name.
    ['diff-index', '--name-only', '--no-renames', '--no-ext-diff', '--relative', '-z', 'HEAD'],
    ['ls-files', '--others', '--exclude-standard', '-z'],
  ];
  const answers = await Promise.all(questions.map((question) => run(folder, question, signal)));
  return answers.flatMap(({ out, end }) =>
    end.kind === 'ended' && end.code === 0 ? out.split('\0').filter(Boolean) : [],
  );
}

/**
 * The commit that the line of first parents of HEAD began with: the same in every clone, worktree and branch, and merging
 * in another project does not change it. undefined before the first commit, and in a shallow clone, which does not know.
 */
export async function firstCommit(folder: string, signal?: AbortSignal): Promise<string | undefined> {
  const shallow = await run(folder, ['rev-parse', '--is-shallow-repository'], signal);
  if (shallow.end.kind === 'failed' || shallow.out.trim() !== 'false') return undefined;
  const { out, end } = await run(folder, ['rev-list', '--first-parent', '--max-parents=0', 'HEAD'], signal);
  const hash = out.trim();
  return end.kind === 'ended' && end.code === 0 && /^[0-9a-f]{40,64}$/.test(hash) ? hash : undefined;
}

/** Which of these paths git ignores; none where there is no repository. Paths are relative to the folder. */
export async function ignoredPaths(
  folder: string,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { out } = await run(folder, ['check-ignore', '-z', '--', ...paths], signal);
  return new Set(out.split('\0').filter(Boolean));
}

/** Whether the folder holds a repository of its own; git itself would go on looking in the folders above. */
export async function ownsRepository(folder: string): Promise<boolean> {
  return lstat(join(folder, '.git')).then(
    () => true,
    () => false,
  );
}

/** Whether the repository around a folder ignores the folder itself. */
export async function isIgnoredFolder(folder: string, signal?: AbortSignal): Promise<boolean> {
  const { end } = await run(folder, ['check-ignore', '--quiet', '.'], signal);
  return end.kind === 'ended' && end.code === 0;
}

/**
 * What `git ls-files --cached --others --exclude-standard` lists in a folder, in batches as git finds it. A nested
 * repository is one path: a submodule as it is tracked, any other with a `/` at its end.
 * @param prefix the repository's own, from `findRepository`
 * @throws GitError if git fails, with git's own words
 */
export async function* listFiles(folder: string, prefix: string, signal?: AbortSignal): AsyncGenerator<Listed[]> {
  const what = ['-t', '-z', '--no-recurse-submodules', '--cached', '--others', '--exclude-standard'];
  const child = start(folder, ['ls-files', ...what], signal);
  const ended = ending(child);
  const complaints = collect(child.stderr);
  try {
    let rest = Buffer.alloc(0);
    let last = '';
    for await (const chunk of child.stdout) {
      if (!Buffer.isBuffer(chunk)) continue;
      const bytes = Buffer.concat([rest, chunk]);
      const end = bytes.lastIndexOf(0) + 1;
      rest = bytes.subarray(end);
      const batch = names(bytes.subarray(0, end)).map(listed);
      // A file in conflict is listed once for every side, one after the other.
      yield batch.filter(({ path }, i) => path !== (i === 0 ? last : batch[i - 1]?.path));
      last = batch.at(-1)?.path ?? last;
    }
    const errors = await complaints;
    const end = await ended;
    signal?.throwIfAborted();
    if (end.kind === 'failed') throw new GitError(end.error.message);
    if (end.code !== 0) throw new GitError(errors.trim() || `git ended with code ${end.code ?? 'none'}.`);
    yield closedFolders(errors, prefix);
  } finally {
    child.kill();
  }
}

/** git only warns of a folder that it cannot open, and names it from the top of the work tree. */
function closedFolders(errors: string, prefix: string): Listed[] {
  return [...errors.matchAll(/could not open directory '(.*?)\/?': /g)]
    .map(([, path = '']) => path)
    .filter((path) => path.startsWith(prefix))
    .map((path) => ({ kind: 'unreadable', path: path.slice(prefix.length) }));
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lossy = new TextDecoder('utf-8', { ignoreBOM: true });

/** The texts between NULs; undecodable ones begin with a NUL instead of git's tag. */
function names(bytes: Buffer): string[] {
  try {
    return strict.decode(bytes).split('\0').slice(0, -1);
  } catch {
    const parts: string[] = [];
    for (let from = 0, to = bytes.indexOf(0); to >= 0; from = to + 1, to = bytes.indexOf(0, from)) {
      const part = bytes.subarray(from, to);
      try {
        parts.push(strict.decode(part));
      } catch {
        parts.push(`\0${lossy.decode(part).slice(1)}`);
      }
    }
    return parts;
  }
}

function listed(name: string): Listed {
  const tag = name[0];
  return { kind: tag === '\0' ? 'unreadable' : tag === '?' ? 'untracked' : 'tracked', path: name.slice(2) };
}
