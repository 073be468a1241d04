import { expandBraces } from '../../common/glob.ts';
import { IgnoreFile, MatchCost, RULE_LIMITS, Rules } from './ignore-rules.ts';
import { openAlone, openFile } from '../files/open-file.ts';
import type { Opened } from '../files/open-file.ts';

/** The optional file with patterns of our own, in gitignore's syntax, one per folder. It only takes files away. */
export const ownIgnoreFile = '.codebaseignore';
export const gitIgnoreFile = '.gitignore';

export interface RulesPlace {
  /** The folder below which the file must lie, and the file's path relative to it. */
  readonly root: string;
  readonly path: string;
  /** The folder that the rules hold for, relative to the base of all paths. */
  readonly folder: string;
  readonly cost: MatchCost;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The rules of an ignore file; undefined where there is none that may be opened. One that is too large costs too much.
 */
export async function readRules({ root, path, folder, cost, signal }: RulesPlace): Promise<IgnoreFile | undefined> {
  return rulesOf(folder, path, cost, await openFile(root, path, { maxBytes: RULE_LIMITS.bytes, signal }));
}

/** As `readRules` for a file anywhere, such as one that the user's settings of git name. */
export async function readRulesAt(
  file: string,
  { folder, cost, signal }: Pick<RulesPlace, 'folder' | 'cost' | 'signal'>,
): Promise<IgnoreFile | undefined> {
  return rulesOf(folder, file, cost, await openAlone(file, { maxBytes: RULE_LIMITS.bytes, signal }));
}

function rulesOf(folder: string, name: string, cost: MatchCost, found: Opened): IgnoreFile | undefined {
  if (found.kind === 'too-large') return IgnoreFile.tooLarge(folder, name);
  if (found.kind !== 'opened') return undefined;
  return IgnoreFile.parse(folder, name, Buffer.from(found.bytes).toString('utf8'), cost);
}

export interface RuleTreeOptions {
  /** The outermost folder whose rules count; all paths are relative to it. */
  readonly base: string;
  /** The ignore file of each folder. */
  readonly name: string;
  /** The rules that hold before a folder's own, where those of the folders above it do not. */
  readonly begins?: (folder: string) => Promise<Rules | undefined>;
  readonly signal?: AbortSignal | undefined;
}

/** The rules that hold in each folder, read when first asked for and kept for one walk. */
export class RuleTree {
  readonly #options: RuleTreeOptions;
  readonly #known = new Map<string, Promise<Rules>>();
  readonly #cost = new MatchCost();

  constructor(options: RuleTreeOptions) {
    this.#options = options;
  }

  /**
   * The rules for what lies in a folder; '' is the base.
   * @param isThere false where the folder is known to hold no ignore file
   */
  within(folder: string, isThere = true): Promise<Rules> {
    const known = this.#known.get(folder);
    if (known) return known;
    const rules = this.#read(folder, isThere);
    this.#known.set(folder, rules);
    return rules;
  }

  /** The outermost folder (ending in `/`) or the path itself that the rules take away; undefined if the path stays. */
  async ignoredPart(path: string, isFolder = false): Promise<string | undefined> {
    let rules = await this.within('');
    for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
      const folder = path.slice(0, slash);
      if (rules.ignores(folder, true)) return `${folder}/`;
      rules = await this.within(folder);
    }
    return rules.ignores(path, isFolder) ? path : undefined;
  }

  async #read(folder: string, isThere: boolean): Promise<Rules> {
    const { base, name, begins, signal } = this.#options;
    const above = (await begins?.(folder)) ?? (folder === '' ? Rules.none : await this.within(parentOf(folder)));
    if (!isThere) return above;
    const path = folder === '' ? name : `${folder}/${name}`;
    return above.with(await readRules({ root: base, path, folder, cost: this.#cost, signal }));
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** What the user wants read although a rule ignores it. */
export interface Include {
  readonly any: boolean;
  matches(path: string): boolean;
  /** False only if nothing in the folder can match, so that it need not be entered. */
  reaches(folder: string): boolean;
}

/**
 * Patterns in gitignore's syntax, and `{a,b}`: `generated/`, `*.{proto,sql}`, `/docs/*.md`.
 * @throws `pattern/unreadable` where braces stand for too many patterns
 */
export function includes(globs: readonly string[]): Include {
  const patterns = globs.map((glob) => glob.trim().replace(/^\.\//, '/')).flatMap((glob) => expandBraces(glob));
  const rules = Rules.none.with(new IgnoreFile('', 'include', patterns, new MatchCost()));
  const wanted = patterns.filter((pattern) => pattern !== '' && !/^[!#]/.test(pattern));
  const any = wanted.length > 0;
  return {
    any,
    matches: (path) => any && rules.ignoredPart(path) !== undefined,
    reaches: (folder) => wanted.some((pattern) => mayReach(pattern, folder)),
  };
}

const isCaseless = process.platform === 'win32' || process.platform === 'darwin';

function mayReach(pattern: string, folder: string): boolean {
  if (!pattern.slice(0, -1).includes('/')) return true;
  const parts = pattern.replace(/^\//, '').split('/');
  for (const [i, name] of folder.split('/').entries()) {
    const part = parts[i];
    if (part === undefined || part === '' || part === '**') return true;
    const same = isCaseless ? part.toLowerCase() === name.toLowerCase() : part === name;
    if (!same && !/[*?[\\]/.test(part)) return false;
  }
  return true;
}
