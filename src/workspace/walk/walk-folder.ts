import { readdir } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openCheckout } from './checkout.ts';
import type { Checkout, Start } from './checkout.ts';
import { isDependency, isMarkedDependency } from './dependency.ts';
import { examineAll, skippedEntry, together } from './entry.ts';
import type { Entry } from './entry.ts';
import { findRepository } from '../git/git.ts';
import type { Rules } from './ignore-rules.ts';
import { gitIgnoreFile, ownIgnoreFile, RuleTree } from './rules.ts';
import type { Include } from './rules.ts';
import type { SkipReason } from '../files/skip.ts';

/** What version control keeps for itself: no content, and nothing to report. */
const bookkeeping = new Set(['.git', '.hg', '.svn', '.jj', '.bzr', 'CVS', '.DS_Store']);
/** What a folder holds that is git's own whatever its name: a bare repository. */
const GIT_FOLDER = ['HEAD', 'objects', 'refs'] as const;
/** Names in such a folder that are git's: beside them may lie files of a person. */
const GIT_NAMES = new Set(
  (
    'HEAD ORIG_HEAD FETCH_HEAD MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD AUTO_MERGE COMMIT_EDITMSG MERGE_MSG MERGE_MODE ' +
    'SQUASH_MSG branches config config.lock config.worktree description gc.log gc.pid gitk.cache hooks index index.lock ' +
    'info lfs logs modules objects packed-refs rebase-apply rebase-merge refs reftable rr-cache shallow svn worktrees'
  ).split(' '),
);
/** A repository's work trees side by side hold the same files: the first is walked, and that is to be the main one. */
const MAIN = /^(?:main|master|trunk)$/;
/** Stands in a name for bytes that are not UTF-8. */
const REPLACED = '\uFFFD';

const LIMITS = {
  /** Repositories inside that git is asked about; the others are walked by their ignore files alone. */
  repositories: 500,
  /** ms of matching after which other work gets its turn. */
  turn: 20,
} as const;

export interface FolderWalk extends Start {
  readonly include: Include;
  readonly signal?: AbortSignal | undefined;
}

interface Folder {
  /** Relative to the base; '' is the base. */
  readonly path: string;
  /** `tracked` are only files that git tracks, and `included` those that `include` names. */
  readonly want: 'all' | 'tracked' | 'included';
  readonly checkout: Checkout;
  /** The folder that a tool has filled: told when a file in it is left out. */
  readonly dependency?: string | undefined;
  /** A repository of its own, already looked into. */
  readonly isEntered?: boolean;
}

/**
 * Walks a folder: ignore files of every depth count, what git tracks is found in spite of them, folders that tools fill
 * are left out, links are reported and not followed, so there are no loops. One folder is never read twice.
 */
export async function* walkFolder(options: FolderWalk): AsyncGenerator<Entry> {
  const { base, at, signal } = options;
  const run = new Walk(options);
  const told = new Set<string>();
  const included = { matches: (path: string) => options.include.matches(path.slice(at.length)) };
  const shown = (entry: Entry): Entry[] => {
    const path = entry.path.slice(at.length) || '.';
    // Several names that are not UTF-8 may look the same, and a reason may be met at several files: a path is told
    // once.
    if (entry.kind === 'skipped' || path.includes(REPLACED)) {
      if (told.has(path)) return [];
      told.add(path);
    }
    return [{ ...entry, path }];
  };
  const waiting: Folder[] = [{ path: at.slice(0, -1), want: 'all', checkout: options.checkout, isEntered: true }];
  while (waiting.length > 0) {
    signal?.throwIfAborted();
    // The last ones first: depth before breadth keeps the waiting list short.
    const batch = waiting.splice(-together.folders).reverse();
    const looks = await Promise.all(batch.map((folder) => run.look(folder)));
    for (const look of looks) {
      for (const entry of look.entries) yield* shown(entry);
      for await (const found of examineAll(base, look.files, signal, included)) {
        // It was listed a moment ago: what it is really called cannot be said in text.
        const isUnnamed = found.kind === 'gone' && found.path.includes(REPLACED);
        const entry = isUnnamed ? skippedEntry(found.path, 'unreadable') : found;
        if (entry.kind === 'candidate' || entry.kind === 'skipped') yield* shown(entry);
      }
      // One after the other: of several work trees of one repository the first is walked.
      for (const folder of look.repositories) {
        const entered = await run.enter(folder);
        if (entered.kind === 'folder') waiting.push(entered.folder);
        else yield* shown(entered.entry);
      }
      waiting.push(...look.folders.reverse());
    }
  }
}

interface Look {
  readonly entries: Entry[];
  readonly files: string[];
  readonly folders: Folder[];
  readonly repositories: Folder[];
}

class Walk {
  readonly #options: FolderWalk;
  readonly #git: RuleTree;
  readonly #own: RuleTree;
  /** The repositories met so far, by the place that all their work trees share. */
  readonly #commonDirs = new Set<string>();
  /** The rules of repositories inside, by their folder. */
  readonly #begins = new Map<string, Rules>();
  #asked = 0;

