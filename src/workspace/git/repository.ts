import { realpath } from 'node:fs/promises';
import { findRepository, firstCommit } from './git.ts';
import { isIgnoredFolder } from '../walk/walk.ts';

/** Whose memory a folder's files belong to. */
export interface RepositoryIdentity {
  /** The same for all clones, branches and worktrees of a repository on this machine: what they encoded is shared. */
  readonly repository: string;
  /** The folder itself, links resolved: its files are its own. */
  readonly checkout: string;
  /**
   * Names that the repository had before, oldest first: a folder without commits gets its lasting name with the first.
   */
  readonly former: readonly string[];
}

/**
 * Names the repository of an existing folder: by the commit that it began with; where there is none, or a shallow clone
 * does not know it, by the place of its git directory; a plain folder, and one that the repository around it ignores,
 * by its own place.
 */
export async function identify(folder: string, signal?: AbortSignal): Promise<RepositoryIdentity> {
  const checkout = await realpath(folder);
  const found = await findRepository(checkout, signal);
  const isPlain = found.kind === 'folder' || (await isIgnoredFolder(found, signal));
  if (isPlain) return { repository: checkout, checkout, former: [] };
  const byPlace = `git-directory:${found.commonDir}`;
  const first = await firstCommit(checkout, signal);
  if (first === undefined) return { repository: byPlace, checkout, former: [checkout] };
  return { repository: `git:${first}`, checkout, former: [checkout, byPlace] };
}
