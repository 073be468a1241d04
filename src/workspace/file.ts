import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { decode, limits, skipByContent, skipByName } from './skip.ts';
import type { SkipReason } from './skip.ts';

export type FileText =
  | {
      readonly kind: 'text';
      /** Without a byte-order mark; line ends as they stand in the file. */
      readonly text: string;
      /** git's blob id of the file's bytes, 40 hexadecimal digits. */
      readonly hash: string;
      readonly bytes: number;
      readonly mtimeMs: number;
    }
  | { readonly kind: 'skipped'; readonly reason: SkipReason };

/**
 * Reads one file of a folder, or says why not; never throws. All the rules of `skip.ts` are applied, whatever the walk
 * found before: a file may have become a secret, a link or a gigabyte since.
 *
 * At most `limits.file` + 1 bytes are read. A symbolic link is not followed as the last part of the path, nor as an
 * earlier part if it leads out of the root.
 *
 * @param path relative to `root`, with `/` between its parts
 */
export async function readText(root: string, path: string): Promise<FileText> {
  try {
    const place = await locate(root, path);
    if (place.kind === 'skipped') return place;
    // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    const handle = await open(place.full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return await read(handle, path);
    } finally {
      await handle.close();
    }
  } catch {
    return skipped('unreadable');
  }
}

/** git's name for a blob, `sha1("blob " + length + NUL + content)`: what `git ls-files -s` shows for the same bytes. */
export function blobHash(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

const skipped = (reason: SkipReason) => ({ kind: 'skipped', reason }) as const;

async function locate(root: string, path: string) {
  const realRoot = await realpath(root);
  const full = join(realRoot, path);
  if (isAbsolute(path) || !isInside(realRoot, full)) return skipped('unreadable');
  if ((await lstat(full)).isSymbolicLink()) return skipped('symlink');
  const real = await realpath(full);
  return isInside(realRoot, real) ? ({ kind: 'found', full: real } as const) : skipped('symlink');
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function read(handle: FileHandle, path: string): Promise<FileText> {
  const info = await handle.stat();
  if (!info.isFile()) return skipped('unreadable');
  const byName = skipByName(path, info.size);
  if (byName) return skipped(byName);
  const bytes = await readAtMost(handle, info.size, limits.file + 1);
  if (bytes.length > limits.file) return skipped('too-large');
  const byContent = await skipByContent(path, bytes);
  if (byContent) return skipped(byContent);
  const text = decode(bytes);
  if (text === undefined) return skipped('not-utf8');
  return { kind: 'text', text, hash: blobHash(bytes), bytes: bytes.length, mtimeMs: info.mtimeMs };
}

/** `expected` is a guess: a file may grow while it is read, and half a file must not pass for the whole. */
async function readAtMost(handle: FileHandle, expected: number, most: number): Promise<Uint8Array> {
  let buffer = new Uint8Array(Math.min(expected + 1, most));
  let filled = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled === most) return buffer.subarray(0, filled);
    if (filled === buffer.length) {
      const larger = new Uint8Array(Math.min(2 * filled, most));
      larger.set(buffer);
      buffer = larger;
    }
  }
}
