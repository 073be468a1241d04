import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import envPaths from 'env-paths';

/** Where memories live: ASK_CODEBASE_HOME where it is set, else the platform's folder for a program's data. */
export function homeFolder(): string {
  return process.env.ASK_CODEBASE_HOME ?? envPaths('ask-codebase', { suffix: '' }).data;
}

/**
 * The folder of one repository's memory, shared by its worktrees. Its name says a little of the repository's identity for
 * people, and a hash for everything else: a path in a file name runs into the limits of file systems.
 */
export function memoryFolder(repository: string, home: string = homeFolder()): string {
  const hash = createHash('sha256').update(repository).digest('hex').slice(0, 12);
  const name =
    basename(repository)
      .replace(/[^\w.-]+/g, '-')
      .slice(0, 40) || 'root';
  return join(home, 'memory', `${name}-${hash}`);
}
