import { isAppError } from '../../common/app-error.ts';
import { compileGlob, compileName } from '../../common/glob.ts';
import type { PathMatcher, Work } from '../../common/glob.ts';

/** As git does by default on the platforms whose file systems do not tell cases apart. */
const ignoreCase = process.platform === 'win32' || process.platform === 'darwin';

export const RULE_LIMITS = {
  /** Bytes of an ignore file: thousands of patterns. */
  bytes: 256 * 1024,
  /** Patterns of one file. */
  patterns: 10_000,
  /**
   * Comparisons that rules may cost at once, and those for each path that they are asked about: a tenth of a
   * millisecond.
   */
  steps: 2_000_000,
  stepsForPath: 50_000,
} as const;

/** What matching has cost so far, for all ignore files of a walk together. */
export class MatchCost implements Work {
  steps = 0;
  #paths = 0;

  begin(): void {
    this.#paths += 1;
  }

  get isTooHigh(): boolean {
    return this.steps > RULE_LIMITS.steps + RULE_LIMITS.stepsForPath * this.#paths;
  }

  /** Whoever was found to cost too much is asked no more: the others begin anew. */
  reset(): void {
    this.steps = 0;
    this.#paths = 0;
  }
}

interface Rule {
  /** Its place among the rules of its file: the last that matches decides. */
  readonly order: number;
  readonly isNegative: boolean;
  /** It holds for folders alone. */
  readonly isForFolders: boolean;
  /** Given a name, or a path relative to the rules' folder. */
  readonly matches: PathMatcher;
}

/**
 * The rules of one ignore file, in gitignore's syntax; they hold for the folder that the file lies in and all below it.
 */
export class IgnoreFile {
  /** The folder, relative to the base of all paths; '' is the base. */
  readonly folder: string;
  /** What to name where the rules cost too much. */
  readonly name: string;
  readonly #prefix: string;
  /** Rules for one literal name, wherever it is: most rules are. */
  readonly #byName = new Map<string, Rule[]>();
  readonly #names: Rule[] = [];
  readonly #paths: Rule[] = [];
  readonly #cost: MatchCost;
  #isTooCostly: boolean;

  constructor(folder: string, name: string, lines: readonly string[], cost: MatchCost) {
    this.folder = folder;
    this.name = name;
    this.#prefix = folder === '' ? '' : `${folder}/`;
    this.#cost = cost;
    this.#isTooCostly = lines.length > RULE_LIMITS.patterns;
    if (this.#isTooCostly) return;
    for (const [order, line] of lines.entries()) this.#add(line, order);
  }

  /** From the text of a file: a mark of the byte order and the kind of line ends do not count. */
  static parse(folder: string, name: string, content: string, cost: MatchCost): IgnoreFile {
    return new IgnoreFile(folder, name, content.replace(/^\uFEFF/, '').split(/\r?\n/), cost);
  }

  /** Stands for a file of more bytes than anybody writes. */
  static tooLarge(folder: string, name: string): IgnoreFile {
    const file = new IgnoreFile(folder, name, [], new MatchCost());
    file.#isTooCostly = true;
    return file;
  }

  /** Whether the rules are more than anybody writes, or have cost more than they may; they then decide nothing more. */
  get isTooCostly(): boolean {
    return this.#isTooCostly;
  }

  /** What the last rule that matches says of a path below the folder; its own folders are not looked at. */
  verdict(path: string, isFolder: boolean): 'ignored' | 'kept' | undefined {
    if (this.#isTooCostly || !path.startsWith(this.#prefix)) return undefined;
    this.#cost.begin();
    const inside = path.slice(this.#prefix.length);
    const name = inside.slice(inside.lastIndexOf('/') + 1);
    const fits = (rule: Rule) => isFolder || !rule.isForFolders;
    let best = this.#byName.get(ignoreCase ? name.toLowerCase() : name)?.findLast(fits);
    for (const [rules, given] of [[this.#names, name] as const, [this.#paths, inside] as const]) {
      for (let at = rules.length - 1; at >= 0; at -= 1) {
        const rule = rules[at];
        if (rule === undefined || (best !== undefined && rule.order < best.order)) break;
        if (this.#cost.isTooHigh) {
          this.#isTooCostly = true;
          this.#cost.reset();
          return undefined;
        }
        this.#cost.steps += 1;
        if (!fits(rule) || !rule.matches(given, this.#cost)) continue;
        best = rule;
        break;
      }
    }
    return best && (best.isNegative ? 'kept' : 'ignored');
  }

  #add(line: string, order: number): void {
    if (line.startsWith('#')) return;
    const isNegative = line.startsWith('!');
    // A space at the end counts after a backslash only.
    const body = line.slice(isNegative ? 1 : 0).replace(/(?<!\\)[ \t]+$/, '');
    const isForFolders = body.endsWith('/');
    const pattern = isForFolders ? body.slice(0, -1) : body;
    if (pattern === '' || pattern === '/') return;
    const rule = { order, isNegative, isForFolders };
    // A slash anywhere but at the end ties the pattern to its folder; without one it holds at any depth.
    const isPath = pattern.includes('/');
    try {
      if (isPath) this.#paths.push({ ...rule, matches: compileGlob(pattern.replace(/^\//, ''), { ignoreCase }) });
      else if (/[*?[\\]/.test(pattern)) this.#names.push({ ...rule, matches: compileName(pattern, { ignoreCase }) });
      else {
        const name = ignoreCase ? pattern.toLowerCase() : pattern;
        const known = this.#byName.get(name);
        const added = { ...rule, matches: () => true };
        if (known) known.push(added);
        else this.#byName.set(name, [added]);
      }
    } catch (error) {
      // Longer than any path: it can match none.
      if (!isAppError(error, 'pattern/unreadable')) throw error;
    }
  }
}

/** The ignore files that hold in a folder: those of the folders above it, then its own, which win. */
export class Rules {
  static readonly none = new Rules([]);
  readonly #files: readonly IgnoreFile[];

  private constructor(files: readonly IgnoreFile[]) {
    this.#files = files;
  }

  with(file: IgnoreFile | undefined): Rules {
    return file === undefined ? this : new Rules([...this.#files, file]);
  }

  /** Whether a file or folder is ignored, where none of the folders above it is. */
  ignores(path: string, isFolder: boolean): boolean {
    for (let at = this.#files.length - 1; at >= 0; at -= 1) {
      const verdict = this.#files[at]?.verdict(path, isFolder);
      if (verdict !== undefined) return verdict === 'ignored';
    }
    return false;
  }

  /** The outermost folder on the way to a path (ending in `/`), or the path itself, that is ignored. */
  ignoredPart(path: string, isFolder = false): string | undefined {
    for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
      if (this.ignores(path.slice(0, slash), true)) return path.slice(0, slash + 1);
    }
    return this.ignores(path, isFolder) ? path : undefined;
  }

  /** The first file whose rules cost more than they may. */
  get costly(): IgnoreFile | undefined {
    return this.#files.find((file) => file.isTooCostly);
  }
}
