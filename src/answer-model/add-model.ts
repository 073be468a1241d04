import { mkdir, rm, stat } from 'node:fs/promises';
import { lock } from 'proper-lockfile';
import { AppError } from '../common/app-error.ts';
import { importedBytes, importModel, openSource, partialOf, requireSpace } from '../engine/import/import-model.ts';
import { archiveBytes, CATALOG } from './catalog.ts';
import type { CatalogModel } from './catalog.ts';
import { downloadModel } from './download.ts';
import type { DownloadProgress } from './download.ts';
import { memoryNeed } from './local-models.ts';
import type { MemoryNeed } from './local-models.ts';
import { modelFolder, modelsFolder, nameFor } from './model-folder.ts';

/** What will be done, for somebody to agree to. Nothing has been touched yet. */
export interface AddPlan {
  readonly name: string;
  readonly title: string;
  readonly folder: string;
  readonly need: MemoryNeed;
  /** Bytes on disk when it is there, and at most on the way. */
  readonly installedBytes: number;
  readonly spaceBytes: number;
  readonly from:
    | { readonly kind: 'download'; readonly model: CatalogModel; readonly index: string; readonly bytes: number }
    | { readonly kind: 'path'; readonly path: string };
}

export type AddProgress =
  | ({ readonly kind: 'downloading' } & DownloadProgress)
  | { readonly kind: 'converting'; readonly bytes: number; readonly ofBytes: number };

export interface AddOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: AddProgress) => void) | undefined;
}

/** Milliseconds: after which a process that says nothing any more has gone, and how often one says something. */
const LOCK = { stale: 12_000, update: 3_000 } as const;
/** The public index of Python packages. */
const INDEX = 'https://pypi.org/simple';

/** Where models are downloaded from: ASK_CODEBASE_MODEL_INDEX where it is set. Throws `command/environment`. */
function modelIndex(): string {
  const own = process.env.ASK_CODEBASE_MODEL_INDEX;
  if (own === undefined || own === '') return INDEX;
  if (URL.canParse(own) && /^https?:$/.test(new URL(own).protocol)) return own;
  const sentence = `ASK_CODEBASE_MODEL_INDEX must be an address such as ${INDEX}, and "${own}" is not. Set it to one, or unset it.`;
  throw new AppError('command/environment', sentence);
}

/**
 * Looks at what is to be added: a name of the catalog, a .gguf file, or a folder of safetensors.
 *
 * @throws `answer-model/unreadable` for a file that does not run here, `answer-model/too-large`, `answer-model/there`
 *   where a model of that name is there
 */
export async function planAdd(home: string, given: string, catalog = CATALOG): Promise<AddPlan> {
  const known = catalog.find(({ name }) => name === given);
  const plan = known ? downloadPlan(home, known) : await pathPlan(home, given, catalog);
  if ((await stat(plan.folder).catch(() => undefined)) !== undefined) {
    const sentence = `There is a model "${plan.name}" already. Remove it first: \`models remove ${plan.name}\`.`;
    throw new AppError('answer-model/there', sentence);
  }
  if (plan.need.kind === 'too-large') {
    throw new AppError('answer-model/too-large', `${plan.title} is too large. ${plan.need.message}`);
  }
  return plan;
}

function downloadPlan(home: string, model: CatalogModel): AddPlan {
  return {
    name: model.name,
    title: model.title,
    folder: modelFolder(home, model.name),
    need: memoryNeed(model.installedBytes),
    installedBytes: model.installedBytes,
    // The file, one part, and what it is turned into.
    spaceBytes: model.bytes + Math.max(...model.parts.map((part) => part.bytes)) + model.installedBytes,
    from: { kind: 'download', model, index: modelIndex(), bytes: archiveBytes(model.parts) },
  };
}

async function pathPlan(home: string, path: string, catalog: readonly CatalogModel[]): Promise<AddPlan> {
  if ((await stat(path).catch(() => undefined)) === undefined) {
    const names = catalog.map(({ name }) => name).join(', ');
    const sentence = `"${path}" is neither a file, nor a folder, nor a model that can be downloaded (${names}).`;
    throw new AppError('answer-model/unreadable', sentence);
  }
  const source = await openSource(path);
  try {
    const name = nameFor(path);
    const installedBytes = importedBytes(source);
    const need = memoryNeed(installedBytes);
    const folder = modelFolder(home, name);
    const from = { kind: 'path' as const, path };
    return { name, title: source.name, folder, need, installedBytes, spaceBytes: installedBytes, from };
  } finally {
    await source.close();
  }
}

/**
 * Does what was planned. A stop loses nothing: the same call goes on where this one ended, and the model's folder
 * appears whole or not at all.
 *
 * @throws `answer-model/…`, `disk/full`, or the signal's reason
 */
export async function addModel(home: string, plan: AddPlan, options: AddOptions = {}): Promise<void> {
  await mkdir(modelsFolder(home), { recursive: true, mode: 0o700 });
  const release = await acquire(home, plan);
  try {
    await add(home, plan, options);
  } finally {
    await release();
  }
}

/** Two that write the same files would corrupt them. */
async function acquire(home: string, { folder, title }: AddPlan): Promise<() => Promise<void>> {
  try {
    const how = { lockfilePath: `${folder}.lock`, ...LOCK, realpath: false, onCompromised: () => undefined };
    const release = await lock(modelsFolder(home), how);
    return () => release().catch(() => undefined);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ELOCKED')) throw error;
    throw new AppError('answer-model/busy', `Another process is adding ${title} already.`);
  }
}

async function add(home: string, plan: AddPlan, { signal, onProgress }: AddOptions): Promise<void> {
  const { from, folder } = plan;
  const file = from.kind === 'path' ? from.path : `${folder}.gguf`;
  if (from.kind === 'download' && (await stat(file).catch(() => undefined)) === undefined) {
    await requireSpace(modelsFolder(home), plan.spaceBytes - (await bytesOf(`${file}.partial`)));
    await downloadModel(from.model, file, {
      index: from.index,
      signal,
      onProgress: (progress) => onProgress?.({ kind: 'downloading', ...progress }),
    });
  }
  const source = await openSource(file);
  try {
    await importModel(source, folder, {
      signal,
      onProgress: (progress) => onProgress?.({ kind: 'converting', ...progress }),
    });
  } catch (error) {
    // Begun from a file that turned out wrong, it is of no use to anybody.
    if (error instanceof AppError && error.code === 'answer-model/unreadable') {
      await rm(partialOf(folder), { recursive: true, force: true });
    }
    throw error;
  } finally {
    await source.close();
  }
  if (from.kind === 'download') await rm(file, { force: true });
}

async function bytesOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
