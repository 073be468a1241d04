import { isAppError } from '../common/app-error.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { LineRange } from '../retrieve/named-lines.ts';
import { blame, committedRange, hasHistory } from '../workspace/git/history.ts';
import { commitOf } from '../workspace/git/revision.ts';

/** Who wrote lines last, when, and what they said of it. */
export interface LastChange {
  /** The commit's hash. */
  readonly commit: string;
  /** Of the author, as YYYY-MM-DD. */
  readonly date: string;
  readonly author: string;
  /** Of the commit's message, secrets masked. */
  readonly subject: string;
  /** The lines were edited after it, and that is not committed. */
  readonly isEdited: boolean;
}

/** Answers that are kept: those of a few questions. */
const KEPT = 500;

/**
 * The commit whose history tells of the lines of an index; undefined where git may not be asked, or there is no commit.
 *
 * @throws the signal's reason
 */
export async function historyOf({ root, revision }: FolderIndex, signal?: AbortSignal): Promise<string | undefined> {
  if (!(await hasHistory(root, signal))) return undefined;
  if (revision !== 'HEAD') return revision;
  try {
    return await commitOf(root, revision, signal);
  } catch (error) {
    // A branch without a commit has no history.
    if (isAppError(error, 'git/failed')) return undefined;
    throw error;
  }
}

interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** What `historyOf` said of the index a moment ago; asked for where it is left out. */
  readonly history?: string | undefined;
  /** git was ended before it had said who wrote the lines. */
  readonly onTooSlow?: (() => void) | undefined;
}

/**
 * The last changes of lines, each asked of git once for a commit and a content. No answer needs them, so they are asked
 * for after it. (Complaint: who wants to know whom to ask leaves the tool for `git blame`.)
 */
export class LastChanges {
  /** Those that were found: git may say more the next time of others, and a caller may take back only its own. */
  readonly #known = new Map<string, LastChange>();

  /**
   * The newest of the commits that wrote these lines; undefined where git may not be asked or does not say: the lines
   * are not committed, the history is not here, git was too slow.
   *
   * @param lines 1-based and inclusive
   * @throws the signal's reason
   */
  async of(
    index: FolderIndex,
    path: string,
    lines: LineRange,
    { signal, history, onTooSlow }: AskOptions = {},
  ): Promise<LastChange | undefined> {
    const commit = history ?? (await historyOf(index, signal));
    if (commit === undefined) return undefined;
    const key = [index.root, commit, path, index.ledger.file(path)?.blobHash, lines.start, lines.end].join('\0');
    const known = this.#known.get(key);
    if (known) return known;
    const found = await newest(index, commit, path, lines, { signal, onTooSlow });
    if (found) this.#known.set(key, found);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
    return found;
  }
}

async function newest(
  index: FolderIndex,
  revision: string,
  path: string,
  lines: LineRange,
  { signal, onTooSlow }: AskOptions,
): Promise<LastChange | undefined> {
  const file = { folder: index.root, revision, path, isExempt: index.isExempt };
  const now = (await index.lines(path))?.map((line) => line.replace(/[\r\n]+$/, ''));
  const range = now && (await committedRange(file, now, lines, signal));
  const written = range ? await blame(file, range, { signal, onTooSlow }) : [];
  const [last] = written.map(({ commit }) => commit).sort((a, b) => b.seconds - a.seconds);
  if (range === undefined || last === undefined) return undefined;
  const [subject = ''] = last.message.split('\n');
  return { commit: last.hash, date: last.date, author: last.author, subject, isEdited: !range.isSame };
}
