import { realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { AppError } from '../../common/app-error.ts';
import { gitLines, runGit, streamGit } from './git-process.ts';
import { isFound } from '../walk/entry.ts';
import { openFile } from '../files/open-file.ts';

export { allowGit } from './git-process.ts';

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
  | {
      readonly kind: 'folder';
      readonly reason: keyof typeof folderReasons;
      /** The outermost folder of the repository that git was not asked about; undefined where there is none. */
      readonly top: string | undefined;
    };

/** Why a folder is walked without git, as a sentence for its owner. */
export const folderReasons = {
  'no-repository': 'The folder is not in a git work tree.',
  'no-git': 'git was not found: the .gitignore files are followed all the same.',
  'not-allowed': 'This folder is not trusted, so git is not asked: the .gitignore files are followed all the same.',
  'not-trusted':
    'git does not trust this folder, because somebody else owns it (safe.directory): its .gitignore files are followed ' +
    'all the same.',
  'odd-repository':
    'The git folder here holds pipes, devices or network paths, so git is not asked: the .gitignore files are ' +
    'followed all the same.',
  'too-slow': 'git did not answer in time: the .gitignore files are followed all the same.',
} as const;

const folder = (reason: keyof typeof folderReasons, top?: string): Repository => ({ kind: 'folder', reason, top });

/** The repository that a folder belongs to, be it the top, a folder inside, a submodule or a linked work tree. */
export async function findRepository(start: string, signal?: AbortSignal): Promise<Repository> {
  const top = await topOf(start);
  if (top === undefined) return folder('no-repository');
  if (!(await isOrdinary(top))) return folder('odd-repository', top);
  const questions = ['--show-toplevel', '--show-prefix', '--git-common-dir'];
  const run = await runGit(start, ['rev-parse', ...questions], { signal, maxBytes: 65_536, patience: 10_000 });
  if (run.kind === 'missing') return folder('no-git', top);
  if (run.kind === 'not-allowed') return folder('not-allowed', top);
  if (run.kind === 'too-slow' || run.kind === 'too-much') return folder('too-slow', top);
  if (run.kind === 'refused') {
    return run.errors.includes('dubious ownership') ? folder('not-trusted', top) : folder('no-repository');
  }
  const [found = '', prefix = '', common = ''] = run.out.toString('utf8').split('\n');
  // A repository may say that its work tree lies anywhere (core.worktree): files of this folder are what is asked for.
  const isHere = await isSameFolder(join(found, prefix), start);
  if (!isHere) return folder('no-repository');
  const commonDir = await realpath(resolve(start, common)).catch(() => undefined);
  if (commonDir === undefined) return folder('no-repository');
  return { kind: 'git', top: resolve(found), prefix, commonDir };
}

async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => realpath(path).catch(() => undefined)));
  return a !== undefined && a === b;
}

/** The folder itself or the nearest above it that holds something of the name `.git`. */
async function topOf(start: string): Promise<string | undefined> {
  for (let top = resolve(start); ; top = dirname(top)) {
    if (await isFound(join(top, '.git'))) return top;
    if (dirname(top) === top) return undefined;
  }
}

/** What git opens before it says anything. It waits for ever where one of these is a pipe. */
const OPENED = ['HEAD', 'config', 'config.worktree', 'commondir', 'index', 'packed-refs', 'shallow', 'info/exclude'];

/** Whether git's own files are files, and are on this machine as far as `.git` itself tells. */
async function isOrdinary(top: string): Promise<boolean> {
  const place = join(top, '.git');
  const info = await stat(place).catch(() => undefined);
  if (info === undefined) return false;
  if (info.isDirectory()) return areFiles(place);
  const pointer = await gitFolderOf(top);
  return pointer !== undefined && (await areFiles(pointer));
}

/** The folder that a `.git` file names; undefined where it names none, or one on another machine. */
async function gitFolderOf(top: string): Promise<string | undefined> {
  const found = await openFile(top, '.git', { maxBytes: 8_192 });
  if (found.kind !== 'opened') return undefined;
  const [, path = ''] = /^gitdir: (.+?)[\r\n]*$/.exec(Buffer.from(found.bytes).toString('utf8')) ?? [];
  // Windows signs in, with the user's name, wherever such a path leads.
  return path === '' || /^[\\/]{2}/.test(path) ? undefined : resolve(top, path);
}

