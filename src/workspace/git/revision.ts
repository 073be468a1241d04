import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../common/app-error.ts';
import { blobHash } from '../files/file.ts';
import { findRepository } from './git.ts';
import { gitLines, runGit } from './git-process.ts';
import type { IsExempt } from '../files/secret.ts';
import { sizeLimit, skipByName } from '../files/skip.ts';
import type { SkipOptions } from '../files/skip.ts';
import { textOf } from '../files/text.ts';
import type { FileContent } from '../files/text.ts';
import { differingFiles } from './work-tree.ts';

/** The commit that a name stands for: a branch, a tag, `HEAD~3`, a hash. Throws `git/failed` with what to do. */
export async function commitOf(folder: string, name: string, signal?: AbortSignal): Promise<string> {
  // Names of commits are short, and a NUL would end the command line before its end.
  const isName = name.length > 0 && name.length <= 1_000 && !name.includes('\0');
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const [commit] = (isName ? await gitLines(folder, args, { signal }) : undefined) ?? [];
  // `^HEAD` is answered with a `^` before the hash: all but that commit.
  if (commit !== undefined && /^[0-9a-f]{40,64}$/.test(commit)) return commit;
  throw new AppError(
    'git/failed',
    `git knows no commit "${name}" in ${folder}. Give a branch, a tag or a hash that \`git log\` shows there.`,
  );
}

/**
 * Files of the folder that differ between two commits, or between a commit and the files on disk, untracked ones
 * included; relative to the folder. A renamed file is two.
 * @throws `git/failed` where git cannot compare them; the signal's reason
 */
export async function changedBetween(
  folder: string,
  base: string,
  head: string | undefined,
  signal?: AbortSignal,
): Promise<string[]> {
  if (head === undefined) return differingFiles(folder, base, signal);
  const args = ['diff-tree', '-r', '--name-only', '--no-renames', '--no-ext-diff', '--no-textconv', '--relative', '-z'];
  const paths = await gitLines(folder, [...args, base, head, '--'], { signal });
  if (paths === undefined) {
    throw new AppError(
      'git/failed',
      `git could not compare the commits in ${folder}. In a partial clone, run \`git fetch --refetch\` first.`,
    );
  }
  return paths.sort();
}

/**
 * Files of a folder that differ from the last commit, untracked ones included, relative to the folder. Empty where
 * there is no repository, or git may not be asked. Before the first commit every file is new.
 */
export async function changedFiles(folder: string, signal?: AbortSignal): Promise<string[]> {
  const { kind } = await findRepository(folder, signal);
  if (kind === 'folder') return [];
  const [commit] = (await gitLines(folder, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { signal })) ?? [];
  return differingFiles(folder, commit, signal);
}

export interface CommittedText {
  readonly text: string;
  /** git's blob id */
  readonly hash: string;
}

/**
 * A file as it stands in a commit, by the rules of a file on disk; undefined where it is not there or not to be read.
 */
export async function textAt(
  folder: string,
  commit: string,
  path: string,
  signal?: AbortSignal,
  isExempt?: IsExempt,
): Promise<CommittedText | undefined> {
  // A symbolic link or a submodule is not a file: the tree says which it is, and how large.
  const [listed = ''] = (await gitLines(folder, ['ls-tree', '-z', commit, '--', path], { signal })) ?? [];
  const found = /^100(?:644|755) blob ([0-9a-f]{40,64})\t/.exec(listed);
  const [, id] = found ?? [];
  if (id === undefined) return undefined;
  const content = await blobText(folder, id, path, { isExempt, signal });
  return content.kind === 'text' ? { text: content.text, hash: content.hash } : undefined;
}

export type BlobText =
  | (Extract<FileContent, { kind: 'text' }> & { readonly hash: string; readonly bytes: number })
  | Extract<FileContent, { kind: 'skipped' }>;

/** A blob as the text of a file, by the rules of a file on disk. Throws the signal's reason. */
export async function blobText(
  folder: string,
  id: string,
  path: string,
  options: SkipOptions & { readonly signal?: AbortSignal | undefined },
): Promise<BlobText> {
  const { signal } = options;
  const run = await runGit(folder, ['cat-file', 'blob', id], { signal, maxBytes: sizeLimit(path, options) });
  if (run.kind === 'done') return textOfBlob(path, run.out, options);
  return { kind: 'skipped', reason: run.kind === 'too-much' ? 'too-large' : 'unreadable' };
}

/** A blob with the file that it is, and by which rules that is read. */
export interface WantedBlob extends SkipOptions {
  readonly path: string;
  readonly id: string;
}

