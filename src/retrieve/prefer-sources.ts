import { roleOf } from '../workspace/files/role.ts';

/** Those that lie in sources; where none does, all: what a test repeats does not count beside where it comes from. */
export function preferSources<T>(found: readonly T[], pathOf: (one: T) => string): readonly T[] {
  const sources = found.filter((one) => roleOf(pathOf(one)) === 'source');
  return sources.length > 0 ? sources : found;
}
