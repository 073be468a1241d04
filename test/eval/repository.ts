import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { readCandidates, type Candidate } from './candidates.ts';
import { Problem } from './problem.ts';

/** A repository's text at one commit, packed in the data folder as OWNER__NAME@COMMIT.tar.xz. */
export interface Pack {
  /** owner/name */
  readonly repository: string;
  /** Abbreviated commit: a case belongs here if its commit begins with this. */
  readonly commit: string;
  readonly archive: string;
}

/** An unpacked repository and the files that every system ranks. */
export interface Repository {
  /** name@commit, as the tables show it. */
  readonly name: string;
  readonly root: string;
  readonly files: readonly Candidate[];
}

/** The packs of a data folder, by name. Throws a Problem where there is no such folder. */
export async function findPacks(data: string): Promise<Pack[]> {
  const folder = join(resolve(data), 'repos');
  if (!existsSync(folder)) {
    throw new Problem(`There is no data in ${resolve(data)}: test/eval/README.md says how to make it.`);
  }
  return (await readdir(folder)).sort().flatMap((file) => {
    const pack = parsePackName(file);
    return pack === undefined ? [] : [{ ...pack, archive: join(folder, file) }];
  });
}

/** owner/name and commit of a file name like OWNER__NAME@COMMIT.tar.xz; undefined for any other name. */
export function parsePackName(file: string): { repository: string; commit: string } | undefined {
  const match = /^([^_@]+(?:_[^_@]+)*)__([^@]+)@([0-9a-f]{7,40})\.tar\.xz$/.exec(file);
  const [, owner, name, commit] = match ?? [];
  return owner === undefined || name === undefined || commit === undefined
    ? undefined
    : { repository: `${owner}/${name}`, commit };
}

/** The pack that holds a repository at a commit. */
export function packOf(packs: readonly Pack[], repository: string, commit: string): Pack | undefined {
  return packs.find((pack) => pack.repository === repository && commit.startsWith(pack.commit));
}

/** The short name that tables show: name@commit, the commit cut to 7 digits. */
export function nameOf(pack: { repository: string; commit: string }): string {
  return `${pack.repository.slice(pack.repository.indexOf('/') + 1)}@${pack.commit.slice(0, 7)}`;
}

/** owner/name, name, name@commit: whatever a person would type. */
export function isWanted(pack: Pack, names: readonly string[]): boolean {
  const short = pack.repository.slice(pack.repository.indexOf('/') + 1);
  const own = [pack.repository, short, nameOf(pack), `${short}@${pack.commit}`];
  return isNamed(own, names);
}

/** Whether one of the names that something has is among those asked for; none asked for means everything. */
export function isNamed(own: readonly string[], names: readonly string[]): boolean {
  return names.length === 0 || names.some((name) => own.includes(name));
}

/**
 * Unpacks a pack into the cache once and reads its candidates. The archive is unpacked beside its place and then
 * renamed, so that a run that was cut off leaves no half of a repository behind. Packs of one repository share their
 * first commit, as clones do: of its second pack the memory reads only what differs.
 *
 * @param below the folder of it that is searched; '' is the whole
 */
export async function openRepository(pack: Pack, cache: string, signal: AbortSignal, below = ''): Promise<Repository> {
  const folder = join(resolve(cache), 'repos');
  const whole = join(folder, `${pack.repository.replace('/', '__')}@${pack.commit}`);
  if (!existsSync(whole)) {
    await mkdir(folder, { recursive: true });
    const half = await mkdtemp(join(folder, 'unpacking-'));
    try {
      await promisify(execFile)('tar', ['-xJf', pack.archive, '-C', half], { signal });
      await beginHistory(half, pack.repository, signal);
      await rename(half, whole);
    } catch (error) {
      await rm(half, { recursive: true, force: true });
      signal.throwIfAborted();
      throw new Problem(`${pack.archive} could not be unpacked: ${error instanceof Error ? error.message : 'no tar'}`);
    }
  }
  const root = join(whole, below);
  return { name: nameOf(pack), root, files: await readCandidates(root, signal) };
}

/** Makes a folder a git work tree whose only commit is empty and, for one name, always the same. */
async function beginHistory(folder: string, name: string, signal: AbortSignal): Promise<void> {
  const [email, date] = ['nobody@localhost', '2000-01-01T00:00:00Z'];
  const author = { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: date };
  const committer = { GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email, GIT_COMMITTER_DATE: date };
  const env = { ...process.env, ...author, ...committer };
  const git = async (...command: string[]) =>
    (await promisify(execFile)('git', ['-C', folder, ...command], { env, signal })).stdout.trim();
  await git('init', '--quiet', '--object-format=sha1');
  const nothing = await git('write-tree');
  await git('update-ref', 'HEAD', await git('commit-tree', nothing, '-m', name));
}
