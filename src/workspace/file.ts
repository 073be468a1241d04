import { createHash } from 'node:crypto';
import type { FileStat } from '../memory/records.ts';
import { fileStat } from './entry.ts';
import { openFile } from './open-file.ts';
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
      /** As it was before the bytes were read: whatever changes them later changes it. */
      readonly stat: FileStat;
    }
  | { readonly kind: 'skipped'; readonly reason: SkipReason };

/**
 * Reads one file of a folder, or says why not; never throws, but for the signal's reason. All the rules of `skip.ts` are
 * applied, whatever the walk found before: a file may have become a secret, a link or a gigabyte since. `openFile` says
 * what counts as a file of the folder. At most `limits.file` + 1 bytes are read.
 *
 * @param path relative to `root`, with `/` between its parts
 */
export async function readText(root: string, path: string, signal?: AbortSignal): Promise<FileText> {
  let byName: SkipReason | undefined;
  const isWanted = (bytes: number) => {
    byName = skipByName(path, bytes);
    return byName === undefined;
  };
  const found = await openFile(root, path, { maxBytes: limits.file, isWanted, signal });
  if (byName) return skipped(byName);
  if (found.kind === 'too-large' || found.kind === 'symlink') return skipped(found.kind);
  if (found.kind === 'refused') return skipped('unreadable');
  const { bytes, info } = found;
  const byContent = await skipByContent(path, bytes);
  if (byContent) return skipped(byContent);
  const text = decode(bytes);
  if (text === undefined) return skipped('not-utf8');
  return {
    kind: 'text',
    text,
    hash: blobHash(bytes),
    bytes: bytes.length,
    mtimeMs: info.mtimeMs,
    stat: fileStat(info),
  };
}

/** git's name for a blob, `sha1("blob " + length + NUL + content)`: what `git ls-files -s` shows for the same bytes. */
export function blobHash(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

const skipped = (reason: SkipReason) => ({ kind: 'skipped', reason }) as const;
