import * as l10n from '@vscode/l10n';
import type { Left } from '../memory/store/elsewhere.ts';
import type { Certificate } from '../memory/store/certificate.ts';
import { count } from './locale.ts';

/** Characters of a hash that tell it apart for people. */
const SHOWN = 12;
/** Places that a sentence names. */
const NAMED = 3;

/** While vectors are made: the files can be asked about already. */
export function embeddingSentence(files: number, percent: number): string {
  return l10n.t('{0} files can be asked about. {1}% is embedded.', count(files), count(Math.floor(percent)));
}

/** Once vectors are made. */
export function readySentence(files: number): string {
  if (files === 0) return l10n.t('Every file here is left out of the memory. The memory view says why.');
  return files === 1 ? l10n.t('1 file is remembered.') : l10n.t('{0} files are remembered.', count(files));
}

/** What was forgotten, what proves it, and what is left to do, in the editor's language. */
export function certificateSentence({ paths, rebuilt, kept, elsewhere }: Certificate): string {
  const { cleared, deleted, left } = elsewhere;
  const forgotten =
    paths.length === 1 ? l10n.t('1 file is forgotten.') : l10n.t('{0} files are forgotten.', count(paths.length));
  const proof = l10n.t(
    'Taking that out leaves exactly the index that a rebuild without it gives ({0}), and nothing that it alone used is left in the database.',
    rebuilt.setHash.slice(0, SHOWN),
  );
  const used = [...new Set(kept.map(({ checkout }) => checkout))];
  const same = placesOf(left, ['same', 'alike']);
  const uncleaned = placesOf(left, ['damaged', 'traces', 'unread', 'link']);
  const later = placesOf(left, ['newer', 'busy']);
  return [
    forgotten,
    proof,
    ...(cleared.length > 0
      ? [l10n.t('Other databases that it was taken out of as well: {0}.', count(cleared.length))]
      : []),
    ...(deleted.length > 0
      ? [
          l10n.t(
            'Unpacked snapshots that were deleted because they may have held it: {0}. Delete the snapshots themselves where you keep them.',
            count(deleted.length),
          ),
        ]
      : []),
    ...(used.length > 0 ? [l10n.t('The same content stays where it is still used: {0}.', list(used))] : []),
    ...(same.length > 0
      ? [
          l10n.t(
            'The same or nearly the same text is still remembered as {0}. Forget it there too if you want.',
            list(same),
          ),
        ]
      : []),
    ...(uncleaned.length > 0
      ? [l10n.t('Files that may still hold it: {0}. Delete what you do not need.', list(uncleaned))]
      : []),
    ...(later.length > 0
      ? [
          l10n.t(
            'Databases of a later version or of another window were not searched: {0}. Forget once more later.',
            list(later),
          ),
        ]
      : []),
    l10n.t('Not searched: conversations of other workspaces, exported snapshots, git itself, logs and backups.'),
  ].join(' ');
}

function placesOf(left: readonly Left[], why: readonly Left['why'][]): string[] {
  const meant = left.filter((one) => why.includes(one.why));
  return meant.map((one) => ('path' in one ? `${one.path} (${one.checkout})` : one.place));
}

function list(places: readonly string[]): string {
  const shown = places.slice(0, NAMED).join(', ');
  return places.length > NAMED ? l10n.t('{0} and {1} more', shown, count(places.length - NAMED)) : shown;
}
