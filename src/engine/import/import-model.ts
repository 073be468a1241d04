import { mkdir, open, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { AppError } from '../../common/app-error.ts';
import { sha256Of, writeAt } from '../../common/file-bytes.ts';
import { amounts } from '../../common/number-format.ts';
import { ManifestError, parseManifest } from '../../../kernels/manifest.ts';
import type { FileEntry } from '../../../kernels/manifest.ts';
import { ggufSource } from './gguf-source.ts';
import { planFiles } from './layout.ts';
import type { PlannedFile, PlannedTensor } from './layout.ts';
import type { ModelSource } from './model-source.ts';
import { quantizeTo4, quantizeTo8 } from './quantize.ts';
import { safetensorsSource } from './safetensors-source.ts';
import { unreadable } from './stored-tensor.ts';

interface ImportProgress {
  /** Bytes of the model that are written, of all. */
  readonly bytes: number;
  readonly ofBytes: number;
}

export interface ImportOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
}

/** Numbers that are converted in one go: some 30 ms, after which others have their turn. */
const RUN = 262_144;
/** Another number for another way of laying numbers out: what was begun by an earlier version is begun anew. */
const LAYOUT = 1;
/** What the source was, in a folder that is not whole yet. */
const SOURCE = 'source.txt';
/** Bytes beside the model that have to be free on its disk. */
const SPARE = 64 * 2 ** 20;

