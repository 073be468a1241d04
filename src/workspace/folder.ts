import { readdir } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import type { Ignore } from 'ignore';
import { isDependency, isMarkedDependency } from './dependency.ts';
import { examineAll, skippedEntry, together } from './entry.ts';
import type { Entry } from './entry.ts';
import { noRules, ownIgnoreFile, readRules, withRules } from './rules.ts';
import type { Include } from './rules.ts';

/** What version control keeps for itself: no content, and nothing to report. */
const bookkeeping = new Set(['.git', '.hg', '.svn', '.jj', '.bzr', 'CVS', '.DS_Store']);

/** Stands in a name for bytes that are not UTF-8. */
const REPLACED = '\uFFFD';

export interface FolderWalk {
  readonly include: Include;
  /** `included` gives only the files that `include` names, wherever they are. */
  readonly want: 'all' | 'included';
  readonly signal?: AbortSignal | undefined;
}

interface Folder {
  /** Relative to the root; '' is the root. */
  readonly path: string;
  readonly want: 'all' | 'included';
  /** Rules of the .gitignore files, and of our own, from the root to this folder's parent. */
  readonly git: Ignore;
  readonly own: Ignore;
}

/**
 * Walks a folder without git: .gitignore and .codebaseignore files of every depth count, dependency folders are left
 * out, links are reported and not followed, so there are no loops. One folder is never read twice.
 */
export async function* walkFolder(root: string, options: FolderWalk): AsyncGenerator<Entry> {
  const { signal } = options;
  const unnamed = new Set<string>();
  const waiting: Folder[] = [{ path: '', want: options.want, git: noRules(), own: noRules() }];
  while (waiting.length > 0) {
    signal?.throwIfAborted();
    // The last ones first: depth before breadth keeps the waiting list short.
    const batch = waiting.splice(-together.folders).reverse();
    const read = await Promise.all(batch.map((folder) => look(root, folder, options.include)));
    for (const { entries, files, folders } of read) {
      for (const entry of entries) if (isFirst(entry.path, unnamed)) yield entry;
      for await (const found of examineAll(root, files, signal)) {
        // It was listed a moment ago: what it is really called cannot be said in text.
        const isUnnamed = found.kind === 'gone' && found.path.includes(REPLACED);
        const entry = isUnnamed ? skippedEntry(found.path, 'unreadable') : found;
        if ((entry.kind === 'candidate' || entry.kind === 'skipped') && isFirst(entry.path, unnamed)) yield entry;
      }
      waiting.push(...folders.reverse());
    }
  }
}

/** Several names that are not UTF-8 may look the same: such a path is told once. */
function isFirst(path: string, unnamed: Set<string>): boolean {
  if (!path.includes(REPLACED)) return true;
  if (unnamed.has(path)) return false;
  unnamed.add(path);
  return true;
}

interface Look {
  readonly entries: Entry[];
  readonly files: string[];
  readonly folders: Folder[];
}

async function look(root: string, folder: Folder, include: Include): Promise<Look> {
  const found: Look = { entries: [], files: [], folders: [] };
  const children = await readdir(join(root, folder.path), { withFileTypes: true }).catch(() => undefined);
  if (!children) {
    if (folder.want === 'all') found.entries.push(skippedEntry(folder.path || '.', 'unreadable'));
    return found;
  }
  const names = new Set(children.map(({ name }) => name));
  let want = folder.want;
  if (want === 'all' && folder.path !== '' && isMarkedDependency(names)) {
    found.entries.push(skippedEntry(folder.path, 'dependency'));
    want = 'included';
  }
  const { git, own } = await rulesOf(root, folder, names);
  children.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const child of children) {
    if (bookkeeping.has(child.name)) continue;
    const path = folder.path === '' ? child.name : `${folder.path}/${child.name}`;
    const isFolder = child.isDirectory();
    const verdict = want === 'included' ? 'silent' : judge(child, isFolder ? `${path}/` : path, { git, own }, names);
    if (isFolder) {
      if (verdict === 'read') found.folders.push({ path, want: 'all', git, own });
      else if (include.reaches(path)) found.folders.push({ path, want: 'included', git, own });
      if (verdict !== 'read' && verdict !== 'silent') found.entries.push(skippedEntry(path, verdict));
    } else if (verdict === 'read' || include.matches(path)) found.files.push(path);
    else if (verdict !== 'silent') found.entries.push(skippedEntry(path, verdict));
  }
  return found;
}

function judge(child: Dirent, path: string, rules: { git: Ignore; own: Ignore }, beside: ReadonlySet<string>) {
  if (rules.git.ignores(path)) return 'silent';
  if (rules.own.ignores(path)) return 'excluded';
  return child.isDirectory() && isDependency(child.name, beside) ? 'dependency' : 'read';
}

async function rulesOf(root: string, { path, git, own }: Folder, names: ReadonlySet<string>) {
  const read = async (above: Ignore, name: string) => {
    const content = names.has(name) ? await readRules(join(root, path, name)) : undefined;
    return content === undefined ? above : withRules(above, path, content);
  };
  // A repository inside follows its own rules only.
  const above = names.has('.git') ? noRules() : git;
  return { git: await read(above, '.gitignore'), own: await read(own, ownIgnoreFile) };
}
