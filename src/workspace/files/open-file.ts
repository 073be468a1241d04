import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { lstat, open, readlink, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';

export type Opened =
  | { readonly kind: 'opened'; readonly bytes: Uint8Array; readonly info: Stats }
  /** `bytes` is the size as the file system tells it. */
  | { readonly kind: 'too-large'; readonly bytes: number }
  /** Gone, no permission, not an ordinary file, outside the folder, or changed under our hands. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'symlink' };

export interface OpenLimits {
  /** A file of more bytes is not read. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** Asked before anything is read, with the size; false leaves the file unread. */
  readonly isWanted?: (bytes: number) => boolean;
}

/** How long one file may take, in ms: a network folder that has gone must not hold up what comes after it. */
const READ_PATIENCE = 20_000;

// Windows has neither of the last two, and a pipe is no file of a folder there: `|` takes what is missing for 0.
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The one way in which a file of a folder is opened: an ordinary file that lies below the root, whatever its path says
 * and whatever is changed meanwhile. A repository may hold pipes, devices, and links to anywhere.
 *
 * - A link is not followed as the last part of the path, nor as an earlier part if it leads out of the root.
 * - Opening does not wait for a writer of a pipe (O_NONBLOCK), and only what fstat calls an ordinary file is read.
 * - After opening, the file behind the descriptor must be the one that was looked at: a folder that is swapped for a
 *   link
 *   between check and use is found out.
 *
 * Never throws, but for the signal's reason.
 * @param root a folder, links in its own path are followed
 * @param path relative to `root`, with `/` between its parts
 */
export async function openFile(root: string, path: string, limits: OpenLimits): Promise<Opened> {
  limits.signal?.throwIfAborted();
  const late = AbortSignal.timeout(READ_PATIENCE);
  const enough = limits.signal ? AbortSignal.any([limits.signal, late]) : late;
  try {
    return await inTime(attempt(root, path, limits, enough), enough);
  } catch {
    limits.signal?.throwIfAborted();
    return { kind: 'refused' };
  }
}

/** As `openFile` for a file that stands alone, such as one of the user's settings: its own path may hold links. */
export async function openAlone(file: string, limits: OpenLimits): Promise<Opened> {
  const real = await realpath(file).catch(() => undefined);
  if (real === undefined) return { kind: 'refused' };
  const cut = real.lastIndexOf(sep);
  return openFile(real.slice(0, cut) || sep, real.slice(cut + 1), limits);
}

async function attempt(root: string, path: string, limits: OpenLimits, signal: AbortSignal): Promise<Opened> {
  const realRoot = await realpath(root);
  const place = await locate(realRoot, path);
  if (place.kind !== 'found') return place;
  const handle = await open(place.full, FLAGS);
  try {
    const info = await handle.stat();
    if (!info.isFile()) return { kind: 'refused' };
    if (!(await isStillThere(handle, info, join(realRoot, path), place.full))) return { kind: 'refused' };
    if (limits.isWanted?.(info.size) === false) return { kind: 'refused' };
    if (info.size > limits.maxBytes) return { kind: 'too-large', bytes: info.size };
    const bytes = await readAtMost(handle, info.size, limits.maxBytes + 1, signal);
    if (bytes.length > limits.maxBytes) return { kind: 'too-large', bytes: bytes.length };
    return { kind: 'opened', bytes, info };
  } finally {
    await handle.close();
  }
}

async function locate(realRoot: string, path: string) {
  const full = join(realRoot, path);
  if (isAbsolute(path) || !isInside(realRoot, full)) return { kind: 'refused' } as const;
  if ((await lstat(full)).isSymbolicLink()) return { kind: 'symlink' } as const;
  const real = await realpath(full);
  return isInside(realRoot, real) ? ({ kind: 'found', full: real } as const) : ({ kind: 'symlink' } as const);
}

/**
 * Whether what was opened is the file at that place. Linux names the file behind a descriptor, whatever paths lead to
 * by now; elsewhere the path is looked at twice, so that whoever swaps it has to be lucky four times in a row.
 */
async function isStillThere(handle: FileHandle, opened: Stats, path: string, found: string): Promise<boolean> {
  const behind = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined);
  if (behind !== undefined) return behind === found;
  for (let look = 0; look < 2; look += 1) {
    if ((await realpath(path)) !== found) return false;
    const info = await lstat(found);
    if (!info.isFile() || info.ino !== opened.ino || info.dev !== opened.dev) return false;
  }
  return true;
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** `expected` is a guess: a file may grow while it is read, and half a file must not pass for the whole. */
async function readAtMost(
  handle: FileHandle,
  expected: number,
  most: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  let buffer = new Uint8Array(Math.min(expected + 1, most));
  let filled = 0;
  for (;;) {
    signal.throwIfAborted();
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

/** What the work gives, or the signal's reason where that comes first; the work then ends by itself, unheard. */
function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((settle, fail) => {
    const onAbort = () => {
      fail(signal.reason instanceof Error ? signal.reason : new Error('Stopped.'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(settle, fail).finally(() => {
      signal.removeEventListener('abort', onAbort);
    });
  });
}
