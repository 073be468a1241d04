import { basename, join } from 'node:path';
import { AppError, isAppError } from '../common/app-error.ts';
import { chosenModel } from './chosen-model.ts';

/** What lies among the models and is none. */
export const KEPT = {
  /** The line of who answers in the terminal. */
  chosen: 'chosen',
  /** There once a terminal has told of larger models. */
  told: 'told-of-larger',
  /** Addresses that a terminal's user agreed to, one a line. */
  allowed: 'allowed-addresses',
} as const;

/** A name that a folder can have on every system, and that no path is. */
const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9_-])?$/;
/** How files beside a model end: what is downloaded, what is not whole yet, and the lock. */
const BESIDE = /\.(?:partial|gguf|part|lock)$/;
const RESERVED: readonly string[] = Object.values(KEPT);

/** Where models lie, with what is kept of the user's choices. */
export function modelsFolder(home: string): string {
  return join(home, 'models');
}

/** Where a model of this name lies, or would. Throws `answer-model/unknown` for what is no name. */
export function modelFolder(home: string, name: string): string {
  if (isModelName(name)) return join(modelsFolder(home), name);
  throw new AppError('answer-model/unknown', `"${name}" is no name of a model.`);
}

/** Whether a folder of this name can be a model's: it hides no other file, and `chosenModel` reads it as one. */
export function isModelName(name: string): boolean {
  return NAME.test(name) && !BESIDE.test(name) && !RESERVED.includes(name) && isChosenByName(name);
}

/** The name that a model gets from its file or folder: `Qwen3-4B-Q4_K_M.gguf` becomes `qwen3-4b-q4_k_m`. */
export function nameFor(path: string): string {
  const own = basename(path)
    .replace(/\.gguf$/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 70)
    .replace(BESIDE, (ending) => `-${ending.slice(1)}`)
    .replace(/\.+$/, '');
  if (own === '') return 'model';
  return isModelName(own) ? own : `model-${own}`;
}

function isChosenByName(name: string): boolean {
  try {
    return chosenModel(name).kind === 'local';
  } catch (error) {
    if (isAppError(error, 'answer-model/choice')) return false;
    throw error;
  }
}
