import type { FileRecord } from '../memory/records.ts';
import type { Ledger } from '../memory/store/ledger.ts';
import type { IsExempt } from '../workspace/files/secret.ts';
import { skipByName } from '../workspace/files/skip.ts';
import type { SkipReason } from '../workspace/files/skip.ts';
import { readable } from '../workspace/files/text.ts';
import { includes } from '../workspace/walk/rules.ts';
import { excludedPaths, ignoredPaths } from '../workspace/walk/walk.ts';

/** Reasons that no text takes back: they speak of the place, or of what its owner wants. */
const FIRM: ReadonlySet<string> = new Set<SkipReason>([
  'excluded',
  'forgotten',
  'dependency',
  'checkout',
  'symlink',
  'unreadable',
]);

/**
 * What is seen of text that is not saved; undefined where it has to stay out of the memory as the file itself would: a
 * secret, a file that was forgotten or excluded, and in an editor one that no walk has found (ignored ones are never
 * found). An emptied file is seen as empty, a notebook's JSON as the text of its cells, a secret in a source masked.
 *
 * @param known  what the ledger has of the file
 * @param source a commit's files were found in its tree, whether they lie in the folder now or not
 */
export function seenText(
  known: FileRecord | undefined,
  path: string,
  text: string,
  source: 'editor' | 'commit',
  isExempt?: IsExempt,
): string | undefined {
  if (!known && source === 'editor') return undefined;
  if (known?.state.kind === 'skipped' && FIRM.has(known.state.reason)) return undefined;
  // What was read because `include` names it is seen for the same reason.
  const options = { included: known?.state.kind === 'ingested', isExempt };
  const byName = skipByName(path, Buffer.byteLength(text), options);
  if (byName === 'empty') return text;
  if (byName) return undefined;
  const content = readable(path, text, options);
  if (content.kind === 'text') return content.text;
  return content.reason === 'empty' ? '' : undefined;
}

/** What its owner wants read, or left out, beside what ignore files say: patterns in the syntax of gitignore. */
export interface Wanted {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** What a user took out of the index: no commit brings it back. */
const LEFT_OUT: ReadonlySet<string> = new Set<SkipReason>(['forgotten', 'excluded']);

/**
 * Whose text is not to be shown, or encoded, from a commit either: what the ledger says was taken out, and what today's
 * settings and ignore files name. The ledger may be older than these, so that no row of it makes them superfluous.
 *
 * @throws the signal's reason
 */
export async function skippedPaths(
  { root, ledger, wanted }: { readonly root: string; readonly ledger: Ledger; readonly wanted: Wanted },
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const [included, excluded] = [includes(wanted.include), includes(wanted.exclude)];
  const stateOf = statesIn(ledger);
  const isLeftOut = (path: string) => {
    const state = stateOf(path);
    return excluded.matches(path) || (state?.kind === 'skipped' && LEFT_OUT.has(state.reason));
  };
  const skipped = new Set(paths.filter(isLeftOut));
  const others = paths.filter((path) => !skipped.has(path) && !included.matches(path));
  for (const path of await excludedPaths(root, others, signal)) skipped.add(path);
  for (const path of await ignoredPaths(root, others, signal)) skipped.add(path);
  return skipped;
}

/** The state of a file, or else of the nearest folder above it: a folder that is not read has one row for all. */
function statesIn(ledger: Ledger): (path: string) => FileRecord['state'] | undefined {
  const folders = new Map<string, FileRecord['state'] | undefined>([['', undefined]]);
  const stateOf = (path: string): FileRecord['state'] | undefined => {
    const known = ledger.file(path);
    if (known) return known.state;
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (!folders.has(folder)) folders.set(folder, stateOf(folder));
    return folders.get(folder);
  };
  return stateOf;
}
