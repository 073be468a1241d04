import * as l10n from '@vscode/l10n';
import { AskError } from '../index/ask-error.ts';
import type { AskProblem } from '../index/ask-error.ts';
import { EngineError } from '../engine/engine-error.ts';
import type { EngineProblem } from '../engine/engine-error.ts';
import { ModelFileError } from '../engine/weights/model-files.ts';
import { LedgerError } from '../memory/ledger-error.ts';
import type { LedgerErrorKind } from '../memory/ledger-error.ts';
import { ScopeError } from '../memory/search/scope.ts';
import { GitError } from '../workspace/git/git.ts';
import type { Action } from './protocol.ts';

export interface Failure {
  readonly sentence: string;
  readonly action: Action;
}

/**
 * What a person in the editor is told of an error, and the one thing there that mends it. The error's own message names
 * files and commands of the command line: it belongs into the log.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof AskError) return ofAsking(error.problem);
  if (error instanceof ScopeError && error.idle) {
    const { pattern, near } = error.idle;
    const meant = near.map((name) => `“${name}”`).join(', ');
    const sentence =
      meant === ''
        ? l10n.t('No file matches “{0}”.', pattern)
        : l10n.t('No file matches “{0}”. Similar names: {1}.', pattern, meant);
    return { sentence, action: 'all-files' };
  }
  if (error instanceof ScopeError) {
    const sentence = l10n.t('The “+” and “-” terms cannot be read. Write them like +src -tests.');
    return { sentence, action: 'all-files' };
  }
  if (error instanceof ModelFileError) return ofEngine('model-file');
  if (error instanceof EngineError) return ofEngine(error.problem);
  if (error instanceof LedgerError) return ofLedger(error.kind);
  if (error instanceof GitError) {
    return { sentence: l10n.t('Git could not list the files. The log has what it said.'), action: 'retry' };
  }
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return ofLedger('full');
  return { sentence: l10n.t('Something unexpected happened. The log has the details.'), action: 'open-log' };
}

function ofAsking(problem: AskProblem): Failure {
  switch (problem) {
    case 'no-folder':
      return { sentence: l10n.t('No folder is open, so there is nothing to ask.'), action: 'open-folder' };
    case 'folder-gone':
      return { sentence: l10n.t('The folder is not there any more. Open another one.'), action: 'open-folder' };
    case 'nothing-to-read':
      return {
        sentence: l10n.t('Nothing of this folder is remembered. The memory view says for each file why.'),
        action: 'show-memory',
      };
    case 'engine-failed':
      return ofEngine('internal');
    case 'nothing-chosen':
    case 'unknown-path':
      return { sentence: l10n.t('None of the files that you chose is in the memory.'), action: 'all-files' };
    case 'empty-question':
    case 'bad-questions':
      // The chat sends neither.
      return { sentence: l10n.t('The question is empty. Ask in a sentence what you want to know.'), action: 'none' };
  }
}

function ofEngine(problem: EngineProblem): Failure {
  switch (problem) {
    case 'unsupported':
      return {
        sentence: l10n.t(
          'The model cannot run here: the extension is for another system, or there is none for this one.',
        ),
        action: 'update',
      };
    case 'model-file':
      return {
        sentence: l10n.t('A file of the model is missing or damaged. What is remembered is not lost.'),
        action: 'restore-model',
      };
    case 'load':
      return { sentence: l10n.t('The model could not be loaded. The log says why.'), action: 'open-log' };
    case 'memory':
      return {
        sentence: l10n.t('There is not enough free memory to run the model. Close other programs and try again.'),
        action: 'retry',
      };
    case 'crashed':
      return { sentence: l10n.t('The model stopped in mid-answer and is started again.'), action: 'retry' };
    case 'stuck':
      return { sentence: l10n.t('The model did not answer any more and was stopped.'), action: 'retry' };
    case 'gave-up':
      return { sentence: l10n.t('The model stopped several times in a row. The log says why.'), action: 'open-log' };
    case 'internal':
      return { sentence: l10n.t('The model could not do this. The log says why.'), action: 'open-log' };
  }
}

function ofLedger(kind: LedgerErrorKind): Failure {
  switch (kind) {
    case 'full':
      return {
        sentence: l10n.t('The disk is full. Free some space, then go on; nothing is lost.'),
        action: 'free-space',
      };
    case 'read-only':
      return {
        sentence: l10n.t('The memory cannot be stored: its folder may not be written. Allow that, then try again.'),
        action: 'show-folder',
      };
    case 'unreachable':
      return {
        sentence: l10n.t('The folder of the memory cannot be made or opened. The log says which.'),
        action: 'open-log',
      };
    case 'gone':
      return {
        sentence: l10n.t('The folder of the memory was deleted or replaced. A new memory is begun there.'),
        action: 'retry',
      };
    case 'link':
      return {
        sentence: l10n.t('A link stands where the memory is to be stored. The log says where; delete the link.'),
        action: 'open-log',
      };
    case 'busy':
      return { sentence: l10n.t('Another window has been writing this memory for too long.'), action: 'retry' };
    case 'damaged':
    case 'spoilt':
    case 'missing':
      return {
        sentence: l10n.t('A part of the memory is damaged. Its files are read again; the rest is kept.'),
        action: 'retry',
      };
    case 'newer':
      return { sentence: l10n.t('A later version of Ask Codebase made this memory.'), action: 'update' };
    case 'foreign':
      return {
        sentence: l10n.t('The database of the memory belongs to something else. The log says which.'),
        action: 'open-log',
      };
    case 'failed':
      return {
        sentence: l10n.t('The disk or the database reported an error. The log says which.'),
        action: 'retry',
      };
  }
}
