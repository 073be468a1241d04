import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { dependencyAbove } from './dependency.ts';
import { examineAll, skippedEntry } from './entry.ts';
import type { Entry } from './entry.ts';
import { walkFolder } from './folder.ts';
import { findRepository, GitError, isIgnoredFolder, listFiles, ownsRepository } from './git.ts';
import type { Repository } from './git.ts';
import { includes, OwnRules, parentOf } from './rules.ts';
import type { Include } from './rules.ts';

export type { Entry } from './entry.ts';

export interface WalkOptions {
  readonly signal?: AbortSignal;
  /**
   * Patterns in gitignore's syntax, relative to the root. A file that matches is found whatever an ignore file or the
   * dependency table says; the other reasons to skip (secret, binary, size …) still hold.
   */
  readonly include?: readonly string[];
}

/**
 * Finds every file of a folder that may be worth reading, and says of the others why they are not.
 *
 * In a git work tree the files are exactly those of `git ls-files --cached --others --exclude-standard`, less what
 * `.codebaseignore` files take away; every repository inside is walked by its own rules. What git ignores is not
 * reported. Without git, or where git does not trust the folder, `walkFolder` follows the .gitignore files itself.
 *
 * Nothing is read but names, sizes and times, a few at a time, so the process stays responsive. Entries come in no
 * particular order and each path once.
 * @throws the signal's reason when it is aborted; GitError when git fails half-way, so that no list is silently short
 */
export async function* walk(root: string, options: WalkOptions = {}): AsyncGenerator<Entry> {
  const { signal } = options;
  const include = includes(options.include ?? []);
  signal?.throwIfAborted();
  const repository = await findRepository(root, signal);
  if (repository.kind === 'folder') {
    yield* walkFolder(root, { include, want: 'all', signal });
    return;
  }
  const seen = new Set<string>();
  const own = new OwnRules(repository.top);
  const task: Task = { root, include, own, prefix: repository.prefix, commonDirs: new Set(), signal };
  for await (const entry of walkRepository(task, '', repository)) {
    if (include.any) seen.add(entry.path);
    yield entry;
  }
  if (!include.any) return;
  for await (const entry of walkFolder(root, { include, want: 'included', signal })) {
    if (!seen.has(entry.path)) yield entry;
  }
}

interface Task {
  readonly root: string;
  readonly include: Include;
  readonly own: OwnRules;
  /** From the base of `own` to the root. */
  readonly prefix: string;
  /** The repositories met so far. */
  readonly commonDirs: Set<string>;
  readonly signal: AbortSignal | undefined;
}

/** @param at the repository's folder relative to the root: '' or ending in `/` */
async function* walkRepository(
  task: Task,
  at: string,
  repository: Repository & { kind: 'git' },
): AsyncGenerator<Entry> {
  const { root, signal } = task;
  const folder = join(root, at);
  task.commonDirs.add(repository.commonDir);
  const nested: string[] = [];
  const reported = new Set<string>();
  const isReal = realFolders(root);
  let listed = 0;
  try {
    for await (const batch of listFiles(folder, repository.prefix, signal)) {
      const paths: string[] = [];
      for (const item of batch) {
        listed += 1;
        const path = at + item.path;
        const verdict = item.kind === 'unreadable' ? unreadable(path) : await judge(task, path, item.kind);
        if (verdict.kind === 'read') paths.push(path);
        else if (!reported.has(verdict.path)) {
          reported.add(verdict.path);
          yield verdict;
        }
      }
      for await (const found of examineAll(root, paths, signal)) {
        if (found.kind === 'folder') nested.push(`${found.path.replace(/\/$/, '')}/`);
        // git takes a file below a link for deleted: what the link leads to is not this repository's.
        else if (found.kind !== 'gone' && (await isReal(parentOf(found.path)))) yield found;
      }
    }
  } catch (error) {
    if (!(error instanceof GitError) || listed > 0) throw error;
    yield* walkInside(task, at);
    return;
  }
  // A folder that the repository around it ignores was opened on purpose, or is a project in an ignored home folder.
  if (listed === 0 && at === '' && repository.prefix !== '' && (await isIgnoredFolder(folder, signal))) {
    yield* walkInside(task, at);
    return;
  }
  for (const path of nested) yield* walkNested(task, path);
}

const unreadable = (path: string) => skippedEntry(path, 'unreadable');

async function judge(task: Task, path: string, kind: 'tracked' | 'untracked'): Promise<Entry | { kind: 'read' }> {
  if (task.include.matches(path)) return { kind: 'read' };
  const excluded = await task.own.excludes(task.prefix + path);
  if (excluded !== undefined) {
    return skippedEntry(excluded.slice(task.prefix.length).replace(/\/$/, '') || '.', 'excluded');
  }
  // What is committed is part of the project, whatever its folder is called.
  const dependency = kind === 'untracked' ? dependencyAbove(path) : undefined;
  return dependency === undefined ? { kind: 'read' } : skippedEntry(dependency, 'dependency');
}

/** A submodule that is not checked out has no repository of its own, and a folder in a file's place has none either. */
async function* walkNested(task: Task, at: string): AsyncGenerator<Entry> {
  const folder = join(task.root, at);
  if (!(await ownsRepository(folder))) return;
  const repository = await findRepository(folder, task.signal);
  if (repository.kind === 'folder' || repository.prefix !== '') yield* walkInside(task, at);
  else if (task.commonDirs.has(repository.commonDir)) yield skippedEntry(at.slice(0, -1), 'checkout');
  else yield* walkRepository(task, at, repository);
}

/** The folder's own walk, its paths seen from the task's root; what excludes the folder's files above it holds too. */
async function* walkInside(task: Task, at: string): AsyncGenerator<Entry> {
  const include = includesBelow(task.include, at);
  const reported = new Set<string>();
  for await (const entry of walkFolder(join(task.root, at), { include, want: 'all', signal: task.signal })) {
    const path = at + entry.path;
    const verdict = entry.kind === 'candidate' ? await judge(task, path, 'tracked') : undefined;
    if (verdict?.kind !== 'skipped') yield { ...entry, path };
    else if (!reported.has(verdict.path)) {
      reported.add(verdict.path);
      yield verdict;
    }
  }
}

function includesBelow(include: Include, at: string): Include {
  return {
    any: include.any,
    matches: (path) => include.matches(at + path),
    reaches: (folder) => include.reaches(at + folder),
  };
}

/** Tells whether a folder below the root is reached through folders alone; remembers every answer. */
function realFolders(root: string): (folder: string) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>([['', Promise.resolve(true)]]);
  const isReal = (folder: string): Promise<boolean> => {
    const answer =
      known.get(folder) ??
      Promise.all([lstat(join(root, folder)), isReal(parentOf(folder))]).then(
        ([info, above]) => above && info.isDirectory(),
        () => false,
      );
    known.set(folder, answer);
    return answer;
  };
  return isReal;
}
