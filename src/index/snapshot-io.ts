import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { AppError } from '../common/app-error.ts';
import { readAdapter } from '../engine/weights/adapter.ts';
import type { Engine } from '../engine/client/engine.ts';
import { UNPACKED } from '../memory/store/elsewhere.ts';
import { Ledger } from '../memory/store/ledger.ts';
import { exportSnapshot } from '../memory/snapshot/export.ts';
import type { Exported } from '../memory/snapshot/export.ts';
import { importSnapshot } from '../memory/snapshot/import.ts';
import type { Imported } from '../memory/snapshot/import.ts';
import type { SnapshotHeader } from '../memory/snapshot/header.ts';
import { quoted } from '../memory/snapshot/quoted.ts';
import { Snapshot } from '../memory/snapshot/snapshot.ts';
import type { SkipReason } from '../workspace/files/skip.ts';
import { FolderIndex } from './folder-index.ts';
import { homeFolder, prepareHome } from './storage-path.ts';
import { fileOnDisk, readablePaths } from './matches-disk.ts';
import { shapeOf } from './shape.ts';
import { pruneUnpacked, touchUnpacked, unpackedPlace } from './unpacked-snapshots.ts';

/** Names that a snapshot does not give away, though nothing of the files is in it. */
const UNNAMED: ReadonlySet<string> = new Set<SkipReason>(['forgotten', 'secret']);
const FORGOTTEN = 'forgotten' satisfies SkipReason;

export interface ExportMemory {
  /** Version of this program. */
  readonly program: string;
  readonly words?: SnapshotHeader['words'];
  readonly signal?: AbortSignal | undefined;
}

/** Writes a folder index's memory to one file. Throws as exportSnapshot() does. */
export function exportMemory({ ledger }: FolderIndex, file: string, options: ExportMemory): Promise<Exported> {
  const repository = portableName(ledger.identity.repository);
  return exportSnapshot(ledger, file, { ...options, repository, unnamed: UNNAMED });
}

export interface ImportMemory {
  readonly signal?: AbortSignal | undefined;
  readonly onFiles?: (done: number, of: number) => void;
}

/**
 * Takes over a snapshot of the same repository: files that stand here to the last byte are known at once, of the others
 * the writes are kept, so that what they still share need not be encoded. Throws `snapshot/…`, `ledger/…`.
 */
export async function importMemory(
  index: FolderIndex,
  file: string,
  options: ImportMemory,
): Promise<{ readonly header: SnapshotHeader; readonly imported: Imported }> {
  const { ledger } = index;
  const snapshot = Snapshot.open(file);
  try {
    const own = portableName(ledger.identity.repository);
    const { repository } = snapshot.header;
    if (repository !== '' && own !== '' && repository !== own) {
      const message =
        `The snapshot ${file} is of another repository (${quoted(repository.slice(0, 16))}; this one is ${own.slice(0, 16)}). ` +
        'To ask it beside this one, use `--with`.';
      throw new AppError('snapshot/foreign', message);
    }
    const checked = await snapshot.check(ledger.identity, options.signal);
    const readable = await readablePaths(index, options.signal);
    const imported = await importSnapshot(ledger, snapshot, checked, {
      ...options,
      forgotten: FORGOTTEN,
      place: async (known, keyOf) => (readable.has(known.path) ? fileOnDisk(index, known, keyOf) : undefined),
    });
    return { header: snapshot.header, imported };
  } finally {
    snapshot.close();
  }
}

/**
 * A snapshot as a folder index without files, to be asked beside others. Checked and unpacked once into a database of
 * its
 * own below `home`, named by the digest of its content, so that the next question opens it at once. Those that nobody
 * has asked for long are swept then.
 */
export async function openSnapshotMemory(
  file: string,
  engine: Engine,
  signal?: AbortSignal,
  home: string = homeFolder(),
): Promise<FolderIndex> {
  const { baseFolder, adapterFolder } = engine.settings;
  const adapter = await readAdapter(adapterFolder, baseFolder);
  const reader = { adapter: adapter.id, shape: shapeOf(adapter) };
  const snapshot = Snapshot.open(file);
  try {
    snapshot.checkReader(reader);
    const { content, treeHash } = snapshot.header;
    const name = createHash('sha256').update(content).digest('hex').slice(0, 24);
    const repository = UNPACKED + content;
    const place = unpackedPlace(home, name);
    prepareHome(home);
    const { ledger } = Ledger.open(place, { ...reader, repository, checkout: repository });
    try {
      if (ledger.treeHash() !== treeHash) await unpack(snapshot, ledger, signal);
      touchUnpacked(place);
      pruneUnpacked(home);
      return FolderIndex.withoutFiles(file, engine, adapter, ledger);
    } catch (error) {
      ledger.close();
      throw error;
    }
  } finally {
    snapshot.close();
  }
}

async function unpack(snapshot: Snapshot, ledger: Ledger, signal: AbortSignal | undefined): Promise<void> {
  const checked = await snapshot.check(ledger.identity, signal);
  const known = snapshot.terms();
  await importSnapshot(ledger, snapshot, checked, {
    signal,
    place: ({ blobHash, bytes, lines, segments }) => ({
      meta: { blobHash, bytes, lines, mtimeMs: 0 },
      terms: segments.map(({ recordId }) => snapshot.wordsOf(recordId, known)),
    }),
  });
}

/** `lib` for `somewhere/lib.imem`. */
export const snapshotName = (file: string): string => basename(file).replace(/\.imem$/i, '');

/**
 * A repository that is named by a commit means the same everywhere; a place says something about its owner's machine.
 */
function portableName(repository: string): string {
  return repository.startsWith('git:') ? repository : '';
}
