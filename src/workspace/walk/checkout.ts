import { join } from 'node:path';
import { isAppError } from '../../common/app-error.ts';
import { isFound } from './entry.ts';
import { excludesFile, trackedFiles } from '../git/git.ts';
import type { Repository } from '../git/git.ts';
import { Rules, MatchCost } from './ignore-rules.ts';
import { gitIgnoreFile, readRules, readRulesAt } from './rules.ts';

/** What is known of one repository, or of a plain folder, while its files are walked. */
export interface Checkout {
  /** Whether git tracks a file. */
  tracks(path: string): boolean;
  /** Whether git tracks a file below a folder, or the folder as a submodule. */
  tracksBelow(folder: string): boolean;
  /** The rules that hold before all .gitignore files: the user's own, and those of this clone (info/exclude). */
  readonly rules: Rules;
  /**
   * A repository whose owner has said what is to be ignored: a folder that many people name so themselves (`build`) is
   * then not taken for one that a tool has filled.
   */
  readonly hasRules: boolean;
}

export interface Start {
  /** All paths of a walk are relative to it: the top of the repository around the root, or the root. */
  readonly base: string;
  /** From the base to the root: '' or ending in `/`. */
  readonly at: string;
  readonly checkout: Checkout;
  /** As the repository's own. */
  readonly commonDir: string | undefined;
}

export const plainFolder: Checkout = {
  tracks: () => false,
  tracksBelow: () => false,
  rules: Rules.none,
  hasRules: false,
};

/** As the file systems of these platforms hold names: one name may be spelt in several ways. */
const spelt: (path: string) => string =
  process.platform === 'darwin'
    ? (path) => path.normalize('NFC').toLowerCase()
    : process.platform === 'win32'
      ? (path) => path.toLowerCase()
      : (path) => path;

export interface CheckoutPlace {
  /** All paths are relative to it. */
  readonly base: string;
  /** The folder that is walked, relative to the base: '' or ending in `/`; it lies in the repository. */
  readonly at: string;
  /** The repository's outermost folder, likewise. */
  readonly top: string;
  readonly repository: Repository;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads what git knows of a repository. Where git fails, nothing is tracked and the ignore files alone decide.
 * @throws the signal's reason
 */
export async function openCheckout({ base, at, top, repository, signal }: CheckoutPlace): Promise<Checkout> {
  const rules = await baseRules(base, top, repository, signal);
  const hasRules = repository.top !== undefined && (await isFound(join(base, top, gitIgnoreFile)));
  if (repository.kind === 'folder') return { ...plainFolder, rules, hasRules };
  const files = new Set<string>();
  const folders = new Set<string>();
  try {
    for (const { path, isSubmodule } of await trackedFiles(join(base, at), signal)) {
      const whole = spelt(at + path);
      if (isSubmodule) folders.add(whole);
      else files.add(whole);
      for (let end = whole.lastIndexOf('/'); end > 0; end = whole.lastIndexOf('/', end - 1)) {
        const folder = whole.slice(0, end);
        if (folders.has(folder)) break;
        folders.add(folder);
      }
    }
  } catch (error) {
    if (!isAppError(error, 'git/failed')) throw error;
  }
  return {
    tracks: (path) => files.has(spelt(path)),
    tracksBelow: (folder) => folders.has(spelt(folder)),
    rules,
    hasRules,
  };
}

/** The user's own patterns, then those of this clone, which win. */
export async function baseRules(
  base: string,
  top: string,
  repository: Repository,
  signal?: AbortSignal,
): Promise<Rules> {
  const how = { folder: top.replace(/\/$/, ''), cost: new MatchCost(), signal };
  const file = await excludesFile(repository.kind === 'git' ? repository.top : undefined, signal);
  const own = file === undefined ? undefined : await readRulesAt(file, how);
  const clone =
    repository.kind === 'git'
      ? await readRules({ ...how, root: repository.commonDir, path: 'info/exclude' })
      : await readRules({ ...how, root: join(base, top), path: '.git/info/exclude' });
  return Rules.none.with(own).with(clone);
}
