import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';

/** One file inside a VSIX. */
export interface Packed {
  readonly path: string;
  /** Bytes on disk and inside the archive. */
  readonly bytes: number;
  readonly compressed: number;
}

/** What a VSIX holds. */
export async function contents(vsix: string): Promise<Packed[]> {
  const archive = await openPromise(vsix);
  const files: Packed[] = [];
  for await (const entry of archive.eachEntry()) {
    files.push({ path: entry.fileName, bytes: entry.uncompressedSize, compressed: entry.compressedSize });
  }
  return files;
}

/** Unpacks a VSIX into `folder`. Gives the folder of the extension inside it. */
export async function unpack(vsix: string, folder: string): Promise<string> {
  const archive = await openPromise(vsix);
  for await (const entry of archive.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    const path = join(folder, entry.fileName);
    await mkdir(dirname(path), { recursive: true });
    await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(path));
  }
  return join(folder, 'extension');
}
