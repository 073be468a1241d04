import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import envPaths from 'env-paths';
import { AppError } from '../common/app-error.ts';
import { environmentFolder } from '../common/environment.ts';
import { tighten } from '../common/private-file.ts';
import { HOME_PARTS } from '../memory/store/elsewhere.ts';

const IGNORE = '.gitignore';
/** Beside what is remembered lie models, in which nothing of anybody's files is. */
const PARTS: readonly string[] = [...HOME_PARTS, 'models'];

/**
 * Where memories live: ASK_CODEBASE_HOME where it is set, else the platform's folder for a program's data.
 *
 * @throws `command/environment` where either is no absolute path
 */
export function homeFolder(): string {
  const own = environmentFolder('ASK_CODEBASE_HOME');
  if (own !== undefined) return own;
  const { data } = envPaths('ask-codebase', { suffix: '' });
  if (isAbsolute(data)) return data;
  throw new AppError(
    'command/environment',
    `The folder for program data must be an absolute path, and "${data}" is not. Set ASK_CODEBASE_HOME to one.`,
  );
}

/**
 * Makes a home for its owner alone, and tells git to leave it: it may lie in a work tree, where `git add --all` would
 * commit it. In a folder that holds other things too, only the program's own parts are touched. Never throws: who opens
 * a memory there says in a sentence why that cannot be done.
 */
export function prepareHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const isOwn = readdirSync(home).every((name) => name === IGNORE || PARTS.includes(name));
    if (isOwn) {
      tighten(home);
      ignore(home);
      for (const part of PARTS) tighten(join(home, part));
      return;
    }
    for (const part of HOME_PARTS) {
      // One that is there already may be somebody's own of that name.
      if (mkdirSync(join(home, part), { recursive: true, mode: 0o700 }) !== undefined) ignore(join(home, part));
    }
  } catch {
    // See above.
  }
}

function ignore(folder: string): void {
  try {
    writeFileSync(join(folder, IGNORE), '*\n', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/**
 * The folder of one repository's memory, shared by its worktrees. Its name says a little of the repository's identity
 * for people, and a hash for everything else: a path in a file name runs into the limits of file systems.
 */
export function memoryFolder(repository: string, home: string = homeFolder()): string {
  const hash = createHash('sha256').update(repository).digest('hex').slice(0, 12);
  const name =
    basename(repository)
      .replace(/[^\w.-]+/g, '-')
      .slice(0, 40) || 'root';
  return join(home, 'memory', `${name}-${hash}`);
}

/** The folder that is asked about, links resolved. Throws `ask/…` where there is none. */
export async function realFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (!found) {
    throw new AppError('ask/folder-gone', `There is no folder ${path}. Give the path of a repository with --repo.`);
  }
  if (!found.isDirectory()) {
    throw new AppError(
      'ask/folder-gone',
      `${path} is a file, not a folder. Give the folder of the repository with --repo.`,
    );
  }
  return realpath(path);
}
