import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ManifestError, parseManifest } from '../../kernels/manifest.ts';
import type { FileEntry, Manifest } from '../../kernels/manifest.ts';

/** A model file that is missing or not what the manifest says; the message names it and says what to do. */
export class ModelFileError extends Error {
  override readonly name = 'ModelFileError';
}

const MEND = 'Run `npm run models` to restore it.';

/** Reads and checks `manifest.json` in the model's folder. Throws ModelFileError. */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, 'manifest.json');
  let json: string;
  try {
    json = await readFile(path, 'utf8');
  } catch {
    throw new ModelFileError(`The model's manifest is missing (${path}). ${MEND}`);
  }
  try {
    return parseManifest(json);
  } catch (error) {
    if (error instanceof ManifestError) throw new ModelFileError(`${error.message} ${MEND}`);
    throw error;
  }
}

/** Checks that each file is there with its size: cheap enough for every start. Throws ModelFileError. */
export async function checkSizes(folder: string, files: Readonly<Record<string, FileEntry>>): Promise<void> {
  for (const [name, expected] of Object.entries(files)) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (!found) throw new ModelFileError(`The model file ${name} is missing from ${folder}. ${MEND}`);
    if (found.size !== expected.bytes) {
      throw new ModelFileError(
        `The model file ${name} has ${found.size} bytes instead of ${expected.bytes}: it is cut short or changed. ${MEND}`,
      );
    }
  }
}

/** Checks the sha256 of each file; about a second per 500 MB. Throws ModelFileError. */
export async function checkHashes(folder: string, files: Readonly<Record<string, FileEntry>>): Promise<void> {
  for (const [name, expected] of Object.entries(files)) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, name)), hash);
    if (hash.digest('hex') !== expected.sha256) {
      throw new ModelFileError(`The model file ${name} is damaged: its sha256 is not the manifest's. ${MEND}`);
    }
  }
}
