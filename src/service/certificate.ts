import * as l10n from '@vscode/l10n';
import type { Certificate } from '../memory/forget.ts';
import { count } from './words.ts';

/** Characters of a hash that tell it apart for people. */
const SHOWN = 12;

/** What was forgotten and what proves it, in the editor's language. */
export function certificateSentence({ paths, rebuilt, kept, setAside }: Certificate): string {
  const forgotten =
    paths.length === 1 ? l10n.t('1 file is forgotten.') : l10n.t('{0} files are forgotten.', count(paths.length));
  const proof = l10n.t(
    'Taking that out leaves exactly the memory that a rebuild without it gives ({0}), and nothing that it alone used is left in the database.',
    rebuilt.memory.slice(0, SHOWN),
  );
  const elsewhere = [...new Set(kept.map(({ checkout }) => checkout))].join(', ');
  return [
    forgotten,
    proof,
    ...(elsewhere === '' ? [] : [l10n.t('The same content stays where it is still used: {0}.', elsewhere)]),
    ...(setAside.length === 0
      ? []
      : [l10n.t('Damaged databases that were set aside earlier may still hold it: {0}.', count(setAside.length))]),
  ].join(' ');
}
