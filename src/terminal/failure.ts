import { AskError } from '../index/ask-error.ts';
import { EnvironmentError } from '../common/environment.ts';
import { GlobError } from '../common/glob.ts';
import { EngineError } from '../engine/engine-error.ts';
import { ModelFileError } from '../engine/weights/model-files.ts';
import { LedgerError } from '../memory/ledger-error.ts';
import { ScopeError } from '../memory/search/scope.ts';
import { SnapshotError } from '../memory/snapshot/snapshot-error.ts';
import { GitError } from '../workspace/git/git.ts';
import { EXIT, STOPPED } from './exit.ts';
import { UsageError } from './usage-error.ts';

export interface Failure {
  readonly sentence: string;
  readonly exitCode: number;
}

const told = [AskError, EngineError, ModelFileError, LedgerError, SnapshotError];
const misused = [UsageError, ScopeError, EnvironmentError, GlobError];

/** What a person is told of an error, and the exit code. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Error && error.name === 'AbortError') {
    return { sentence: STOPPED, exitCode: EXIT.stopped };
  }
  if (misused.some((kind) => error instanceof kind) && error instanceof Error) {
    return { sentence: error.message, exitCode: EXIT.usage };
  }
  // git tells in several lines, and only the first says what is wrong.
  if (error instanceof GitError) {
    return { sentence: error.message.split('\n', 1).join(''), exitCode: EXIT.failed };
  }
  if (told.some((kind) => error instanceof kind) && error instanceof Error) {
    return { sentence: error.message, exitCode: EXIT.failed };
  }
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
    return { sentence: 'The disk is full. Free some space and run the command again.', exitCode: EXIT.failed };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { sentence: `Something unexpected happened: ${message}`, exitCode: EXIT.failed };
}