/**
 * As blobText() for several, by their paths, with two gits for all of them: a commit has thousands of files, and a git
 * for each takes longer than what it reads. Those that are too large are not read. Throws the signal's reason.
 */
export async function blobTexts(
  folder: string,
  wanted: readonly WantedBlob[],
  signal?: AbortSignal,
): Promise<Map<string, BlobText>> {
  const sizes = await blobSizes(folder, new Set(wanted.map(({ id }) => id)), signal);
  const isSmall = ({ path, id, ...options }: WantedBlob) => (sizes?.get(id) ?? Infinity) <= sizeLimit(path, options);
  const blobs = sizes && (await blobsOf(folder, new Set(wanted.filter(isSmall).map(({ id }) => id)), signal));
  const texts = new Map<string, BlobText>();
  for (const { path, id, ...options } of wanted) {
    const bytes = blobs?.get(id);
    if (bytes) texts.set(path, textOfBlob(path, bytes, options));
    // One blob that a partial clone has not, or more bytes than are kept at once, end the run for all of them.
    else if (blobs === undefined) texts.set(path, await blobText(folder, id, path, { ...options, signal }));
    else texts.set(path, { kind: 'skipped', reason: sizes?.has(id) === true ? 'too-large' : 'unreadable' });
  }
  return texts;
}

/**
 * The blobs of a commit that are not in this repository: a partial clone left them with its remote. Empty where git
 * does not say. Throws the signal's reason.
 */
export async function missingBlobs(folder: string, commit: string, signal?: AbortSignal): Promise<ReadonlySet<string>> {
  const args = ['rev-list', '--objects', '--no-walk', '--missing=print', commit, '--'];
  const lines = (await gitLines(folder, args, { signal })) ?? [];
  return new Set(lines.flatMap((line) => /^\?([0-9a-f]{40,64})$/.exec(line)?.slice(1) ?? []));
}

/** Those of the blobs that are here; undefined where git ended before it had looked at all. */
async function blobSizes(
  folder: string,
  ids: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<Map<string, number> | undefined> {
  const input = [...ids].map((id) => `${id}\n`).join('');
  const lines = await gitLines(folder, ['cat-file', '--batch-check'], { signal, input });
  if (lines === undefined) return undefined;
  return new Map(
    lines.flatMap((line): [string, number][] => {
      const [, id = '', bytes] = /^([0-9a-f]{40,64}) blob (\d+)$/.exec(line) ?? [];
      return ids.has(id) ? [[id, Number(bytes)]] : [];
    }),
  );
}

/**
 * `ID blob BYTES`, a line end, so many bytes, a line end: one after the other (git-cat-file(1), "Batch output").
 * Undefined where git did not write all of them.
 */
async function blobsOf(
  folder: string,
  ids: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<Map<string, Buffer> | undefined> {
  const blobs = new Map<string, Buffer>();
  if (ids.size === 0) return blobs;
  const input = [...ids].map((id) => `${id}\n`).join('');
  const run = await runGit(folder, ['cat-file', '--batch'], { signal, input });
  if (run.kind !== 'done') return undefined;
  for (let at = 0; at < run.out.length;) {
    const end = run.out.indexOf(0x0a, at);
    const [, id, bytes] = /^([0-9a-f]{40,64}) blob (\d+)$/.exec(run.out.toString('latin1', at, end)) ?? [];
    // A blob that went between both runs has a line alone, of another form.
    if (end < 0) break;
    if (id !== undefined) blobs.set(id, run.out.subarray(end + 1, end + 1 + Number(bytes)));
    at = id === undefined ? end + 1 : end + 2 + Number(bytes);
  }
  return blobs;
}

function textOfBlob(path: string, bytes: Buffer, options: SkipOptions): BlobText {
  const reason = skipByName(path, bytes.length, options);
  if (reason) return { kind: 'skipped', reason };
  const content = textOf(path, bytes, options);
  return content.kind === 'text' ? { ...content, hash: blobHash(bytes), bytes: bytes.length } : content;
}

/** Whether a path is there, as anything but a folder: in a commit, or on disk where there is none. */
export async function isThere(
  folder: string,
  commit: string | undefined,
  path: string,
  signal?: AbortSignal,
): Promise<boolean> {
  if (commit === undefined) {
    const info = await lstat(join(folder, path)).catch(() => undefined);
    return info !== undefined && !info.isDirectory();
  }
  const [listed = ''] = (await gitLines(folder, ['ls-tree', '-z', commit, '--', path], { signal })) ?? [];
  return /^\d+ (?!tree )/.test(listed);
}
