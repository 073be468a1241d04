import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { AppError, isAppError } from '../common/app-error.ts';
import { amounts } from '../common/number-format.ts';
import { Engine } from '../engine/client/engine.ts';
import type { EngineOptions, GenerateOptions } from '../engine/client/engine.ts';
import type { Message } from '../engine/generate/tokenizer.ts';
import type { Generated } from '../engine/protocol.ts';
import type { EngineSettings } from '../engine/settings.ts';
import { readManifest } from '../engine/weights/model-files.ts';
import type { AnswerModel } from './answer-model.ts';
import { choiceText } from './chosen-model.ts';
import type { ChosenModel } from './chosen-model.ts';
import { EngineModel } from './engine-model.ts';
import { isModelName, KEPT, modelFolder, modelsFolder } from './model-folder.ts';
import { profileFor } from './profile.ts';

/** A model in this project's own format, which was added on this machine. */
export interface LocalModel {
  /** What it is called here: the folder's name. */
  readonly name: string;
  /** What it calls itself. */
  readonly title: string;
  readonly folder: string;
  /** On disk. */
  readonly bytes: number;
}

/** Bytes of the machine's memory. */
interface Memory {
  readonly free: number;
  readonly total: number;
}

/** What a model needs of memory beside what there is. */
export interface MemoryNeed {
  readonly kind: 'fits' | 'tight' | 'too-large';
  readonly needed: number;
  readonly free: number;
  readonly message: string;
}

/**
 * What the engine holds of a model, by its bytes on disk: the runtime lays the weights out anew, and a prompt's keys
 * and values and the runtime itself come on top (docs/benchmarks.md).
 */
const MEMORY = { factor: 1.5, rest: 500e6 } as const;
/** The part of the machine's memory beyond which nothing else would run. */
const MOST_OF_MEMORY = 0.9;

const english = amounts('en');

