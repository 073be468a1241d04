import { historyOf, LastChanges } from '../evidence/last-change.ts';
import type { LastChange } from '../evidence/last-change.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';
import type { RankedFile } from '../retrieve/ranked-files.ts';
import type { Row } from './output.ts';

/** Files whose best lines are looked up. */
const FILES = 10;

export interface ChangedLines extends LastChange {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** Who wrote the best lines of each ranked file last; those of which git says nothing are left out. */
export async function lastChanges(
  search: MultiFolderSearch,
  files: readonly RankedFile[],
  signal: AbortSignal | undefined,
): Promise<ChangedLines[]> {
  const asked = new LastChanges();
  const histories = new Map<FolderIndex, string | undefined>();
  const found: ChangedLines[] = [];
  for (const { path, lines } of files.slice(0, FILES)) {
    const [best] = lines;
    const place = search.resolve(path);
    if (best === undefined || place === undefined) continue;
    const { start, end } = best;
    const { index } = place;
    if (!histories.has(index)) histories.set(index, await historyOf(index, signal));
    const history = histories.get(index);
    const change = history && (await asked.of(index, place.path, { start, end }, { history, signal }));
    if (change) found.push({ path, start, end, ...change });
  }
  return found;
}

export function changeRows(changes: readonly ChangedLines[]): Row[] {
  if (changes.length === 0) {
    return ['No last changes: git is not asked here, was too slow, or the lines are not committed.'];
  }
  return [
    [{ style: 'bold', text: 'Last changes' }],
    ...changes.map(({ path, start, end, commit, date, author, subject, isEdited }): Row => {
      const who = `${date} ${author}: ${subject} (${commit.slice(0, 10)}${isEdited ? ', edited since' : ''})`;
      return ['  ', { style: 'green', text: `${path}:${start}-${end}` }, `  ${who}`];
    }),
  ];
}