/** Of a linked work tree, the folder that it shares with the others counts too. */
async function areFiles(gitFolder: string): Promise<boolean> {
  const infos = await Promise.all(OPENED.map((name) => stat(join(gitFolder, name)).catch(() => undefined)));
  if (!infos.every((info) => info === undefined || info.isFile())) return false;
  const shared = await openFile(gitFolder, 'commondir', { maxBytes: 8_192 });
  if (shared.kind !== 'opened') return true;
  const path = Buffer.from(shared.bytes).toString('utf8').trim();
  const common = resolve(gitFolder, path);
  return !/^[\\/]{2}/.test(path) && (common === resolve(gitFolder) || areFiles(common));
}

/** A tracked path, or a folder that is a repository of its own (a submodule). */
export interface Tracked {
  readonly path: string;
  readonly isSubmodule: boolean;
}

/** git is asked about these at once: a command line has an end. */
const PATHS = 500;

/**
 * The tracked paths below a folder, relative to it, as the index has them; a file in conflict once. No pattern is
 * followed and nothing on disk is looked at. Names that are not UTF-8 are left out: nobody could open them.
 * @param paths only these, and what lies below them
 * @throws `git/failed` where git fails, with git's own words
 */
export async function trackedFiles(
  folder: string,
  signal?: AbortSignal,
  paths: readonly string[] = [],
): Promise<Tracked[]> {
  const tracked: Tracked[] = [];
  let rest: Buffer = Buffer.alloc(0);
  const take = (chunk: Buffer) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const end = bytes.lastIndexOf(0) + 1;
    for (const line of bytes.subarray(0, end).toString('utf8').split('\0')) {
      const [, mode = '', path = ''] = /^(\d+) [0-9a-f]+ \d\t(.*)$/s.exec(line) ?? [];
      if (path === '' || path.includes('\uFFFD') || path === tracked.at(-1)?.path) continue;
      tracked.push({ path, isSubmodule: mode === '160000' });
    }
    rest = bytes.subarray(end);
  };
  for (let at = 0; at === 0 || at < paths.length; at += PATHS) {
    const args = ['ls-files', '--cached', '--stage', '-z', '--', ...paths.slice(at, at + PATHS)];
    const ended = await streamGit(folder, args, { signal }, take);
    if (ended.kind === 'done') continue;
    throw new AppError(
      'git/failed',
      ended.kind === 'refused' ? ended.errors : `git could not list the files of ${folder}.`,
    );
  }
  return tracked;
}

/**
 * The user's own file of patterns (core.excludesFile): from the settings of the user and of the machine. One that the
 * repository's settings name counts if it lies in the repository.
 */
export async function excludesFile(top: string | undefined, signal?: AbortSignal): Promise<string | undefined> {
  const args = ['config', '--type=path', '--show-scope', '-z', '--get', 'core.excludesFile'];
  const parts = top === undefined ? undefined : await gitLines(top, args, { signal, maxBytes: 65_536 });
  const [scope, path] = parts ?? [];
  const home = process.env.HOME ?? process.env.USERPROFILE ?? '';
  const byCustom = join(process.env.XDG_CONFIG_HOME ?? join(home, '.config'), 'git', 'ignore');
  if (scope === undefined || path === undefined || top === undefined) return home === '' ? undefined : byCustom;
  const file = resolve(top, path);
  const way = relative(top, file);
  const isInside = way !== '' && way !== '..' && !way.startsWith(`..${sep}`);
  return scope === 'global' || scope === 'system' || isInside ? file : undefined;
}

/**
 * The commit that the line of first parents of HEAD began with: the same in every clone, worktree and branch, and
 * merging in another project does not change it. undefined before the first commit, and in a shallow clone, which does
 * not know.
 */
export async function firstCommit(folder: string, signal?: AbortSignal): Promise<string | undefined> {
  const [isShallow] = (await gitLines(folder, ['rev-parse', '--is-shallow-repository'], { signal })) ?? [];
  if (isShallow !== 'false') return undefined;
  // A history of a million commits is read in some ten seconds, and git says nothing until the end.
  const limits = { signal, patience: 120_000 };
  const args = ['rev-list', '--first-parent', '--max-parents=0', 'HEAD', '--'];
  const [hash = ''] = (await gitLines(folder, args, limits)) ?? [];
  return /^[0-9a-f]{40,64}$/.test(hash) ? hash : undefined;
}