  constructor(options: FolderWalk) {
    const { base, checkout, commonDir, signal } = options;
    this.#options = options;
    this.#begins.set('', checkout.rules);
    const begins = (folder: string) => Promise.resolve(this.#begins.get(folder));
    this.#git = new RuleTree({ base, name: gitIgnoreFile, begins, signal });
    this.#own = new RuleTree({ base, name: ownIgnoreFile, signal });
    if (commonDir !== undefined) this.#commonDirs.add(commonDir);
  }

  /** Goes into a repository that lies inside the walk; a second work tree of one that was met already is left out. */
  async enter(
    folder: Folder,
  ): Promise<
    { readonly kind: 'folder'; readonly folder: Folder } | { readonly kind: 'skipped'; readonly entry: Entry }
  > {
    const { base, signal } = this.#options;
    this.#asked += 1;
    const place = join(base, folder.path);
    const found = this.#asked <= LIMITS.repositories ? await findRepository(place, signal) : undefined;
    // Git looks on in the folders above where a `.git` is none of its own.
    const isOwn = found?.kind === 'git' ? found.prefix === '' : found?.top !== undefined;
    if (found === undefined || !isOwn) return { kind: 'folder', folder: { ...folder, isEntered: true } };
    if (found.kind === 'git') {
      if (this.#commonDirs.has(found.commonDir)) {
        return { kind: 'skipped', entry: skippedEntry(folder.path, 'checkout') };
      }
      this.#commonDirs.add(found.commonDir);
    }
    const at = `${folder.path}/`;
    const checkout = await openCheckout({ base, at, top: at, repository: found, signal });
    this.#begins.set(folder.path, checkout.rules);
    return { kind: 'folder', folder: { path: folder.path, want: 'all', checkout, isEntered: true } };
  }

  /** Lists one folder and judges all that lies in it. */
  async look(folder: Folder): Promise<Look> {
    const { base, include, signal } = this.#options;
    const found: Look = { entries: [], files: [], folders: [], repositories: [] };
    const children = await readdir(join(base, folder.path), { withFileTypes: true }).catch(() => undefined);
    if (!children) {
      if (folder.want === 'all') found.entries.push(skippedEntry(folder.path, 'unreadable'));
      return found;
    }
    const names = new Set(children.map(({ name }) => name));
    if (names.has('.git') && folder.isEntered !== true && folder.want !== 'included') {
      found.repositories.push(folder);
      return found;
    }
    const isGits = GIT_FOLDER.every((name) => names.has(name));
    const here = { ...folder, ...this.#dependencyHere(folder, names) };
    const rules = {
      git: await this.#git.within(folder.path, names.has(gitIgnoreFile)),
      own: await this.#own.within(folder.path, names.has(ownIgnoreFile)),
    };
    children.sort((a, b) => Number(MAIN.test(b.name)) - Number(MAIN.test(a.name)) || (a.name < b.name ? -1 : 1));
    let began = performance.now();
    for (const child of children) {
      if (bookkeeping.has(child.name) || (isGits && GIT_NAMES.has(child.name))) continue;
      this.#judge(child, here, names, rules, include, found);
      const costly = rules.own.costly ?? rules.git.costly;
      if (costly) {
        return { entries: [skippedEntry(costly.folder, 'costly-rules')], files: [], folders: [], repositories: [] };
      }
      if (performance.now() - began < LIMITS.turn) continue;
      await nextTurn();
      signal?.throwIfAborted();
      began = performance.now();
    }
    return found;
  }

  /** A folder that says of itself that a tool has filled it: what git tracks there is read all the same. */
  #dependencyHere({ path, want, isEntered }: Folder, names: ReadonlySet<string>): Partial<Folder> {
    if (want !== 'all' || isEntered === true || !isMarkedDependency(names)) return {};
    return { want: 'tracked', dependency: path };
  }

  #judge(
    child: Dirent,
    folder: Folder,
    beside: ReadonlySet<string>,
    rules: { readonly git: Rules; readonly own: Rules },
    include: Include,
    found: Look,
  ): void {
    const { checkout } = folder;
    const path = folder.path === '' ? child.name : `${folder.path}/${child.name}`;
    const asked = path.slice(this.#options.at.length);
    if (child.isDirectory()) {
      const into = this.#into(child.name, path, folder, beside, rules);
      if ('want' in into) found.folders.push({ path, checkout, ...into });
      else {
        if (into.reason) found.entries.push(skippedEntry(into.of ?? path, into.reason));
        if (include.reaches(asked)) found.folders.push({ path, want: 'included', checkout });
      }
      return;
    }
    if (include.matches(asked)) {
      found.files.push(path);
      return;
    }
    if (folder.want === 'included') return;
    const isTracked = checkout.tracks(path);
    if (rules.own.ignores(path, false)) {
      if (folder.want === 'all' || isTracked) found.entries.push(skippedEntry(path, 'excluded'));
    } else if (isTracked || (folder.want === 'all' && !rules.git.ignores(path, false))) found.files.push(path);
    else if (folder.dependency !== undefined && !rules.git.ignores(path, false)) {
      found.entries.push(skippedEntry(folder.dependency, 'dependency'));
    }
  }

  /** How to go into a folder inside, or why not; no reason where nothing is to be said. */
  #into(
    name: string,
    path: string,
    { want, checkout, dependency }: Folder,
    beside: ReadonlySet<string>,
    rules: { readonly git: Rules; readonly own: Rules },
  ): Pick<Folder, 'want' | 'dependency'> | { readonly reason?: SkipReason; readonly of?: string | undefined } {
    if (want === 'included') return {};
    const isTracked = checkout.tracksBelow(path);
    if (rules.own.ignores(path, true)) return want === 'all' || isTracked ? { reason: 'excluded' } : {};
    const isIgnored = rules.git.ignores(path, true);
    if (want === 'tracked') {
      if (isTracked) return { want: 'tracked', dependency: isIgnored ? undefined : dependency };
      return dependency !== undefined && !isIgnored ? { reason: 'dependency', of: dependency } : {};
    }
    if (isIgnored) return isTracked ? { want: 'tracked' } : {};
    if (!isDependency(name, beside, checkout.hasRules)) return { want: 'all' };
    return isTracked ? { want: 'tracked', dependency: path } : { reason: 'dependency' };
  }
}
