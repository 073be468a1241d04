import { historyOf, LastChanges } from '../evidence/last-change.ts';
import type { LastChange } from '../evidence/last-change.ts';
import type { FolderIndex } from '../index/folder-index.ts';
import type { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';
import type { RankedFile } from '../retrieve/ranked-files.ts';
import type { Row } from './output.ts';

/** Files whose best lines are looked up. */
const FILES = 10;

interface ChangedLines extends LastChange {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

export interface FoundChanges {
  /** Files of which git says nothing are left out. */
  readonly changes: readonly ChangedLines[];
  /** Files that git was asked about and did not answer in time. */
  readonly tooSlow: readonly string[];
}

/** Who wrote the best lines of each ranked file last. */
export async function lastChanges(
  search: MultiFolderSearch,
  files: readonly RankedFile[],
  signal: AbortSignal | undefined,
): Promise<FoundChanges> {
  const asked = new LastChanges();
  const histories = new Map<FolderIndex, string | undefined>();
  const changes: ChangedLines[] = [];
  const tooSlow: string[] = [];
  for (const { path, lines } of files.slice(0, FILES)) {
    const [best] = lines;
    const place = search.resolve(path);
    if (best === undefined || place === undefined) continue;
    const { start, end } = best;
    const { index } = place;
    if (!histories.has(index)) histories.set(index, await historyOf(index, signal));
    const history = histories.get(index);
    const onTooSlow = () => {
      tooSlow.push(path);
    };
    const change = history && (await asked.of(index, place.path, { start, end }, { history, signal, onTooSlow }));
    if (change) changes.push({ path, start, end, ...change });
  }
  return { changes, tooSlow };
}

export function changeRows({ changes, tooSlow }: FoundChanges): Row[] {
  const slow = tooSlow.length === 0 ? [] : [`git was too slow to say who wrote these last: ${tooSlow.join(', ')}.`];
  if (changes.length === 0 && slow.length > 0) return slow;
  if (changes.length === 0) {
    return ['No last changes: git is not asked here, was too slow, or the lines are not committed.'];
  }
  return [
    [{ style: 'bold', text: 'Last changes' }],
    ...changes.map(({ path, start, end, commit, date, author, subject, isEdited }): Row => {
      const who = `${date} ${author}: ${subject} (${commit.slice(0, 10)}${isEdited ? ', edited since' : ''})`;
      return ['  ', { style: 'green', text: `${path}:${start}-${end}` }, `  ${who}`];
    }),
    ...slow,
  ];
}

/** The fields of `--json`. */
export function blamedFields(found: FoundChanges | undefined) {
  return { lastChanges: found?.changes, lastChangesTooSlow: found?.tooSlow };
}
