import { createHash } from 'node:crypto';
import { AppError } from '../common/app-error.ts';
import { terms } from '../memory/search/tokenize.ts';
import type { FileMeta, SegmentEntry, StoredRecord } from '../memory/records.ts';
import { UNPACKED } from '../memory/store/elsewhere.ts';
import { Ledger } from '../memory/store/ledger.ts';
import { originOf } from '../memory/store/schema.ts';
import { rulesFor } from '../workspace/files/secret.ts';
import type { SkipReason } from '../workspace/files/skip.ts';
import { findRepository, folderReasons } from '../workspace/git/git.ts';
import { commitOf, missingBlobs } from '../workspace/git/revision.ts';
import { committedFiles } from '../workspace/git/work-tree.ts';
import { includes } from '../workspace/walk/rules.ts';
import { CommittedFiles } from './committed-files.ts';
import { cutFile } from './cut-file.ts';
import { skippedPaths } from './exclusion.ts';
import { FolderIndex } from './folder-index.ts';
import { noMeta, skippedState } from './plan.ts';
import { homeFolder, prepareHome } from './storage-path.ts';
import { pruneUnpacked, touchUnpacked, unpackedPlace } from './unpacked-snapshots.ts';

export interface CommitOptions {
  readonly signal?: AbortSignal | undefined;
  /** So many files of the commit are indexed, of so many that were not before. */
  readonly onFile?: ((done: number, of: number) => void) | undefined;
}

/** A commit that a question is put to. */
export interface AtCommit {
  /** As it was asked for. */
  readonly ref: string;
  readonly commit: string;
  /** Files that it has; links and submodules are none. */
  readonly files: number;
  /** Those of them that can be asked about. */
  readonly indexed: number;
  /** All of it in a sentence or two, for a person or a model. */
  readonly message: string;
}

/** Files that are read at once, and written in one transaction. */
const AT_ONCE = 64;
/** Reasons that are named; the others are rare. */
const NAMED = 3;

/**
 * The files of a commit as a folder index: words, lines and citations are those of the commit, whatever lies on disk.
 * It has a database of its own, which is made from git alone, so that it can be thrown away at any time; the next
 * question about the commit opens it at once. Vectors that the folder's index has for the same text are taken over.
 * What ignore files and settings name today, and what was forgotten, is excluded. A forgotten file that had another
 * name in the commit is not known by it, and is shown.
 *
 * @param index the folder's own, which stays open
 * @param ref   a branch, a tag or a commit
 * @throws as commitNamed(); `ledger/…`
 */
export async function openCommit(
  index: FolderIndex,
  ref: string,
  { signal, onFile }: CommitOptions = {},
): Promise<{ readonly index: FolderIndex; readonly at: AtCommit }> {
  const { root, adapter, isExempt, wanted } = index;
  const commit = await commitNamed(root, ref, signal);
  const ids = await committedFiles(root, commit, signal);
  const included = includes(wanted.include);
  const rulesOf = (path: string) => ({ included: included.matches(path), isExempt });
  const filesWithout = (paths: ReadonlySet<string>) =>
    new CommittedFiles({ root, commit, ids: new Map([...ids].filter(([path]) => !paths.has(path))), rulesOf });
  let excluded = await skippedPaths(index, [...ids.keys()], signal);
  let files = filesWithout(excluded);
  const { home = homeFolder() } = index;
  prepareHome(home);
  const { shape } = index.ledger.identity;
  const name = nameOf([index.ledger.identity.repository, root, adapter.id, JSON.stringify(wanted), commit]);
  const place = unpackedPlace(home, name);
  const own = `${UNPACKED}${name}`;
  const { ledger } = Ledger.open(place, { repository: own, checkout: own, adapter: adapter.id, shape });
  try {
    const read = await indexCommit(index, ledger, files, { signal, onFile });
    if (read > 0) {
      // What was forgotten meanwhile is not brought back either.
      excluded = await skippedPaths(index, [...ids.keys()], signal);
      files = filesWithout(excluded);
      dropOthers(ledger, files);
    }
    touchUnpacked(place);
    pruneUnpacked(home);
    const at = { ref, commit, files: ids.size, excluded: excluded.size };
    return { index: FolderIndex.ofCommit(index, ledger, files), at: described(at, ledger) };
  } catch (error) {
    ledger.close();
    throw error;
  }
}

/**
 * The hash of a commit that a question is to be put to, so that a slip is told before anything is read.
 *
 * @throws `git/failed` where git may not be asked, or knows no such commit; the signal's reason
 */
export async function commitNamed(root: string, ref: string, signal?: AbortSignal): Promise<string> {
  const repository = await findRepository(root, signal);
  if (repository.kind === 'git') return commitOf(root, ref, signal);
  const reason = folderReasons[repository.reason];
  throw new AppError('git/failed', `git cannot show "${ref}" in ${root}. ${reason}`);
}

