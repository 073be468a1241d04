import { isAppError } from '../common/app-error.ts';
import type { AppError } from '../common/app-error.ts';
import { openCommit } from '../index/commit-index.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { IndexedFolder } from '../retrieve/multi-folder-search.ts';
import { complete } from './coverage.ts';
import type { IndexingStates } from './coverage.ts';
import type { ToolText } from './tool-text.ts';

/** What a tool works on: the folders, and how far each has been read. */
export interface ToolGround {
  readonly members: readonly IndexedFolder[];
  readonly states: IndexingStates;
}

/**
 * Runs a tool on the files of a commit in place of those on disk; on the folders themselves where none is given. The
 * commit is opened for this call alone, and said above the answer. Folders whose git does not know it are excluded, and
 * the line above the answer names them too.
 *
 * @param at a branch, a tag or a commit
 * @throws `git/failed` where no folder has it; what the tool throws; the signal's reason
 */
export async function atCommit<Found extends { readonly parts: ToolText }>(
  ground: ToolGround,
  at: string | undefined,
  signal: AbortSignal | undefined,
  work: (ground: ToolGround) => Promise<Found>,
): Promise<Found> {
  if (at === undefined) return work(ground);
  const opened: { readonly index: FolderIndex; readonly prefix: string }[] = [];
  const said: string[] = [];
  const failures: AppError[] = [];
  try {
    for (const { index, prefix } of ground.members) {
      try {
        const found = await openCommit(index, at, { signal });
        opened.push({ index: found.index, prefix });
        said.push(prefix === '' ? found.at.message : `${prefix.slice(0, -1)}: ${found.at.message}`);
      } catch (error) {
        if (!isAppError(error, 'git/failed')) throw error;
        failures.push(error);
      }
    }
    const [failure] = failures;
    if (failure && opened.length === 0) throw failure;
    const found = await work({ members: opened, states: () => opened.map(() => complete) });
    const { head, foot } = found.parts;
    const told = [...said, ...failures.map(({ message }) => message)].join('\n');
    return { ...found, parts: { ...found.parts, head: `${told}\n${head}`, foot } };
  } finally {
    for (const { index } of opened) index.close();
  }
}
