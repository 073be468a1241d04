import * as l10n from '@vscode/l10n';
import { AppError } from '../common/app-error.ts';
import type { IndexedFolder, RecallOptions } from '../retrieve/multi-folder-search.ts';
import { parseScope, selectPaths } from '../memory/search/scope.ts';
import type { IdleTerm } from '../memory/search/scope.ts';
import { isAtOrBelow } from '../workspace/walk/below.ts';
import { changedFiles } from '../workspace/git/revision.ts';
import type { QuestionScope, ScopeBase } from './protocol.ts';

type Test = (path: string) => boolean;

/**
 * The files that a question is put to, for each folder of the workspace; undefined where it is all of them, so that the
 * common case costs nothing. Paths are those that the user sees: with the folder's name where there are several.
 */
export async function filesInScope(
  scope: QuestionScope,
  members: readonly IndexedFolder[],
  signal?: AbortSignal,
): Promise<RecallOptions['scope']> {
  if (scope.base.kind === 'workspace' && scope.terms.trim() === '') return undefined;
  const expression = parseScope(scope.terms);
  const isInBase = await baseTest(scope.base, members, signal);
  const shown = members.flatMap(({ index, prefix }) => index.paths().map((path) => prefix + path));
  const { files, idle } = selectPaths(expression, shown);
  const [slip] = idle;
  if (files.size === 0 && slip && shown.length > 0) throw noMatch(slip);
  return ({ index, prefix }) => {
    const paths = index.paths().filter((path) => isInBase(prefix + path) && files.has(prefix + path));
    return new Set(paths);
  };
}

async function baseTest(base: ScopeBase, members: readonly IndexedFolder[], signal?: AbortSignal): Promise<Test> {
  switch (base.kind) {
    case 'workspace':
      return () => true;
    case 'folder':
      return isAtOrBelow([base.path.replace(/\/$/, '')]);
    case 'files':
      return isAtOrBelow(base.paths);
    case 'changed': {
      const found = await Promise.all(
        members.map(async ({ index, prefix }) => (await changedFiles(index.root, signal)).map((path) => prefix + path)),
      );
      const wanted = new Set(found.flat());
      if (wanted.size === 0) {
        const message = l10n.t('No file differs from the last commit, or git knows none of these folders.');
        throw new AppError('scope/no-match', message);
      }
      return (path) => wanted.has(path);
    }
  }
}

function noMatch({ pattern, near }: IdleTerm): AppError {
  const meant = near.map((name) => `“${name}”`).join(', ');
  const message =
    meant === ''
      ? l10n.t('No file matches “{0}”.', pattern)
      : l10n.t('No file matches “{0}”. Similar names: {1}.', pattern, meant);
  return new AppError('scope/no-match', message);
}
