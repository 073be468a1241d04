import type { IndexedFolder, RecallOptions } from '../retrieve/multi-folder-search.ts';
import { idleSentence, parseScope, selectPaths } from '../memory/search/scope.ts';
import { err } from './output.ts';

/**
 * The files of each member that a scope's text means, by the paths that are shown. A term that no file matches is told
 * on the error stream: most often it is a slip of the pen. Throws `scope/unreadable`.
 */
export function scopeOf(text: string | undefined, members: readonly IndexedFolder[]): RecallOptions['scope'] {
  if (text === undefined) return undefined;
  const shown = members.flatMap(({ index, prefix }) => index.paths().map((path) => prefix + path));
  const { files, idle } = selectPaths(parseScope(text), shown);
  for (const term of idle) err.rows(idleSentence(term));
  return ({ index, prefix }) => new Set(index.paths().filter((path) => files.has(prefix + path)));
}
