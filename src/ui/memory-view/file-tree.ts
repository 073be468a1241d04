import { setImmediate } from 'node:timers/promises';
import type { RememberedFile } from '../../service/protocol.ts';

/** Which files the tree shows. */
export type FileFilter = 'all' | RememberedFile['state']['kind'];

export interface TreeFolder {
  readonly kind: 'folder';
  /** Relative to the root, with `/`; '' is the root. */
  readonly path: string;
  readonly name: string;
  readonly files: number;
  readonly remembered: number;
  readonly segments: number;
  readonly lines: number;
  /** Sum of its files' shares, 0..1. */
  readonly share: number;
}

interface TreeFile {
  readonly kind: 'file';
  readonly name: string;
  readonly file: RememberedFile;
}

export type TreeNode = TreeFolder | TreeFile;

/** Files that are sorted into folders before other work of the host gets its turn: some 5 ms. */
const SLICE = 5_000;

interface Folder {
  readonly path: string;
  readonly folders: Set<string>;
  readonly files: RememberedFile[];
  totals: { files: number; remembered: number; segments: number; lines: number; share: number };
}

/**
 * The files of one root by folder. Folders are filled when it is made; their nodes are made when they are looked at.
 */
export class FileTree {
  readonly #folders: Map<string, Folder>;
  readonly #byPath: ReadonlyMap<string, RememberedFile>;
  readonly #collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

  private constructor(folders: Map<string, Folder>, byPath: ReadonlyMap<string, RememberedFile>) {
    this.#folders = folders;
    this.#byPath = byPath;
  }

  /** Lets other work in between slices. Throws the signal's reason once it is aborted. */
  static async build(
    files: readonly RememberedFile[],
    filter: FileFilter = 'all',
    signal?: AbortSignal,
  ): Promise<FileTree> {
    const folders = new Map<string, Folder>();
    const byPath = new Map<string, RememberedFile>();
    folderAt(folders, '');
    for (let at = 0; at < files.length; at += SLICE) {
      for (const file of files.slice(at, at + SLICE)) {
        byPath.set(file.path, file);
        if (filter === 'all' || file.state.kind === filter) place(folders, file);
      }
      await setImmediate();
      signal?.throwIfAborted();
    }
    return new FileTree(folders, byPath);
  }

  /** The folder's own entries: folders first, then files, by name. Empty for a folder that is not there. */
  children(path: string): TreeNode[] {
    const folder = this.#folders.get(path);
    if (!folder) return [];
    const byName = (a: { name: string }, b: { name: string }) => this.#collator.compare(a.name, b.name);
    const folders = [...folder.folders].flatMap((inner) => this.folder(inner) ?? []).sort(byName);
    const files = folder.files.map((file): TreeFile => ({ kind: 'file', name: nameOf(file.path), file })).sort(byName);
    return [...folders, ...files];
  }

  folder(path: string): TreeFolder | undefined {
    const folder = this.#folders.get(path);
    return folder && { kind: 'folder', path, name: nameOf(path), ...folder.totals };
  }

  /** A file, whether the filter shows it or not. */
  file(path: string): RememberedFile | undefined {
    return this.#byPath.get(path);
  }
}

/** The files that lie in a folder at any depth, or the file itself; all of them for ''. */
export function filesBelow(files: Iterable<RememberedFile>, path: string): RememberedFile[] {
  const inside = `${path}/`;
  return [...files].filter((file) => path === '' || file.path === path || file.path.startsWith(inside));
}

function place(folders: Map<string, Folder>, file: RememberedFile): void {
  const own = folderAt(folders, parentOf(file.path));
  own.files.push(file);
  const remembered = file.state.kind === 'ingested' ? 1 : 0;
  for (let path = own.path; ; path = parentOf(path)) {
    const { totals } = folderAt(folders, path);
    totals.files += 1;
    totals.remembered += remembered;
    totals.segments += file.segments;
    totals.lines += file.lines;
    totals.share += file.share;
    if (path === '') return;
  }
}

/** The folder, made with all folders above it where it is new. */
function folderAt(folders: Map<string, Folder>, path: string): Folder {
  const found = folders.get(path);
  if (found) return found;
  const totals = { files: 0, remembered: 0, segments: 0, lines: 0, share: 0 };
  const folder: Folder = { path, folders: new Set(), files: [], totals };
  folders.set(path, folder);
  if (path !== '') folderAt(folders, parentOf(path)).folders.add(path);
  return folder;
}

const parentOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')));
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
