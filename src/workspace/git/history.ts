import { findRepository } from './git.ts';
import { gitLines } from './git-process.ts';
import type { LineLimits } from './git-process.ts';
import { textAt } from './revision.ts';
import { isNotebook } from '../files/notebook.ts';
import { examineSecrets, placeholder } from '../files/secret.ts';
import type { IsExempt } from '../files/secret.ts';

const LIMITS = {
  /** ms without a word from git: a question waits for it. */
  patience: 5_000,
  maxBytes: 8 * 1024 * 1024,
  /** Characters of a commit's message. */
  message: 2_000,
  /** Commits of one file. */
  commits: 20,
} as const;

/** A commit of the local repository. */
export interface Commit {
  /** 40 hexadecimal digits, or 64. */
  readonly hash: string;
  /** Of the author, as YYYY-MM-DD. */
  readonly date: string;
  readonly author: string;
  /** When the author wrote it, in seconds since 1970. */
  readonly seconds: number;
  /** Subject and body, secrets masked. */
  readonly message: string;
}

/** Fields of a commit divided by NUL and commits by a record separator, which no message can have both. */
const FORMAT = '--format=%H%x00%as%x00%an%x00%at%x00%B%x1e';
/** Programs that a repository's settings name for its files are not run, and names stay as they were written. */
const PLAIN = ['--no-textconv', '--no-ext-diff', '--no-mailmap', '--no-show-signature'];

/** Whether git may be asked about the folder, and knows it. */
export async function hasHistory(folder: string, signal?: AbortSignal): Promise<boolean> {
  return (await findRepository(folder, signal)).kind === 'git';
}

/** A file as a commit has it. */
export interface CommittedPath {
  readonly folder: string;
  /** The commit: `HEAD`, or its hash. */
  readonly revision: string;
  readonly path: string;
  /** The files whose secrets are read in clear. */
  readonly isExempt?: IsExempt | undefined;
}

/** The commits that changed a file, newest first; none where git does not say. */
export async function commitsOf({ folder, revision, path }: CommittedPath, signal?: AbortSignal): Promise<Commit[]> {
  const args = ['log', ...PLAIN, FORMAT, '-z', `--max-count=${LIMITS.commits}`, revision, '--', path];
  return parsed(await gitLines(folder, args, { signal, ...LIMITS }));
}

/**
 * The first commit that has a name in a file, followed through the file's renames; undefined where git does not say. A
 * name that came from another file is taken for new.
 */
export async function firstWith(
  { folder, revision, path }: CommittedPath,
  name: string,
  signal?: AbortSignal,
): Promise<Commit | undefined> {
  const args = ['log', ...PLAIN, FORMAT, '-z', '--follow', `-S${name}`, revision, '--', path];
  return parsed(await gitLines(folder, args, { signal, ...LIMITS })).at(-1);
}

/**
 * The commits that last wrote these lines of a file, as a commit has it, with how many of them each wrote; most
 * first. None where git does not say: the file is new, the history is not here, it takes too long.
 *
 * @param start first line, from 1
 */
export async function blame(
  { folder, revision, path }: CommittedPath,
  { start, end }: { readonly start: number; readonly end: number },
  options: Pick<LineLimits, 'signal' | 'onTooSlow'> = {},
): Promise<{ readonly commit: Commit; readonly lines: number }[]> {
  const args = [
    'blame',
    '--no-textconv',
    '--no-ignore-revs-file',
    '--porcelain',
    `-L${start},${end}`,
    revision,
    '--',
    path,
  ];
  const lines = await gitLines(folder, args, { ...options, ...LIMITS });
  const written = new Map<string, number>();
  for (const line of lines ?? []) {
    const [, hash] = /^([0-9a-f]{40,64}) \d+ \d+/.exec(line) ?? [];
    if (hash !== undefined) written.set(hash, (written.get(hash) ?? 0) + 1);
  }
  if (written.size === 0) return [];
  const shown = ['log', ...PLAIN, FORMAT, '-z', '--no-walk=unsorted', ...written.keys(), '--'];
  const commits = parsed(await gitLines(folder, shown, { ...options, ...LIMITS }));
  return commits
    .map((commit) => ({ commit, lines: written.get(commit.hash) ?? 0 }))
    .sort((a, b) => b.lines - a.lines || b.commit.seconds - a.commit.seconds);
}

/** The lines of a file as a commit has them and git numbers them; undefined where it has none. */
export async function committedLines(
  { folder, revision, path, isExempt }: CommittedPath,
  signal?: AbortSignal,
): Promise<readonly string[] | undefined> {
  const found = await textAt(folder, revision, path, signal, isExempt);
  // git counts by line feeds in the bytes: lines of a notebook's cells are none of them, and a lone `\r` ends none.
  if (found === undefined || isNotebook(path) || /\r(?!\n)/.test(found.text)) return undefined;
  return found.text.split(/\r?\n/);
}

/** Lines of a file in a commit, 1-based and inclusive. */
interface CommittedRange {
  readonly start: number;
  readonly end: number;
  /** Letter for letter the lines that were asked about: nothing in them waits to be committed. */
  readonly isSame: boolean;
}

/**
 * The same lines as a commit has them: as many, from the nearest line that is the same as the first.
 * Undefined where they are not committed.
 *
 * @param now   the lines of the file as it stands, without their ends
 * @param range 1-based and inclusive
 */
export async function committedRange(
  file: CommittedPath,
  now: readonly string[],
  { start, end }: { readonly start: number; readonly end: number },
  signal?: AbortSignal,
): Promise<CommittedRange | undefined> {
  const then = await committedLines(file, signal);
  if (then === undefined) return undefined;
  const first = nearest(then, now[start - 1], start - 1);
  if (first === undefined) return undefined;
  const last = Math.min(then.length, first + 1 + end - start);
  const isSame = then.slice(first, last).join('\n') === now.slice(start - 1, end).join('\n');
  return { start: first + 1, end: last, isSame };
}

/** Where a line stands, as near as possible to where it was. */
function nearest(lines: readonly string[], wanted: string | undefined, at: number): number | undefined {
  const found = lines.flatMap((line, index) => (line === wanted ? [index] : []));
  return found.sort((a, b) => Math.abs(a - at) - Math.abs(b - at))[0];
}

function parsed(fields: readonly string[] | undefined): Commit[] {
  const text = (fields ?? []).join('\0');
  return text.split('\x1e').flatMap((record) => {
    const [hash = '', date = '', author = '', seconds = '', message = ''] = record.replace(/^\0/, '').split('\0');
    if (!/^[0-9a-f]{40,64}$/.test(hash)) return [];
    return [{ hash, date, author, seconds: Number(seconds), message: masked(message.trim()).slice(0, LIMITS.message) }];
  });
}

/** Before it is cut: half a token is found by no rule. No file is exempt here, because a message belongs to none. */
function masked(message: string): string {
  const examined = examineSecrets('message.txt', message);
  if (examined.kind === 'clean') return message;
  return examined.kind === 'masked' ? examined.text : placeholder;
}
