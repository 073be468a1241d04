import { createHash } from 'node:crypto';
import type { FileStat } from '../../memory/records.ts';
import { fileStat } from '../walk/entry.ts';
import { openFile } from './open-file.ts';
import type { FoundSecret } from './secret.ts';
import { sizeLimit, skipByName } from './skip.ts';
import type { SkipOptions, SkipReason } from './skip.ts';
import { textOf } from './text.ts';

export type FileText =
  | {
      readonly kind: 'text';
      /** Of a notebook its cells', else the file's without a byte-order mark; line ends as they stand in it. */
      readonly text: string;
      /** Secrets that are masked in the text. */
      readonly masked: readonly FoundSecret[];
      /** git's blob id of the file's bytes, 40 hexadecimal digits. */
      readonly hash: string;
      readonly bytes: number;
      readonly mtimeMs: number;
      /** As it was before the bytes were read: whatever changes them later changes it. */
      readonly stat: FileStat;
    }
  | { readonly kind: 'skipped'; readonly reason: SkipReason };

export interface ReadOptions extends SkipOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads one file of a folder, or says why not; never throws, but for the signal's reason. All the rules of `skip.ts`
 * are applied, whatever the walk found before: a file may have become a secret, a link or a gigabyte since. `openFile`
 * says what counts as a file of the folder. At most `sizeLimit` + 1 bytes are read.
 *
 * @param path relative to `root`, with `/` between its parts
 */
export async function readText(root: string, path: string, options: ReadOptions = {}): Promise<FileText> {
  let byName: SkipReason | undefined;
  const isWanted = (bytes: number) => {
    byName = skipByName(path, bytes, options);
    return byName === undefined;
  };
  const found = await openFile(root, path, { maxBytes: sizeLimit(path, options), isWanted, signal: options.signal });
  if (byName) return skipped(byName);
  if (found.kind === 'too-large' || found.kind === 'symlink') return skipped(found.kind);
  if (found.kind === 'refused') return skipped('unreadable');
  const { bytes, info } = found;
  const content = textOf(path, bytes, options);
  if (content.kind === 'skipped') return content;
  const { mtimeMs } = info;
  return { ...content, hash: blobHash(bytes), bytes: bytes.length, mtimeMs, stat: fileStat(info) };
}

/** git's name for a blob, `sha1("blob " + length + NUL + content)`: what `git ls-files -s` shows for the same bytes. */
export function blobHash(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

const skipped = (reason: SkipReason) => ({ kind: 'skipped', reason }) as const;