/** The models that were added, by name. A folder that cannot be read as one is left out. */
export async function listLocalModels(home: string): Promise<readonly LocalModel[]> {
  const entries = await readdir(modelsFolder(home), { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && isModelName(entry.name)).map(({ name }) => name);
  const found = await Promise.all(names.sort().map((name) => localModel(home, name).catch(() => undefined)));
  return found.filter((model) => model !== undefined);
}

/** One of them. Throws `answer-model/unknown`, or `answer-model/damaged` where its manifest is not one. */
async function localModel(home: string, name: string): Promise<LocalModel> {
  const folder = modelFolder(home, name);
  if ((await stat(folder).catch(() => undefined)) === undefined) {
    throw new AppError('answer-model/unknown', `There is no model "${name}" on this machine.`);
  }
  const manifest = await readManifest(folder).catch((error: unknown) => {
    throw isAppError(error, 'engine/model-file') ? damaged(name, error) : error;
  });
  const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
  return { name, title: manifest.name, folder, bytes };
}

/** Asked before a model is loaded or downloaded. */
export function memoryNeed(
  bytes: number,
  { free, total }: Memory = { free: freemem(), total: totalmem() },
): MemoryNeed {
  const needed = Math.round(bytes * MEMORY.factor + MEMORY.rest);
  const kind = needed > total * MOST_OF_MEMORY ? 'too-large' : needed > free ? 'tight' : 'fits';
  const message =
    `It needs about ${english.bytes(needed)} of memory; this machine has ${english.bytes(total)}, ` +
    `of which ${english.bytes(free)} are free.`;
  return { kind, needed, free, message };
}

export interface OpenOptions {
  /** dist/engine.js */
  readonly script: string;
  readonly settings?: Partial<Pick<EngineSettings, 'device' | 'threads'>>;
  readonly onLog?: EngineOptions['onLog'];
  /** Asked where other programs hold the memory that it needs; where it is left out, it is not loaded then. */
  readonly isAllowedTight?: (sentence: string) => Promise<boolean>;
}

/** An answer model with a process of its own. */
export interface OpenedModel {
  readonly model: AnswerModel;
  /** Overwrites what is kept of the last prompt. */
  forgetPrompt(): Promise<void>;
  /** Ends the process. */
  close(): void;
}

/**
 * Opens a model that was added; its process begins with the first question.
 *
 * @param memory for tests; the machine's otherwise
 * @throws `answer-model/unknown`, `answer-model/damaged`, `answer-model/too-large`
 */
export async function openLocalModel(
  home: string,
  name: string,
  options: OpenOptions,
  memory?: Memory,
): Promise<OpenedModel> {
  const { title, folder, bytes } = await localModel(home, name);
  const need = memoryNeed(bytes, memory);
  const isAllowed = need.kind === 'tight' && (await options.isAllowedTight?.(`${title}: ${need.message}`)) === true;
  if (need.kind !== 'fits' && !isAllowed) {
    throw new AppError('answer-model/too-large', `${title} is not loaded. ${need.message}`);
  }
  const { script, settings, onLog } = options;
  const engine = new Engine({
    script,
    settings: { ...settings, baseFolder: folder, isAnswerOnly: true },
    ...(onLog && { onLog }),
  });
  return {
    model: new LocalEngineModel(engine, title, profileFor(bytes)),
    forgetPrompt: () => engine.forgetPrompt(),
    close: () => {
      engine.close();
    },
  };
}

/** What repairs the built-in model does not repair one that was added. */
class LocalEngineModel extends EngineModel {
  override async excerptTokens(signal: AbortSignal | undefined): Promise<number> {
    return super.excerptTokens(signal).catch((error: unknown) => this.#fail(error));
  }

  override async generate(messages: readonly Message[], options: GenerateOptions): Promise<Generated> {
    return super.generate(messages, options).catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): never {
    throw isAppError(error, 'engine/model-file') ? damaged(this.name, error) : error;
  }
}

function damaged(name: string, cause: unknown): AppError {
  return new AppError('answer-model/damaged', `A file of ${name} is missing or is not what it was.`, cause);
}

/** Who answers in the terminal where nobody is named, as `chosenModel` reads it; undefined for the built-in model. */
export async function usedModel(home: string): Promise<string | undefined> {
  const text = await readFile(join(modelsFolder(home), KEPT.chosen), 'utf8').catch(() => '');
  return text.trim() === '' ? undefined : text.trim();
}

/**
 * Lets a model answer in the terminal from now on.
 *
 * @throws `answer-model/unknown`, or `answer-model/choice` for a model of the editor
 */
export async function useModel(home: string, choice: ChosenModel): Promise<void> {
  if (choice.kind === 'editor') throw editorAlone();
  const place = join(modelsFolder(home), KEPT.chosen);
  if (choice.kind === 'built-in') {
    await rm(place, { force: true });
    return;
  }
  if (choice.kind === 'local') await localModel(home, choice.name);
  await mkdir(modelsFolder(home), { recursive: true, mode: 0o700 });
  // Another process may read it meanwhile.
  await writeFile(`${place}.partial`, `${choiceText(choice)}\n`, { mode: 0o600 });
  await rename(`${place}.partial`, place);
}

/** Another extension offers the model, and is asked through the editor. */
export function editorAlone(): AppError {
  return new AppError('answer-model/choice', 'A model of the editor answers in the editor alone.');
}

/** Whether this home's owner has not been told of larger models. Where nothing can be written, nothing is told. */
export async function isFirstTold(home: string): Promise<boolean> {
  try {
    await mkdir(modelsFolder(home), { recursive: true, mode: 0o700 });
    await writeFile(join(modelsFolder(home), KEPT.told), '', { flag: 'wx', mode: 0o600 });
    return true;
  } catch {
    return false;
  }
}

/** Takes a model, or what was begun of it, off the disk. Throws `answer-model/unknown` where there is neither. */
export async function removeLocalModel(home: string, name: string): Promise<void> {
  const folder = modelFolder(home, name);
  const places = [folder, `${folder}.partial`, `${folder}.gguf`, `${folder}.gguf.partial`, `${folder}.gguf.part`];
  const found = await Promise.all(places.map((place) => stat(place).catch(() => undefined)));
  if (found.every((info) => info === undefined)) {
    throw new AppError('answer-model/unknown', `There is no model "${name}" on this machine.`);
  }
  if ((await usedModel(home)) === name) await useModel(home, { kind: 'built-in' });
  for (const place of places) await rm(place, { recursive: true, force: true });
}
