import { AppError } from '../common/app-error.ts';
import { idleSentence, namedPaths, parseScope, selectPaths } from '../memory/search/scope.ts';
import type { IdleTerm } from '../memory/search/scope.ts';
import { leastComplete } from './coverage.ts';
import type { IndexingState } from './coverage.ts';
import type { IndexedFolder, RecallOptions } from '../retrieve/multi-folder-search.ts';
import { roleOf } from '../workspace/files/role.ts';
import type { Role } from '../workspace/files/role.ts';

/** Which files a call is about; all that is left out chooses every file. */
export interface Choice {
  /** Plus and minus terms, such as `+src -tests`. */
  readonly scope?: string | undefined;
  /** Files, folders or globs: a file is meant where one of them names it. */
  readonly paths?: readonly string[] | undefined;
  /** What the files are for. */
  readonly kind?: Role | undefined;
}

/**
 * The chosen files of each folder, by the paths that are shown; undefined where all are meant.
 *
 * @throws `scope/unreadable`; `scope/no-match` where no indexed file is left, with the nearest names or with the reason
 *   why a named file is not indexed
 */
export function chosenFiles(
  members: readonly IndexedFolder[],
  states: readonly IndexingState[],
  choice: Choice,
): RecallOptions['scope'] {
  const { scope = '', paths = [], kind } = choice;
  if (scope.trim() === '' && paths.length === 0 && kind === undefined) return undefined;
  const shown = members.flatMap(({ index, prefix }) => index.paths().map((path) => prefix + path));
  const inScope = selectPaths(parseScope(scope), shown);
  const named = selectPaths(namedPaths(paths), shown);
  const chosen = new Set(
    shown.filter(
      (path) => inScope.files.has(path) && named.files.has(path) && (kind === undefined || roleOf(path) === kind),
    ),
  );
  if (chosen.size === 0) throw noMatch(members, states, [...inScope.idle, ...named.idle], kind);
  return ({ index, prefix }) => new Set(index.paths().filter((path) => chosen.has(prefix + path)));
}

function noMatch(
  members: readonly IndexedFolder[],
  states: readonly IndexingState[],
  idle: readonly IdleTerm[],
  kind: Role | undefined,
): AppError {
  const reasons = idle.map((term) => {
    const reason = reasonOf(members, term.pattern);
    return reason === undefined ? idleSentence(term) : `"${term.pattern}" is not indexed: ${reason}`;
  });
  const nothing = kind === undefined ? 'No indexed file is left.' : `No indexed file of the kind "${kind}" is left.`;
  const open = leastComplete(states);
  const sentences = [
    ...(reasons.length > 0 ? reasons : [nothing]),
    ...(open.kind === 'complete' ? [] : [open.message]),
  ];
  return new AppError('scope/no-match', sentences.join(' '));
}

/** Why the file of this path is not indexed, as its owner is told; undefined where it is, or where nobody knows it. */
export function reasonOf(members: readonly IndexedFolder[], path: string): string | undefined {
  for (const { index, prefix } of members) {
    if (!path.startsWith(prefix)) continue;
    const state = index.ledger.file(path.slice(prefix.length))?.state;
    if (state !== undefined && state.kind !== 'ingested') return state.message;
  }
  return undefined;
}
