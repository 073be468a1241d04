import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, isAppError } from '../../common/app-error.ts';
import { sha256Of } from '../../common/file-bytes.ts';
import { ManifestError, parseManifest } from '../../../kernels/manifest.ts';
import type { FileEntry, Manifest } from '../../../kernels/manifest.ts';
import { openAlone } from '../../workspace/files/open-file.ts';

/** Bytes of a file that is read as text; a manifest has some 100,000. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/** Reads and checks `manifest.json` in the model's folder. Throws `engine/model-file`. */
export async function readManifest(folder: string): Promise<Manifest> {
  const json = await readModelText(folder, 'manifest.json');
  if (json === undefined) {
    throw new AppError('engine/model-file', `The model's manifest is missing (${join(folder, 'manifest.json')}).`);
  }
  try {
    return parseManifest(json);
  } catch (error) {
    if (error instanceof ManifestError) throw new AppError('engine/model-file', error.message);
    throw error;
  }
}

/**
 * The text of a small file of the model; undefined where it is missing. Throws `engine/model-file` for anything but an
 * ordinary file.
 */
export async function readModelText(folder: string, name: string): Promise<string | undefined> {
  const path = join(folder, name);
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return undefined;
  const opened = info.isFile() ? await openAlone(path, { maxBytes: MAX_TEXT_BYTES }) : undefined;
  if (opened?.kind === 'opened') return Buffer.from(opened.bytes).toString('utf8');
  const fault =
    opened?.kind === 'too-large' ? `has ${opened.bytes} bytes, which is too large` : 'is not a readable file';
  throw new AppError('engine/model-file', `The model file ${name} in ${folder} ${fault}.`);
}

/** Checks that each file is there with its size: cheap enough for every start. Throws `engine/model-file`. */
export async function checkSizes(folder: string, files: Readonly<Record<string, FileEntry>>): Promise<void> {
  for (const [name, expected] of Object.entries(files)) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (!found) throw new AppError('engine/model-file', `The model file ${name} is missing from ${folder}.`);
    // Whoever opens a pipe waits for its writer.
    if (!found.isFile()) {
      throw new AppError('engine/model-file', `The model file ${name} in ${folder} is not an ordinary file.`);
    }
    if (found.size !== expected.bytes) {
      throw new AppError(
        'engine/model-file',
        `The model file ${name} has ${found.size} bytes instead of ${expected.bytes}: it is cut short or changed.`,
      );
    }
  }
}

/** Checks the sha256 of each file; about a second per 500 MB. Throws `engine/model-file`. */
export async function checkHashes(folder: string, files: Readonly<Record<string, FileEntry>>): Promise<void> {
  for (const [name, expected] of Object.entries(files)) {
    if ((await sha256Of(join(folder, name))) !== expected.sha256) {
      throw new AppError('engine/model-file', `The model file ${name} is damaged: its sha256 is not the manifest's.`);
    }
  }
}

/** Why the model does not load, as a person can be told; an error that says enough by itself is passed on. */
export function loadFailure(error: unknown): unknown {
  if (isAppError(error, 'engine/model-file')) return error;
  if (error instanceof ManifestError) return new AppError('engine/model-file', error.message);
  const message = error instanceof Error ? error.message : String(error);
  if (isOutOfMemory(message)) return error;
  const reason = (message.split('\n')[0] ?? '').replace(/\.$/, '');
  const advice = 'Run `npm run models` to restore its files, or choose `--device cpu`.';
  return new AppError('engine/load', `The model could not be loaded (${reason}). ${advice}`, error);
}

/** Whether the runtime's message tells of too little memory. */
export function isOutOfMemory(message: string): boolean {
  return /bad_alloc|out of memory|allocat(?:e|ion)/i.test(message);
}
