import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import envPaths from 'env-paths';

/** Where memories live: ASK_CODEBASE_HOME where it is set, else the platform's folder for a program's data. */
export function homeFolder(): string {
  return process.env.ASK_CODEBASE_HOME ?? envPaths('ask-codebase', { suffix: '' }).data;
}

/**
 * The folder of one repository's memory. Its name is the repository's for people, and a hash for everything else: a path in
 * a file name runs into the limits of file systems.
 */
export function memoryFolder(root: string, home: string = homeFolder()): string {
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const name =
    basename(root)
      .replace(/[^\w.-]+/g, '-')
      .slice(0, 40) || 'root';
  return join(home, 'memory', `${name}-${hash}`);
}
