import { structuredPatch } from 'diff';
import { AppError } from '../common/app-error.ts';
import { leftOutPaths } from '../index/exclusion.ts';
import { namedPaths, selectPaths } from '../memory/search/scope.ts';
import type { IndexedFolder } from '../retrieve/multi-folder-search.ts';
import { findRepository, folderReasons } from '../workspace/git/git.ts';
import { changedBetween, commitOf, textAt } from '../workspace/git/revision.ts';
import { printable } from '../common/printable.ts';
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
 * @throws `git/failed`, `scope/unreadable`; the signal's reason
 */
export async function whatChanged(
  members: readonly IndexedFolder[],
  request: ChangesRequest,
  signal?: AbortSignal,
): Promise<Changes> {
  const files: ChangedFile[] = [];
  const unread: string[] = [];
  for (const { index, prefix } of members) {
    const { root } = index;
    const repository = await findRepository(root, signal);
    if (repository.kind === 'folder') {
      throw new AppError('git/failed', `Nobody knows what changed in ${root}. ${folderReasons[repository.reason]}`);
    }
    const base = await commitOf(root, request.base ?? 'HEAD', signal);
    const head = request.head === undefined ? undefined : await commitOf(root, request.head, signal);
    const changed = wantedOf(await changedBetween(root, base, head, signal), prefix, request.paths);
    const leftOut = await leftOutPaths(index, changed, signal);
    for (const path of changed) {
      signal?.throwIfAborted();
      const isLeftOut = leftOut.has(path);
      const before = isLeftOut ? undefined : await textAt(root, base, path, signal, index.isExempt);
      const after = isLeftOut
        ? undefined
        : head === undefined
          ? await index.lines(path)
          : (await textAt(root, head, path, signal, index.isExempt))?.text;
      const text = typeof after === 'object' ? after.join('') : after;
      if (before === undefined && text === undefined) unread.push(prefix + path);
      else files.push(fileOf(prefix + path, before?.text, text));
    }
  }
  return { files, unread, parts: partsOf(files, unread, request) };
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
      hunk.lines.map((line) => printable(line.slice(0, 500), 'block')).join('\n'),
  );
  const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
  return { path, kind, added: count('+'), removed: count('-'), diff: diff.join('\n') };
}

function partsOf(files: readonly ChangedFile[], unread: readonly string[], request: ChangesRequest): ToolText {
  const { base = 'the last commit', head = 'the files on disk' } = request;
  const rows = files
    .slice(0, LISTED)
    .map(({ path, kind, added, removed }) => `${kind} ${path} (+${added} -${removed} lines)`);
  const more = files.length > LISTED ? [`and ${files.length - LISTED} files more`] : [];
  const title =
    files.length > 0
      ? `Files that differ between ${base} and ${head}: ${files.length}.`
      : `No file that is read differs between ${base} and ${head}.`;
  const items = files.map(({ path, kind, diff }) =>
    diff === undefined ? `${path}: the texts have too little in common to be compared.` : `${path} (${kind})\n${diff}`,
  );
  const others = unread.slice(0, 5).join(', ');
  const foot =
    unread.length > 0 ? `${unread.length} changed files are none that is read (binary, generated …): ${others}` : '';
  return { head: [title, ...rows, ...more].join('\n'), items, foot };
}
