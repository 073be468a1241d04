import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../common/app-error.ts';
import { together } from '../walk/entry.ts';
import { blobHash } from '../files/file.ts';
import { gitLines, runGit } from './git-process.ts';
import { openFile } from '../files/open-file.ts';
import { limits } from '../files/skip.ts';
import { walk } from '../walk/walk.ts';

/**
 * Files below a folder that differ from a commit, or are not in it; relative to the folder, sorted.
 *
 * Git's own comparison runs the filters that the repository's settings name, so it is made here: a file is the same
 * where size and time are those that git noted for the same content, or else where its bytes hash to what the commit
 * holds.
 * @param commit undefined before the first one: then every file is new
 * @throws `git/failed` where git cannot list the commit; the signal's reason
 */
export async function differingFiles(
  folder: string,
  commit: string | undefined,
  signal?: AbortSignal,
): Promise<string[]> {
  const committed = commit === undefined ? new Map<string, string>() : await committedFiles(folder, commit, signal);
  const changed = new Set<string>();
  for await (const entry of walk(folder, { signal })) {
    const isFile = entry.kind === 'candidate' || entry.bytes !== undefined;
    if (isFile && !committed.has(entry.path)) changed.add(entry.path);
  }
  const noted = await notedFiles(folder, signal);
  const all = [...committed];
  for (let at = 0; at < all.length; at += together.files) {
    signal?.throwIfAborted();
    const batch = all.slice(at, at + together.files);
    const same = await Promise.all(
      batch.map(async ([path, id]) => (await isNoted(folder, path, id, noted)) || hashesTo(folder, path, id, signal)),
    );
    for (const [i, [path]] of batch.entries()) if (same[i] !== true) changed.add(path);
  }
  return [...changed].sort();
}

/**
 * The ordinary files of a commit below a folder, each with its blob id.
 * @throws `git/failed` where git cannot list them; the signal's reason
 */
export async function committedFiles(
  folder: string,
  commit: string,
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const lines = await gitLines(folder, ['ls-tree', '-r', '-z', commit, '--'], { signal });
  if (lines === undefined) {
    throw new AppError(
      'git/failed',
      `git could not list the files of a commit in ${folder}. \`git fsck\` there says what is missing.`,
    );
  }
  const files = new Map<string, string>();
  for (const line of lines) {
    const [, id, path] = /^100(?:644|755) blob ([0-9a-f]{40,64})\t(.*)$/s.exec(line) ?? [];
    if (id !== undefined && path !== undefined) files.set(path, id);
  }
  return files;
}

/** What git noted of a file when it last compared it. */
interface Noted {
  readonly id: string;
  readonly bytes: number;
  /** ns */
  readonly mtime: bigint;
}

const NOTED =
  /\d{6} ([0-9a-f]{40,64}) 0\t([^\0]+)\0 {2}ctime: \d+:\d+\n {2}mtime: (\d+):(\d+)\n.*\n.*\n {2}size: (\d+)\t/g;

/** The index with its times. The format is not promised: what cannot be read is compared by its bytes. */
async function notedFiles(folder: string, signal?: AbortSignal): Promise<ReadonlyMap<string, Noted>> {
  const run = await runGit(folder, ['ls-files', '--cached', '--stage', '--debug', '-z', '--'], { signal });
  const text = run.kind === 'done' ? run.out.toString('utf8') : '';
  const noted = new Map<string, Noted>();
  for (const [, id = '', path = '', seconds = '0', rest = '0', bytes = '0'] of text.matchAll(NOTED)) {
    noted.set(path, { id, bytes: Number(bytes), mtime: BigInt(seconds) * 1_000_000_000n + BigInt(rest) });
  }
  return noted;
}

async function isNoted(folder: string, path: string, id: string, all: ReadonlyMap<string, Noted>): Promise<boolean> {
  const noted = all.get(path);
  if (noted?.id !== id) return false;
  const info = await stat(join(folder, path), { bigint: true }).catch(() => undefined);
  return info?.isFile() === true && Number(info.size) === noted.bytes && info.mtimeNs === noted.mtime;
}

/** A checkout may end its lines in another way than the commit does. */
async function hashesTo(folder: string, path: string, id: string, signal?: AbortSignal): Promise<boolean> {
  const found = await openFile(folder, path, { maxBytes: 8 * limits.file, signal });
  if (found.kind !== 'opened') return false;
  if (blobHash(found.bytes) === id) return true;
  const text = Buffer.from(found.bytes).toString('latin1');
  return text.includes('\r\n') && blobHash(Buffer.from(text.replaceAll('\r\n', '\n'), 'latin1')) === id;
}