/** Opens a .gguf file, or a folder of safetensors, of a model that runs here. Throws `answer-model/unreadable`. */
export async function openSource(path: string): Promise<ModelSource> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw unreadable(`There is no file or folder ${path}.`);
  const source = await (found.isDirectory() ? safetensorsSource(path) : ggufSource(path));
  try {
    // What could not be opened once it is written is found out before somebody waits for that.
    const files = planFiles(source.tensors);
    checkedManifest(source, files, Object.fromEntries(files.map(({ name, bytes }) => [name, { bytes, sha256: '' }])));
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Bytes that the model will have on disk. */
export function importedBytes(source: ModelSource): number {
  return planFiles(source.tensors).reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * Writes a model in this project's own format into `folder`, which appears whole or not at all: it is made beside it,
 * and renamed. What was written before a stop is kept, and gone on with from the same source.
 *
 * @throws `answer-model/unreadable`, `disk/full`, or the signal's reason
 */
export async function importModel(source: ModelSource, folder: string, options: ImportOptions = {}): Promise<void> {
  const { signal, onProgress } = options;
  const partial = partialOf(folder);
  const files = planFiles(source.tensors);
  const ofBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  // Before the weights: what has no tokenizer is refused at once.
  const texts = await source.tokenizerFiles();
  await begin(partial, `${LAYOUT} ${source.identity}`);
  const missing = await missingFiles(partial, files);
  await checkSpace(partial, missing);
  let bytes = ofBytes - missing.reduce((sum, file) => sum + file.bytes, 0);
  for (const file of missing) {
    await writeWhole(join(partial, file.name), async (handle) => {
      for (const planned of file.tensors) {
        await writeTensor(handle, source, planned, signal, (written) => {
          bytes += written;
          onProgress?.({ bytes, ofBytes });
        });
      }
      await handle.truncate(file.bytes);
    });
  }
  const entries: Record<string, FileEntry> = {};
  for (const { name } of files) entries[name] = await entryOf(join(partial, name), signal);
  for (const [name, text] of Object.entries(texts)) {
    await writeFile(join(partial, name), text);
    entries[name] = await entryOf(join(partial, name), signal);
  }
  await writeFile(join(partial, 'manifest.json'), checkedManifest(source, files, entries));
  await rm(join(partial, SOURCE), { force: true });
  await rename(partial, folder);
}

/** manifest.json of a model, which this program will read. Throws `answer-model/unreadable` where it could not. */
function checkedManifest(
  { name, config }: ModelSource,
  planned: readonly PlannedFile[],
  files: Readonly<Record<string, FileEntry>>,
): string {
  const tensors = Object.fromEntries(planned.flatMap((file) => file.tensors.map(({ key, entry }) => [key, entry])));
  const json = `${JSON.stringify({ format: 1, name, config, files, tensors }, undefined, 1)}\n`;
  try {
    parseManifest(json);
    return json;
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    const reason = error.message.replace(/^In the model manifest, |\.$/gu, '');
    throw unreadable(`The sizes of ${name} do not make up a model that runs here (${reason}).`);
  }
}

/** Where a model lies while it is made. */
export function partialOf(folder: string): string {
  return `${folder}.partial`;
}

/** Makes the folder, or goes on in the one that was begun from the same source. */
async function begin(partial: string, identity: string): Promise<void> {
  const before = await readFile(join(partial, SOURCE), 'utf8').catch(() => undefined);
  if (before === identity) return;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  await writeFile(join(partial, SOURCE), identity);
}

async function missingFiles(partial: string, files: readonly PlannedFile[]): Promise<PlannedFile[]> {
  const missing: PlannedFile[] = [];
  for (const file of files) {
    const found = await stat(join(partial, file.name)).catch(() => undefined);
    if (found?.size !== file.bytes) missing.push(file);
  }
  return missing;
}

async function checkSpace(partial: string, missing: readonly PlannedFile[]): Promise<void> {
  const needed = missing.reduce((sum, { bytes }) => sum + bytes, SPARE);
  await requireSpace(partial, needed);
}

/** Throws `disk/full` where the disk of a folder has fewer bytes free. A file system that does not tell has enough. */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const found = await statfs(folder).catch(() => undefined);
  if (found === undefined || found.bavail * found.bsize >= bytes) return;
  const english = amounts('en');
  const sentence =
    `The model needs ${english.bytes(bytes)} of space in ${dirname(folder)}, and ${english.bytes(found.bavail * found.bsize)} ` +
    'are free. Free some space and run the command again; what is there already is kept.';
  throw new AppError('disk/full', sentence);
}

/** A file under its name is a whole one: it is filled under another. */
async function writeWhole(path: string, fill: (handle: FileHandle) => Promise<void>): Promise<void> {
  const partial = `${path}.partial`;
  const handle = await open(partial, 'w', 0o600);
  try {
    await fill(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, path);
}

/** Some rows at a time, each part of the entry at its place. */
async function writeTensor(
  handle: FileHandle,
  source: ModelSource,
  { tensor, firstRow, rows, columns, entry }: PlannedTensor,
  signal: AbortSignal | undefined,
  onWritten: (bytes: number) => void,
): Promise<void> {
  const most = Math.max(1, Math.floor(RUN / columns));
  for (let done = 0; done < rows; done += most) {
    const count = Math.min(most, rows - done);
    const values = await source.rows(tensor, firstRow + done, count);
    const parts: (readonly [bytes: Uint8Array, offset: number, all: number])[] = [];
    if (entry.kind === 'float32') {
      parts.push([new Uint8Array(values.buffer), entry.data.offset, entry.data.bytes]);
    } else {
      const made = entry.kind === 'int4' ? quantizeTo4(values, columns) : quantizeTo8(values);
      parts.push([made.data, entry.data.offset, entry.data.bytes]);
      parts.push([made.scales, entry.scales.offset, entry.scales.bytes]);
      if (entry.zeros && made.zeros) parts.push([made.zeros, entry.zeros.offset, entry.zeros.bytes]);
    }
    let written = 0;
    for (const [bytes, offset, all] of parts) {
      await writeAt(handle, bytes, offset + (all / rows) * done);
      written += bytes.length;
    }
    onWritten(written);
    await turn();
    signal?.throwIfAborted();
  }
}

async function entryOf(path: string, signal: AbortSignal | undefined): Promise<FileEntry> {
  const sha256 = await sha256Of(path, signal);
  return { bytes: (await stat(path)).size, sha256 };
}
