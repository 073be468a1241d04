import { terms } from '../memory/search/tokenize.ts';
import type { SnapshotFile } from '../memory/snapshot/content.ts';
import type { Placed } from '../memory/snapshot/import.ts';
import { contentHash } from '../memory/algebra/embedding-record.ts';
import { readText } from '../workspace/files/file.ts';
import { segmentHeader } from '../workspace/segment/header.ts';
import { splitLines } from '../workspace/segment/line.ts';
import { rulesFor } from '../workspace/files/secret.ts';
import { includes } from '../workspace/walk/rules.ts';
import { walk } from '../workspace/walk/walk.ts';
import type { FolderIndex } from './folder-index.ts';

/**
 * A file of a memory as it stands on disk, if every line is in the segment where it was and every segment still has the
 * text that its write was made from: the write's key is computed again from the lines. Else undefined.
 */
export async function fileOnDisk(
  { root, adapter, isExempt }: FolderIndex,
  file: Pick<SnapshotFile, 'path' | 'blobHash' | 'segments'>,
  keyOf: (recordId: number) => string,
): Promise<Placed | undefined> {
  // What a memory holds was read, be it because `include` named it.
  const content = await readText(root, file.path, { included: true, isExempt });
  if (content.kind !== 'text' || content.hash !== file.blobHash) return undefined;
  const lines = splitLines(content.text);
  const texts: string[] = [];
  let next = 1;
  for (const { start, end, recordId } of file.segments) {
    const text = lines.slice(start - 1, end).join('');
    const header = segmentHeader(file.path, { start, end, text });
    if (start !== next || contentHash(adapter.id, header, text) !== keyOf(recordId)) return undefined;
    texts.push(text);
    next = end + 1;
  }
  if (next !== lines.length + 1) return undefined;
  const { hash, bytes, mtimeMs, stat, masked } = content;
  const secrets = { rules: rulesFor(file.path, isExempt), masked };
  return { meta: { blobHash: hash, bytes, mtimeMs, lines: lines.length, stat, secrets }, terms: texts.map(terms) };
}

/** The files that indexing the folder would read: no ignored, excluded, secret or linked ones. */
export async function readablePaths(
  { root, wanted }: Pick<FolderIndex, 'root' | 'wanted'>,
  signal: AbortSignal | undefined,
): Promise<Set<string>> {
  const { include } = wanted;
  const excluded = includes(wanted.exclude);
  const paths = new Set<string>();
  for await (const { kind, path } of walk(root, { include, signal })) {
    if (kind === 'candidate' && !excluded.matches(path)) paths.add(path);
  }
  return paths;
}

export interface Comparison {
  /** Files that are on disk what was read. */
  readonly equal: number;
  readonly changed: readonly string[];
  readonly gone: readonly string[];
  /** Never looked at. */
  readonly fresh: readonly string[];
}

/**
 * Compares what a memory holds with the files on disk, by content and segment by segment; nothing is encoded. What
 * differs is noted, so that the next indexing run reads it, also where a file's size and times say that nothing
 * happened to it.
 */
export async function compareWithFiles(index: FolderIndex, signal?: AbortSignal): Promise<Comparison> {
  const { ledger } = index;
  const readable = await readablePaths(index, signal);
  const files = ledger.files();
  const changed: string[] = [];
  const gone: string[] = [];
  let equal = 0;
  for (const { path, blobHash, state } of files) {
    signal?.throwIfAborted();
    if (state.kind !== 'ingested') continue;
    const stored = ledger.segmentsOf(path);
    const segments = stored.map((segment, recordId) => ({ ...segment, recordId }));
    const found = await fileOnDisk(index, { path, blobHash, segments }, (at) => stored[at]?.contentHash ?? '');
    if (!readable.has(path)) gone.push(path);
    else if (found === undefined) changed.push(path);
    else equal += 1;
  }
  ledger.doubt(changed);
  const seen = new Set(files.map(({ path }) => path));
  return { equal, changed, gone, fresh: [...readable].filter((path) => !seen.has(path)).sort() };
}
