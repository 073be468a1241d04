import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ignore from 'ignore';
import type { Ignore } from 'ignore';

/** The optional file with patterns of our own, in gitignore's syntax, one per folder. It only takes files away. */
export const ownIgnoreFile = '.codebaseignore';

/** As git does by default on the platforms whose file systems do not tell cases apart. */
const ignoreCase = process.platform === 'win32' || process.platform === 'darwin';

export function noRules(): Ignore {
  return ignore({ ignoreCase, allowRelativePaths: true });
}

/**
 * The rules inside a folder: those of the folders above, then the folder's own, which win. All are kept in one list, in
 * patterns relative to the base, because git decides by the last pattern that matches in the whole list.
 */
export function withRules(above: Ignore, folder: string, content: string): Ignore {
  const lines = content.replace(/^\uFEFF/, '').split(/\r?\n/);
  return noRules()
    .add(above)
    .add(lines.map((line) => placed(folder, line)));
}

/** A pattern of a nested file, as it would be written in the base folder. */
function placed(folder: string, line: string): string {
  const negative = line.startsWith('!') ? '!' : '';
  const body = line.slice(negative.length).replace(/(?<!\\)[ \t]+$/, '');
  if (body === '' || body === '/' || line.startsWith('#')) return '';
  if (folder === '') return negative + body;
  // A slash anywhere but at the end ties the pattern to its folder; without one it holds at any depth.
  const depth = body.slice(0, -1).includes('/') ? '' : '**/';
  const literal = folder.replace(/[\\*?[]/g, '\\$&');
  return `${negative}/${literal}/${depth}${body.replace(/^\//, '')}`;
}

/** The rules of every folder, read when first asked for and kept for one walk. */
export class OwnRules {
  readonly #base: string;
  readonly #known = new Map<string, Promise<Ignore>>();

  /** @param base the outermost folder whose `.codebaseignore` counts; all paths are relative to it */
  constructor(base: string) {
    this.#base = base;
  }

  /** The outermost folder (ending in `/`) or the file that the rules take away; undefined if the path stays. */
  async excludes(path: string): Promise<string | undefined> {
    const rules = await this.within(parentOf(path));
    if (!rules.ignores(path)) return undefined;
    for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
      const folder = path.slice(0, slash + 1);
      if (rules.ignores(folder)) return folder;
    }
    return path;
  }

  /** The rules that hold for what lies in a folder; '' is the base. */
  within(folder: string): Promise<Ignore> {
    const known = this.#known.get(folder);
    if (known) return known;
    const rules = this.#read(folder);
    this.#known.set(folder, rules);
    return rules;
  }

  async #read(folder: string): Promise<Ignore> {
    const above = folder === '' ? noRules() : await this.within(parentOf(folder));
    const content = await readRules(join(this.#base, folder, ownIgnoreFile));
    return content === undefined ? above : withRules(above, folder, content);
  }
}

export async function readRules(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** What the user wants read although a rule ignores it. */
export interface Include {
  readonly any: boolean;
  matches(path: string): boolean;
  /** False only if nothing in the folder can match, so that it need not be entered. */
  reaches(folder: string): boolean;
}

// Patterns in gitignore's syntax, and `{a,b}`: `generated/`, `*.{proto,sql}`, `packages/*/dist/`.
export function includes(globs: readonly string[]): Include {
  const patterns = globs.map((glob) => glob.trim().replace(/^\.\//, '/')).flatMap(alternatives);
  const rules = noRules().add(patterns);
  const wanted = patterns.filter((pattern) => pattern !== '' && !/^[!#]/.test(pattern));
  const any = wanted.length > 0;
  return {
    any,
    matches: (path) => any && rules.ignores(path),
    reaches: (folder) => wanted.some((pattern) => mayReach(pattern, folder)),
  };
}

/** Expands the first `{a,b}`, then the others; braces inside braces are left as they are. */
function alternatives(glob: string): string[] {
  const found = /^([^{]*)\{([^{}]*,[^{}]*)\}(.*)$/.exec(glob);
  if (!found) return [glob];
  const [, before = '', choices = '', after = ''] = found;
  return choices.split(',').flatMap((choice) => alternatives(before + choice + after));
}

function mayReach(pattern: string, folder: string): boolean {
  if (!pattern.slice(0, -1).includes('/')) return true;
  const parts = pattern.replace(/^\//, '').split('/');
  for (const [i, name] of folder.split('/').entries()) {
    const part = parts[i];
    if (part === undefined || part === '' || part === '**') return true;
    const same = ignoreCase ? part.toLowerCase() === name.toLowerCase() : part === name;
    if (!same && !/[*?[\\]/.test(part)) return false;
  }
  return true;
}
