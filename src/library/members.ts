import { basename } from 'node:path';
import type { FolderIndex } from '../index/folder-index.ts';
import type { IndexedFolder } from '../retrieve/multi-folder-search.ts';

/**
 * Folder indexes as one question sees them. One needs no name; of several, equal names are told apart by a number. The
 * same folder twice is asked once.
 *
 * @param opened each with the name that its paths begin with
 */
export function named(opened: readonly { readonly index: FolderIndex; readonly name: string }[]): IndexedFolder[] {
  const once = [...new Map(opened.map((each) => [each.index.root, each])).values()];
  const [only] = once;
  if (once.length === 1 && only) return [{ index: only.index, prefix: '' }];
  const taken = new Set<string>();
  return once.map(({ index, name }) => {
    let free = name;
    for (let n = 2; taken.has(free); n++) free = `${name}-${n}`;
    taken.add(free);
    return { index, prefix: `${free}/` };
  });
}

export const nameOf = (root: string): string => basename(root) || 'root';
