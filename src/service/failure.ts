import { AskError } from '../ask/ask-error.ts';
import { EngineError } from '../engine/engine-error.ts';
import { ModelFileError } from '../engine/model-files.ts';
import { LedgerError } from '../memory/ledger-error.ts';
import { ScopeError } from '../memory/scope.ts';
import { GitError } from '../workspace/git.ts';
import type { Action } from './protocol.ts';

export interface Failure {
  readonly sentence: string;
  readonly action: Action;
}

/** What a person is told of an error, and the one thing that mends it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof AskError || error instanceof ScopeError) return { sentence: error.message, action: 'none' };
  if (error instanceof ModelFileError) return { sentence: error.message, action: 'restore-model' };
  if (error instanceof EngineError) {
    return { sentence: error.message, action: error.problem === 'model-file' ? 'restore-model' : 'retry' };
  }
  if (error instanceof LedgerError) {
    return { sentence: error.message, action: error.kind === 'full' ? 'free-space' : 'retry' };
  }
  if (error instanceof GitError) return { sentence: `git could not list the files: ${error.message}`, action: 'retry' };
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
    return { sentence: 'The disk is full. Free some space, then go on; nothing is lost.', action: 'free-space' };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { sentence: `Something unexpected happened: ${message}`, action: 'open-log' };
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
