import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileStat } from '../../memory/records.ts';
import type { Include } from './rules.ts';
import { skipByName } from '../files/skip.ts';
import type { SkipOptions, SkipReason } from '../files/skip.ts';

/**
 * What a walk finds. `path` is relative to the root, with `/` between its parts. A skipped entry may be a folder, which
 * then stands for everything in it; `bytes` is there for files whose size was looked at. `included` says that `include`
 * names the file, so that it is to be read with that option.
 */
export type Entry =
  | {
      readonly kind: 'candidate';
      readonly path: string;
      readonly bytes: number;
      readonly mtimeMs: number;
      readonly stat?: FileStat;
      /** The user asked for it by a pattern. */
      readonly included?: boolean;
    }
  | { readonly kind: 'skipped'; readonly path: string; readonly reason: SkipReason; readonly bytes?: number };

/**
 * How many files or folders are looked at together: enough to keep Node's four file threads busy, few enough to stop.
 */
export const together = { files: 64, folders: 16 } as const;

export const skippedEntry = (path: string, reason: SkipReason): Entry => ({ kind: 'skipped', path, reason });

/** A file that is gone, as a tracked and deleted one is, gives `gone`: there is nothing to say about it. */
export type Examined =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'gone'; readonly path: string }
  | Entry;

/** Looks at a path without following it, and applies the rules that need its name and size alone. */
export async function examine(root: string, path: string, options: SkipOptions = {}): Promise<Examined> {
  try {
    const info = await lstat(join(root, path));
    if (info.isSymbolicLink()) return skippedEntry(path, 'symlink');
    if (info.isDirectory()) return { kind: 'folder', path };
    if (!info.isFile()) return skippedEntry(path, 'unreadable');
    const reason = skipByName(path, info.size, options);
    if (reason) return { kind: 'skipped', path, reason, bytes: info.size };
    return {
      kind: 'candidate',
      path,
      bytes: info.size,
      mtimeMs: info.mtimeMs,
      stat: fileStat(info),
      ...(options.included && { included: true }),
    };
  } catch (error) {
    return isMissing(error) ? { kind: 'gone', path } : skippedEntry(path, 'unreadable');
  }
}

/** What a change of a file's content changes even where its size and time stay as they were. */
export function fileStat({ ctimeMs, ino }: Pick<Stats, 'ctimeMs' | 'ino'>): FileStat {
  return { ctimeMs, inode: ino };
}

export async function* examineAll(
  root: string,
  paths: readonly string[],
  signal?: AbortSignal,
  include?: Pick<Include, 'matches'>,
): AsyncGenerator<Examined> {
  for (let at = 0; at < paths.length; at += together.files) {
    signal?.throwIfAborted();
    yield* await Promise.all(
      paths
        .slice(at, at + together.files)
        .map((path) => examine(root, path, { included: include?.matches(path) ?? false })),
    );
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** Whether there is something of that name, be it a link that leads nowhere. */
export function isFound(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
