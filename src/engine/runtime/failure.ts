import { AppError, isErrorOf } from '../../common/app-error.ts';
import { isOutOfMemory } from '../weights/model-files.ts';

/** What a process or a thread of the engine tells whoever asked: an error of the engine, whatever was thrown. */
export function failureOf(error: unknown): AppError {
  if (isErrorOf(error, 'engine')) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (isOutOfMemory(message)) return new AppError('engine/memory');
  return new AppError('engine/internal', `The engine could not do this: ${message.replace(/\s+/g, ' ').trim()}`);
}
