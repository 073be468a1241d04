import { execFileSync } from 'node:child_process';
import { LIBRARY, place, temporary } from '../../loop/cli.ts';

/** A small Git repository about a library of books, with everything committed. Gives its folder. */
export function libraryRepository(name = 'library'): string {
  const folder = place(temporary(name), LIBRARY);
  git(folder, 'init', '--quiet', '--initial-branch=main');
  commit(folder, 'A library');
  return folder;
}

export function commit(folder: string, message: string): void {
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--message', message);
}

/** Git with an author of its own, whatever the machine's settings are. */
export function git(folder: string, ...args: readonly string[]): string {
  const author = ['-c', 'user.name=Ask Codebase', '-c', 'user.email=tests@localhost', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', ['-C', folder, ...author, ...args], { encoding: 'utf8' });
}
