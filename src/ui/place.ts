import type { Folder } from '../service/protocol.ts';

/** A folder of the workspace as the editor knows it. `path` is the platform's. */
export interface OpenedFolder {
  readonly path: string;
  readonly name: string;
}

/** A file or folder of the workspace. `path` is relative to the root, with `/`; '' is the root. */
export interface WorkspacePath {
  readonly folder: Folder;
  readonly path: string;
}

type Platform = NodeJS.Platform;

interface Position {
  readonly line: number;
  readonly character: number;
}

/**
 * The lines of a range of the editor (from 0), as they are counted everywhere else: 1-based and inclusive. A range that
 * ends before the first character of a line does not mean that line.
 */
export function linesOfRange({ start, end }: { readonly start: Position; readonly end: Position }) {
  const isBefore = end.line > start.line && end.character === 0;
  return { start: start.line + 1, end: isBefore ? end.line : end.line + 1 };
}

/**
 * The workspace's folders with a name for each that no other has and that holds no slash: it is the first part of the
 * paths that people see. Folders of one name are told apart by the folder above them, then by a number.
 */
export function namedFolders(opened: readonly OpenedFolder[]): Folder[] {
  const taken = new Set<string>();
  const often = new Map<string, number>();
  for (const { name } of opened) often.set(clean(name), (often.get(clean(name)) ?? 0) + 1);
  return opened.map(({ path, name }) => {
    const plain = clean(name);
    const above = path.split(/[/\\]/).filter(Boolean).at(-2);
    const wanted = (often.get(plain) ?? 0) > 1 && above !== undefined ? `${plain} (${above})` : plain;
    let unique = wanted;
    for (let n = 2; taken.has(unique); n += 1) unique = `${wanted} ${n}`;
    taken.add(unique);
    return { root: path, name: unique };
  });
}

const clean = (name: string) => name.replaceAll(/[/\\]/g, '-') || 'root';

/** `12`, `12-15` */
export const lineNumbers = ({ start, end }: { readonly start: number; readonly end: number }) =>
  start === end ? `${start}` : `${start}-${end}`;

/** Turns the platform's paths into places and into the paths that people see, and back. */
export class WorkspaceRoots {
  readonly folders: readonly Folder[];
  readonly #platform: Platform;

  constructor(folders: readonly Folder[], platform: Platform = process.platform) {
    this.folders = folders;
    this.#platform = platform;
  }

  /** Every root that holds the path, the innermost first: one folder of a workspace may lie in another. */
  holding(path: string): WorkspacePath[] {
    return this.folders
      .flatMap((folder) => {
        const inside = this.#within(folder.root, path);
        return inside === undefined ? [] : [{ folder, path: inside }];
      })
      .sort((a, b) => b.folder.root.length - a.folder.root.length);
  }

  /** The path that people see: relative to its root, and after the root's name where there are several. */
  shown({ folder, path }: WorkspacePath): string {
    if (this.folders.length < 2) return path;
    return path === '' ? folder.name : `${folder.name}/${path}`;
  }

  /** The place of a path that was shown. Undefined where it names none of the roots, or leads out of one. */
  resolve(shown: string): WorkspacePath | undefined {
    const [first] = this.folders;
    if (!first) return undefined;
    if (this.folders.length === 1) return this.#inside(first, shown);
    for (const folder of this.folders) {
      if (shown === folder.name) return { folder, path: '' };
      if (shown.startsWith(`${folder.name}/`)) return this.#inside(folder, shown.slice(folder.name.length + 1));
    }
    return undefined;
  }

  #within(root: string, path: string): string | undefined {
    const slashed = (text: string) => (this.#platform === 'win32' ? text.replaceAll('\\', '/') : text);
    const base = slashed(root).replace(/\/+$/, '');
    const full = slashed(path).replace(/(?<=.)\/+$/, '');
    const same = this.#platform === 'win32' ? full.toLowerCase() : full;
    const wanted = this.#platform === 'win32' ? base.toLowerCase() : base;
    if (same === wanted || (base === '' && full === '/')) return '';
    return same.startsWith(`${wanted}/`) ? full.slice(base.length + 1) : undefined;
  }

  /** Paths come back from the page and from a model, so they are not trusted to stay inside. */
  #inside(folder: Folder, path: string): WorkspacePath | undefined {
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    const leaves = path.startsWith('/') || parts.includes('..') || (this.#platform === 'win32' && path.includes('\\'));
    return leaves ? undefined : { folder, path: parts.join('/') };
  }
}
