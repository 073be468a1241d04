import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../common/app-error.ts';

const PARTIAL = /\.(\d+)\.[\da-f-]{36}\.partial$/;

/** What `task` gives. Throws `engine/not-kept`: a read-only folder, a full disk, on Windows a file in use. */
export async function writing<T>(task: Promise<T>): Promise<T> {
  try {
    return await task;
  } catch (cause) {
    throw new AppError('engine/not-kept', 'A file that is derived from the model could not be kept.', cause);
  }
}

/**
 * Puts a new file in the place of `path`, whole or not at all: it is filled under a name that nobody else has, reaches
 * the disk, and is renamed. Two processes that do the same at once each leave a whole file. What processes that were
 * killed had begun in the folder goes first.
 *
 * @param fill writes the content; its errors are passed on
 * @throws `engine/not-kept`
 */
export async function replaceFile(path: string, fill: (handle: FileHandle) => Promise<void>): Promise<void> {
  const partial = `${path}.${process.pid}.${randomUUID()}.partial`;
  await removeLeft(dirname(path));
  const handle = await writing(open(partial, 'wx'));
  try {
    await fill(handle);
    await writing(handle.sync());
    await writing(handle.close());
    await writing(rename(partial, path));
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
  // Windows opens no folder; the rename is durable there all the same.
  const folder = await open(dirname(path)).catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/** Removes what was begun by a process that is no more. */
async function removeLeft(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => {
    const [, pid] = PARTIAL.exec(name) ?? [];
    return pid !== undefined && !isRunning(Number(pid));
  });
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true }).catch(() => undefined)));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // One of another user's may not be asked, but is there.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
