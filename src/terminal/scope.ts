import type { IndexedFolder, RecallOptions } from '../retrieve/multi-folder-search.ts';
import { idleSentence, parseScope, selectPaths } from '../memory/search/scope.ts';
import { err } from './output.ts';

/**
 * The files of each member that a scope's text means, by the paths that are shown. A term that no file matches is told
 * on the error stream: most often it is a slip of the pen. Throws `scope/unreadable`.
 */
export function scopeOf(text: string | undefined, members: readonly IndexedFolder[]): RecallOptions['scope'] {
  const { scope, idle } = scopeSoFar(text, members);
  for (const term of idle) err.rows(idleSentence(term));
  return scope;
}

/**
 * The same while files are still read: a term without a file may find one yet. Throws `scope/unreadable`.
 */
export function scopeSoFar(text: string | undefined, members: readonly IndexedFolder[]) {
  if (text === undefined) return { scope: undefined, idle: [] };
  const shown = members.flatMap(({ index, prefix }) => index.paths().map((path) => prefix + path));
  const { files, idle } = selectPaths(parseScope(text), shown);
  const scope = ({ index, prefix }: IndexedFolder) => new Set(index.paths().filter((path) => files.has(prefix + path)));
  return { scope, idle };
}
