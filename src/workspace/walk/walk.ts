import { realpath } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { baseRules, openCheckout, plainFolder } from './checkout.ts';
import type { Start } from './checkout.ts';
import type { Entry } from './entry.ts';
import { walkFolder } from './walk-folder.ts';
import { findRepository, trackedFiles } from '../git/git.ts';
import type { Repository } from '../git/git.ts';
import type { Rules } from './ignore-rules.ts';
import { gitIgnoreFile, includes, ownIgnoreFile, RuleTree } from './rules.ts';

export type { Entry } from './entry.ts';

export interface WalkOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Patterns in gitignore's syntax, relative to the root. A file that matches is found whatever an ignore file or the
   * dependency table says, and read though it is generated, minified, large, data or a lock file. A secret stays one.
   */
  readonly include?: readonly string[] | undefined;
}

/**
 * Finds every file of a folder that may be worth reading, and says of the others why they are not.
 *
 * In a git work tree the files are those of `git ls-files --cached --others --exclude-standard`, less what
 * `.codebaseignore` files take away; every repository inside is walked once, by its own rules. What git ignores is not
 * reported. git itself says only what it tracks: the rules are followed here, in linear time, so that the same holds
 * where git is missing or not asked.
 *
 * Nothing is read but names, sizes and times, a few at a time, so the process stays responsive. Entries come in no
 * particular order and each path once.
 * @throws the signal's reason when it is aborted
 */
export async function* walk(root: string, options: WalkOptions = {}): AsyncGenerator<Entry> {
  const { signal } = options;
  signal?.throwIfAborted();
  const start = await startOf(root, signal);
  yield* walkFolder({ ...start, include: includes(options.include ?? []), signal });
}

/** Where a walk of a folder begins, and by whose rules. */
async function startOf(root: string, signal?: AbortSignal): Promise<Start> {
  const { real, repository, base, at } = await locate(root, signal);
  const checkout = await openCheckout({ base, at, top: '', repository, signal });
  const commonDir = repository.kind === 'git' ? repository.commonDir : undefined;
  // A folder that the repository around it ignores was opened on purpose, or is a project in an ignored home folder.
  if (at !== '' && !checkout.tracksBelow(at.slice(0, -1))) {
    const isIgnored = await ruleTree(base, checkout.rules, signal).ignoredPart(at.slice(0, -1), true);
    if (isIgnored !== undefined) return { base: real, at: '', checkout: plainFolder, commonDir: undefined };
  }
  return { base, at, checkout, commonDir };
}

/** The folder with its links resolved, its repository, and the way from the repository's top: '' or ending in `/`. */
async function locate(root: string, signal?: AbortSignal) {
  const real = await realpath(root).catch(() => root);
  const repository = await findRepository(real, signal);
  const base = repository.top === undefined ? real : await realpath(repository.top);
  const way = relative(base, real).split(sep).join('/');
  return { real, repository, base, at: way === '' ? '' : `${way}/` };
}

function ruleTree(base: string, rules: Rules, signal?: AbortSignal): RuleTree {
  const begins = (folder: string) => Promise.resolve(folder === '' ? rules : undefined);
  return new RuleTree({ base, name: gitIgnoreFile, begins, signal });
}

/** Whether the repository around a folder ignores the folder itself, and tracks nothing in it. */
export async function isIgnoredFolder(
  repository: Repository & { kind: 'git' },
  signal?: AbortSignal,
): Promise<boolean> {
  const { top, prefix } = repository;
  if (prefix === '') return false;
  const [folder = prefix] = await ignoredPaths(top, [prefix.slice(0, -1)], signal);
  return folder !== prefix;
}

/**
 * Which of these paths the rules of git leave out; none that git tracks, or in which it tracks something.
 * @param paths relative to the folder; files or folders
 */
export async function ignoredPaths(
  root: string,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { real, repository, base, at } = await locate(root, signal);
  const tree = ruleTree(base, await baseRules(base, '', repository, signal), signal);
  const ignored: string[] = [];
  for (const path of paths) {
    const parts = [await tree.ignoredPart(at + path), await tree.ignoredPart(at + path, true)];
    if (parts.some((part) => part !== undefined)) ignored.push(path);
  }
  if (repository.kind === 'folder' || ignored.length === 0) return new Set(ignored);
  // The tracked files with all folders above them.
  const tracked = new Set<string>();
  for (const file of await trackedFiles(real, signal, ignored)) {
    const parts = file.path.split('/');
    for (let length = parts.length; length > 0; length -= 1) tracked.add(parts.slice(0, length).join('/'));
  }
  return new Set(ignored.filter((path) => !tracked.has(path)));
}

/** Which of these paths the `.codebaseignore` files leave out, whether they are on disk or not. */
export async function excludedPaths(
  root: string,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { base, at } = await locate(root, signal);
  const tree = new RuleTree({ base, name: ownIgnoreFile, signal });
  const excluded = new Set<string>();
  for (const path of paths) if ((await tree.ignoredPart(at + path)) !== undefined) excluded.add(path);
  return excluded;
}
