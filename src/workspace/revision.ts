import { blobHash } from './file.ts';
import { GitError, gitOutput } from './git.ts';
import { decode, limits, skipByContent, skipByName } from './skip.ts';

/** The commit that a name stands for: a branch, a tag, `HEAD~3`, a hash. Throws GitError with what to do. */
export async function commitOf(folder: string, name: string, signal?: AbortSignal): Promise<string> {
  const question = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const out = await gitOutput(folder, question, signal);
  if (out !== undefined) return out.toString('utf8').trim();
  throw new GitError(
    `git knows no commit "${name}" in ${folder}. Give a branch, a tag or a hash that \`git log\` shows there.`,
  );
}

/**
 * Files of the folder that differ between two commits, or between a commit and the files on disk, untracked ones included;
 * relative to the folder. A renamed file is two.
 */
export async function changedBetween(
  folder: string,
  base: string,
  head: string | undefined,
  signal?: AbortSignal,
): Promise<string[]> {
  const commits = head === undefined ? [base] : [base, head];
  const questions = [['diff', '--name-only', '--no-renames', '--no-ext-diff', '--relative', '-z', ...commits, '--']];
  if (head === undefined) questions.push(['ls-files', '--others', '--exclude-standard', '-z']);
  const answers = await Promise.all(questions.map((question) => gitOutput(folder, question, signal)));
  const paths = answers.flatMap((out) => {
    if (out === undefined) throw new GitError(`git could not compare the commits in ${folder}.`);
    return out.toString('utf8').split('\0').filter(Boolean);
  });
  return [...new Set(paths)].sort();
}

export interface CommittedText {
  readonly text: string;
  /** git's blob id */
  readonly hash: string;
}

/** A file as it stands in a commit, by the rules of a file on disk; undefined where it is not there or not to be read. */
export async function textAt(
  folder: string,
  commit: string,
  path: string,
  signal?: AbortSignal,
): Promise<CommittedText | undefined> {
  // A symbolic link or a submodule is not a file: the tree says which it is, and how large.
  const listed = await gitOutput(folder, ['ls-tree', '-l', '-z', commit, '--', `:(literal)${path}`], signal);
  const found = /^100(?:644|755) blob ([0-9a-f]{40,64}) +([0-9]+)\t/.exec(listed?.toString('utf8') ?? '');
  const [, id, size] = found ?? [];
  if (id === undefined || Number(size) > limits.file || skipByName(path, Number(size))) return undefined;
  const bytes = await gitOutput(folder, ['cat-file', 'blob', id], signal);
  if (bytes === undefined || (await skipByContent(path, bytes))) return undefined;
  const text = decode(bytes);
  return text === undefined ? undefined : { text, hash: blobHash(bytes) };
}
