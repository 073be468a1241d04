import type { FileRecord } from '../memory/records.ts';
import { skipByContent, skipByName } from '../workspace/skip.ts';
import type { SkipReason } from '../workspace/skip.ts';

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
 * Whether text that is not saved has to stay out of the memory as the file itself would: a secret, a file that was forgotten
 * or excluded, and in an editor one that no walk has found (ignored ones are never found). An emptied file is seen as empty.
 *
 * @param known  what the ledger has of the file
 * @param source a commit's files were found in its tree, whether they lie in the folder now or not
 */
export async function isLeftOut(
  known: FileRecord | undefined,
  path: string,
  text: string,
  source: 'editor' | 'commit',
): Promise<boolean> {
  if (!known && source === 'editor') return true;
  if (known?.state.kind === 'skipped' && FIRM.has(known.state.reason)) return true;
  const bytes = Buffer.from(text);
  const reason = skipByName(path, bytes.length) ?? (await skipByContent(path, bytes));
  return reason !== undefined && reason !== 'empty';
}
