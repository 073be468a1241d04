import type { FileRecord } from '../memory/records.ts';
import type { IsExempt } from '../workspace/files/secret.ts';
import { skipByName } from '../workspace/files/skip.ts';
import type { SkipReason } from '../workspace/files/skip.ts';
import { readable } from '../workspace/files/text.ts';

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