const nameOf = (parts: readonly string[]) => createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 24);

/** Takes out what was excluded since: by an ignore file, by settings, or because it was forgotten. */
function dropOthers(ledger: Ledger, { ids }: CommittedFiles): void {
  const gone = ledger.files().flatMap(({ path }) => (ids.has(path) ? [] : [path]));
  if (gone.length > 0) ledger.drop(gone);
}

/** Words of what is new in the database, of how many files; a killed process goes on where it was. */
async function indexCommit(
  index: FolderIndex,
  ledger: Ledger,
  files: CommittedFiles,
  { signal, onFile }: CommitOptions,
): Promise<number> {
  const { ledger: folder, engine, adapter, isExempt } = index;
  dropOthers(ledger, files);
  const known = new Map(ledger.files().map((file) => [file.path, file]));
  const isRead = (path: string, id: string) => {
    const before = known.get(path);
    return before?.blobHash === id && before.secrets?.rules === rulesFor(path, isExempt);
  };
  const wasUnreadable = (path: string) => {
    const state = known.get(path)?.state;
    return state?.kind === 'skipped' && state.reason === 'unreadable';
  };
  const asked = [...files.ids].filter(([path, id]) => !isRead(path, id) || wasUnreadable(path));
  // A partial clone has not all blobs: one that was fetched since is read now.
  const missing = asked.length > 0 ? await missingBlobs(files.root, files.commit, signal) : new Set<string>();
  const fresh = asked.filter(([path, id]) => !isRead(path, id) || !missing.has(id));
  for (let at = 0; at < fresh.length; at += AT_ONCE) {
    onFile?.(at, fresh.length);
    const batch = fresh.slice(at, at + AT_ONCE);
    const here = batch.filter(([, id]) => !missing.has(id));
    const contents = await files.readAll(
      here.map(([path]) => path),
      signal,
    );
    const read: ReadFile[] = [];
    for (const [path, id] of batch) {
      const rules = rulesFor(path, isExempt);
      const content = contents.get(path) ?? { kind: 'skipped', reason: 'unreadable' };
      if (content.kind === 'skipped') {
        const meta = { ...noMeta(undefined), blobHash: id, secrets: { rules, masked: [] } };
        read.push({ kind: 'skipped', path, meta, reason: content.reason });
        continue;
      }
      const { text, masked, bytes } = content;
      const cut = await cutFile(engine, adapter.id, path, text, { priority: 'question', signal });
      const segments = cut.map(({ text: own, ...segment }) => ({ ...segment, terms: terms(own) }));
      const lines = segments.at(-1)?.end ?? 0;
      const meta = { blobHash: id, bytes, mtimeMs: 0, lines, secrets: { rules, masked } };
      read.push({ kind: 'read', path, meta, segments });
    }
    signal?.throwIfAborted();
    ledger.together(() => {
      for (const file of read) {
        if (file.kind === 'read') ledger.putWords(file.path, file.meta, file.segments);
        else ledger.skipFile(file.path, file.meta, skippedState(file.reason));
      }
    });
  }
  if (index.embedded > 0) takeOver(folder, ledger);
  return fresh.length;
}

type ReadFile =
  | {
      readonly kind: 'read';
      readonly path: string;
      readonly meta: FileMeta;
      readonly segments: readonly SegmentEntry[];
    }
  | { readonly kind: 'skipped'; readonly path: string; readonly meta: FileMeta; readonly reason: SkipReason };

/** Vectors of text that the folder has too: most of a commit stands in its file still. */
function takeOver(folder: Ledger, ledger: Ledger): void {
  const missing = Map.groupBy(ledger.notEmbedded(), ({ path }) => path);
  for (const [path, places] of missing) {
    const hashes = new Set(places.map(({ contentHash }) => contentHash));
    const records = folder
      .segmentsOf(path)
      .flatMap(({ contentHash, tokens, record }): StoredRecord[] =>
        record && hashes.has(contentHash) ? [{ contentHash, tokens, origin: originOf(path), record }] : [],
      );
    if (records.length > 0) ledger.embed(records);
  }
}

function described(
  { ref, commit, files, excluded }: { ref: string; commit: string; files: number; excluded: number },
  ledger: Ledger,
): AtCommit {
  const { files: counts, reasons } = ledger.totals();
  const indexed = counts.ingested;
  const others = reasons
    .filter(({ kind }) => kind !== 'ingested')
    .sort((a, b) => b.files - a.files)
    .slice(0, NAMED)
    .map(({ reason, files: count }) => `${count} ${reason}`);
  if (excluded > 0) others.unshift(`${excluded} named by ignore files or settings, or forgotten`);
  const rest = indexed < files ? ` Not indexed: ${files - indexed} (${others.join(', ')}).` : '';
  const message = `${ref} is commit ${commit.slice(0, 10)}: ${indexed} of its ${files} files can be asked about.${rest}`;
  return { ref, commit, files, indexed, message };
}
