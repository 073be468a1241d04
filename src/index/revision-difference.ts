import type { Difference } from '../memory/algebra/difference.ts';
import { originOf } from '../memory/store/schema.ts';
import { changedBetween, commitOf, textAt } from '../workspace/git/revision.ts';
import { cutFile, encodeSegment } from './cut-file.ts';
import type { CutSegment } from './cut-file.ts';
import { skippedPaths } from './exclusion.ts';
import type { FolderIndex } from './folder-index.ts';

export interface DifferenceOptions {
  /** A commit by any name. */
  readonly base: string;
  /** Another one; the files on disk when left out. */
  readonly head?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onFile?: (done: number, of: number, path: string) => void;
}

/** What became of one file between base and head. */
export interface FileDifference {
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'removed';
  readonly segments: { readonly added: number; readonly removed: number };
  /** Model tokens of those segments. */
  readonly tokens: { readonly added: number; readonly removed: number };
  /** As it stands in head; undefined where it is gone. */
  readonly text: string | undefined;
}

export interface RevisionDifference {
  readonly base: string;
  readonly head: string | undefined;
  /** Files whose remembered content differs, by path. */
  readonly files: readonly FileDifference[];
  /** Changed files that no memory holds: binary, generated, forgotten … */
  readonly unread: readonly string[];
  readonly difference: Difference;
  /** Segments that had to be encoded for it; they are kept, as another branch's are. */
  readonly encoded: number;
}

interface Cut {
  readonly text: string;
  readonly segments: readonly CutSegment[];
}

/**
 * The signed memory of what changed between two commits, or between a commit and the files on disk: head less base.
 * Only segments that differ are encoded, and only those that no branch has encoded before.
 *
 * @throws `git/failed`, `engine/…`, `ledger/…`; the signal's reason
 */
export async function revisionDifference(index: FolderIndex, options: DifferenceOptions): Promise<RevisionDifference> {
  const { root, ledger } = index;
  const { signal, onFile } = options;
  const base = await commitOf(root, options.base, signal);
  const head = options.head === undefined ? undefined : await commitOf(root, options.head, signal);
  const paths = await changedBetween(root, base, head, signal);
  const skipped = await skippedPaths(index, paths, signal);
  const files: FileDifference[] = [];
  const unread: string[] = [];
  const trees = { base: new Map<string, readonly string[]>(), head: new Map<string, readonly string[]>() };
  let encoded = 0;
  for (const [n, path] of paths.entries()) {
    signal?.throwIfAborted();
    onFile?.(n, paths.length, path);
    const isSkipped = skipped.has(path);
    const before = isSkipped ? undefined : await cutAt(index, path, base, signal);
    const after = isSkipped ? undefined : await cutAt(index, path, head, signal);
    const removed = without(before, after);
    const added = without(after, before);
    if (before === undefined && after === undefined) unread.push(path);
    if (removed.length + added.length === 0) continue;
    encoded += await encode(index, path, [...removed, ...added], signal);
    if (before) trees.base.set(path, keysOf(before));
    if (after) trees.head.set(path, keysOf(after));
    files.push({
      path,
      kind: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed',
      segments: { added: added.length, removed: removed.length },
      tokens: { added: tokensOf(added), removed: tokensOf(removed) },
      text: after?.text,
    });
  }
  return { base, head, files, unread, difference: ledger.difference(trees.head, trees.base), encoded };
}

/** A file cut into segments, as it stands in a commit or on disk; undefined where it is not there or not to be read. */
async function cutAt(
  index: FolderIndex,
  path: string,
  commit: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Cut | undefined> {
  const { root, engine, adapter, isExempt } = index;
  const read = commit === undefined ? await index.readText(path) : await textAt(root, commit, path, signal, isExempt);
  if (read === undefined || !('text' in read)) return undefined;
  const { text } = read;
  return { text, segments: await cutFile(engine, adapter.id, path, text, { signal }) };
}

/** Encodes what no branch has encoded before and keeps it for the next time. How many. */
async function encode(
  { engine, ledger }: FolderIndex,
  path: string,
  segments: Cut['segments'],
  signal: AbortSignal | undefined,
): Promise<number> {
  const known = ledger.hasRecord(segments.map(({ contentHash }) => contentHash));
  let encoded = 0;
  for (const segment of segments) {
    const { contentHash, tokens } = segment;
    if (known.has(contentHash)) continue;
    known.add(contentHash);
    const { record } = await encodeSegment(engine, ledger.identity.shape, segment, { signal });
    encoded += ledger.putRecords([{ contentHash, tokens, origin: originOf(path), record }]);
  }
  return encoded;
}

/** The segments of one cut that the other has not, each as often as it is there too many. */
function without(one: Cut | undefined, other: Cut | undefined): Cut['segments'] {
  const left = new Map<string, number>();
  for (const { contentHash } of other?.segments ?? []) left.set(contentHash, (left.get(contentHash) ?? 0) + 1);
  return (one?.segments ?? []).filter(({ contentHash }) => {
    const count = left.get(contentHash) ?? 0;
    if (count > 0) left.set(contentHash, count - 1);
    return count === 0;
  });
}

const keysOf = ({ segments }: Cut): string[] => segments.map(({ contentHash }) => contentHash);
const tokensOf = (segments: Cut['segments']): number => segments.reduce((sum, { tokens }) => sum + tokens, 0);
