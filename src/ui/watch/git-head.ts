import { isAbsolute, resolve } from 'node:path';

/**
 * Where a work tree's HEAD lies, from what stands at its `.git`: a folder, or in a linked work tree and in a submodule
 * a file with the line `gitdir: PATH`. Undefined where the file says no such thing, or names another machine.
 *
 * @param top the folder that holds `.git`
 * @param content the text of `.git` where it is a file, undefined where it is a folder
 */
export function gitFolder(top: string, content: string | undefined): string | undefined {
  if (content === undefined) return resolve(top, '.git');
  const path = /^gitdir:(.*)$/m.exec(content)?.[1]?.trim() || undefined;
  // A share of another machine would be asked with the user's name and a proof of the password.
  if (path === undefined || /^[\\/]{2}/.test(path)) return undefined;
  return isAbsolute(path) ? path : resolve(top, path);
}

/**
 * What is watched in it, each with the folder it lies in. `HEAD` is written by a switch of branches and by a detached
 * checkout; `logs/HEAD` grows at every commit, pull, merge, reset and step of a rebase, which may leave `HEAD` itself
 * alone.
 */
export const headFiles = [
  { folder: '', name: 'HEAD' },
  { folder: 'logs', name: 'HEAD' },
] as const;
