import { structuredPatch } from 'diff';
import { AppError, isAppError } from '../common/app-error.ts';
import { counted } from '../common/number-format.ts';
import { skippedPaths } from '../index/exclusion.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import { namedPaths, selectPaths } from '../memory/search/scope.ts';
import type { IndexedFolder } from '../retrieve/multi-folder-search.ts';
import { findRepository, folderReasons } from '../workspace/git/git.ts';
import { changedBetween, commitOf, isThere, textAt } from '../workspace/git/revision.ts';
import { shortLine } from './numbered.ts';
import type { ToolText } from './tool-text.ts';

export interface ChangesRequest {
  /** A branch, a tag or a commit; the last commit where it is left out. */
  readonly base?: string | undefined;
  /** Another one; the files on disk where it is left out. */
  readonly head?: string | undefined;
  /** Files, folders or globs; all where it is left out. */
  readonly paths?: readonly string[] | undefined;
}

export interface ChangedFile {
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'removed';
  readonly added: number;
  readonly removed: number;
  /** As a unified diff; undefined where the texts have too little in common to be compared in time. */
  readonly diff: string | undefined;
}

interface Changes {
  readonly files: readonly ChangedFile[];
  /** Changed files whose text is not read: binary, generated, secret … */
  readonly unread: readonly string[];
  readonly parts: ToolText;
}

const DIFF = { context: 2, timeout: 1_000 } as const;
/** Rows of a list above the differences. */
const LISTED = 40;

/**
 * What changed between two commits, or between a commit and the files on disk: each file with its lines. git compares
 * nothing itself, because a repository's settings may name programs that it would run.
 *
 * @throws `git/failed` where it is told of no folder, `scope/unreadable`; the signal's reason
 */
export async function whatChanged(
  members: readonly IndexedFolder[],
  request: ChangesRequest,
  signal?: AbortSignal,
): Promise<Changes> {
  const files: ChangedFile[] = [];
  const unread: string[] = [];
  const failures: AppError[] = [];
  for (const member of members) {
    try {
      const own = await changesOf(member, request, signal);
      files.push(...own.files);
      unread.push(...own.unread);
    } catch (error) {
      if (!isAppError(error, 'git/failed')) throw error;
      failures.push(error);
    }
  }
  const [failure] = failures;
  if (failure && failures.length === members.length) throw failure;
  return { files, unread, parts: partsOf(files, unread, failures, request) };
}

async function changesOf(
  { index, prefix }: IndexedFolder,
  request: ChangesRequest,
  signal: AbortSignal | undefined,
): Promise<Omit<Changes, 'parts'>> {
  const { root } = index;
  const repository = await findRepository(root, signal);
  if (repository.kind === 'folder') {
    throw new AppError('git/failed', `Nobody knows what changed in ${root}. ${folderReasons[repository.reason]}`);
  }
  const files: ChangedFile[] = [];
  const unread: string[] = [];
  const base = await commitOf(root, request.base ?? 'HEAD', signal);
  const head = request.head === undefined ? undefined : await commitOf(root, request.head, signal);
  const changed = wantedOf(await changedBetween(root, base, head, signal), prefix, request.paths);
  const skipped = await skippedPaths(index, changed, signal);
  for (const path of changed) {
    signal?.throwIfAborted();
    const [before, after] = skipped.has(path)
      ? []
      : [await textOf(index, base, path, signal), await textOf(index, head, path, signal)];
    // Of a file that is there and cannot be read nobody knows whether it was added or removed.
    const isUnread =
      before === undefined
        ? after === undefined || (await isThere(root, base, path, signal))
        : after === undefined && (await isThere(root, head, path, signal));
    if (isUnread) unread.push(prefix + path);
    else files.push(fileOf(prefix + path, before, after));
  }
  return { files, unread };
}

/** A file in a commit, or as it stands now; undefined where it is not there or not to be read. */
async function textOf(
  index: FolderIndex,
  commit: string | undefined,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (commit === undefined) return (await index.lines(path))?.join('');
  return (await textAt(index.root, commit, path, signal, index.isExempt))?.text;
}

function wantedOf(paths: readonly string[], prefix: string, wanted: readonly string[] = []): string[] {
  if (wanted.length === 0) return [...paths];
  const { files } = selectPaths(
    namedPaths(wanted),
    paths.map((path) => prefix + path),
  );
  return paths.filter((path) => files.has(prefix + path));
}

function fileOf(path: string, before: string | undefined, after: string | undefined): ChangedFile {
  const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  const patch = structuredPatch(path, path, before ?? '', after ?? '', undefined, undefined, DIFF);
  if (patch === undefined) return { path, kind, added: 0, removed: 0, diff: undefined };
  const lines = patch.hunks.flatMap((hunk) => hunk.lines);
  const diff = patch.hunks.map(
    (hunk) =>
      `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@\n` +
      hunk.lines.map(shortLine).join('\n'),
  );
  const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
  return { path, kind, added: count('+'), removed: count('-'), diff: diff.join('\n') };
}

function partsOf(
  files: readonly ChangedFile[],
  unread: readonly string[],
  failures: readonly AppError[],
  request: ChangesRequest,
): ToolText {
  const { base = 'the last commit', head = 'the files on disk', paths = [] } = request;
  const among = paths.length > 0 ? ` that "paths" names` : '';
  const rows = files
    .slice(0, LISTED)
    .map(({ path, kind, added, removed }) => `${kind} ${path} (+${added} -${removed} lines)`);
  const more = files.length > LISTED ? [`and ${files.length - LISTED} files more`] : [];
  const title =
    files.length > 0
      ? `${counted(files.length, 'file')} ${files.length === 1 ? 'differs' : 'differ'} between ${base} and ${head}.`
      : `No indexed file${among} differs between ${base} and ${head}.`;
  const items = files.map(({ path, kind, diff }) =>
    diff === undefined ? `${path}: the texts have too little in common to be compared.` : `${path} (${kind})\n${diff}`,
  );
  const rest = unread.length > 5 ? ` and ${counted(unread.length - 5, 'file')} more` : '';
  const others = `${unread.slice(0, 5).join(', ')}${rest}`;
  const foot = [
    ...(unread.length > 0
      ? [
          `Not shown, because ${unread.length === 1 ? 'it is' : 'they are'} not indexed (excluded, binary, generated …): ${others}`,
        ]
      : []),
    ...failures.map(({ message }) => message),
  ].join('\n');
  return { head: [title, ...rows, ...more].join('\n'), items, foot };
}
