import type { Elsewhere, Left } from './elsewhere.ts';
import type { Certificate } from './forget.ts';

/** Places of one kind that a message names; the certificate itself has all of them. */
const NAMED = 5;

/** What no search of this program reaches, and what is said of it every time. */
const NOT_SEARCHED =
  'Not searched: conversations that the editor keeps, snapshots that were exported, git itself, logs, backups and swap.';

/** What was done and what was checked, in English, and what is left to do with the place for each. */
export function certificateSentence(
  facts: Pick<Certificate, 'paths' | 'segments' | 'records' | 'former' | 'kept' | 'rebuilt'>,
  { databases, files, cleared, deleted, left }: Elsewhere,
): string {
  const { paths, segments, records, former, kept, rebuilt } = facts;
  const sentences = [
    `${count(paths.length, 'file')} with ${count(segments, 'segment')} forgotten: taking them out leaves exactly the ` +
      `index that a rebuild without them gives (${rebuilt.setHash.slice(0, 12)}), and nothing of ` +
      `${count(records, 'record')} is left in the database.`,
  ];
  if (former > 0) {
    sentences.push(`${count(former, 'record')} of them no file used: former versions, former names, other branches.`);
  }
  if (databases + files > 0) {
    sentences.push(`${count(databases, 'other database')} and ${count(files, 'file')} beside it were searched.`);
  }
  if (cleared.length > 0)
    sentences.push(`The files were also taken out of ${list(cleared.map(({ place }) => place))}.`);
  if (deleted.length > 0) {
    sentences.push(
      `Unpacked copies of ${count(deleted.length, 'snapshot')} that may have held them were deleted; ` +
        'delete the snapshots themselves where you keep them.',
    );
  }
  if (kept.length > 0) {
    const places = [...new Set(kept.map(({ checkout, path }) => `${path} in ${checkout}`))];
    sentences.push(`The same content stays where it is still used: ${list(places)}. Forget it there too if you want.`);
  }
  return [...sentences, ...leftSentences(left), NOT_SEARCHED].join(' ');
}

function leftSentences(left: readonly Left[]): string[] {
  const told = (why: Left['why'], message: (places: readonly string[]) => string): string[] => {
    const places = left.filter((one) => one.why === why).map(shown);
    return places.length === 0 ? [] : [message(places)];
  };
  return [
    ...told('same', (places) => `The same content is remembered as ${list(places)}. Forget it there too if you want.`),
    ...told('alike', (places) => `Nearly the same words stand in ${list(places)}. Forget them there too if you want.`),
    ...told(
      'damaged',
      (places) =>
        `${count(places.length, 'damaged database')} set aside earlier may still hold it; delete what you do not need: ` +
        `${list(places)}.`,
    ),
    ...told('traces', (places) => `Bytes of it are still in ${list(places)}. Delete what you do not need.`),
    ...told('newer', (places) => `A later version of this program made ${list(places)}. Update and forget once more.`),
    ...told('link', (places) => `Links were not followed: ${list(places)}. Delete those that you did not make.`),
    ...told('busy', (places) => `Another window holds ${list(places)}. Close it and forget once more.`),
    ...told('unread', (places) => `Could not be searched: ${list(places)}. Delete what you do not need.`),
  ];
}

function shown(one: Left): string {
  if (!('path' in one)) return one.place;
  const where = one.folder === 'there' ? one.checkout : `${one.checkout}, a folder that is gone (${one.place})`;
  return `${one.path} in ${where}`;
}

function list(places: readonly string[]): string {
  const more = places.length > NAMED ? ` and ${places.length - NAMED} more` : '';
  return `${places.slice(0, NAMED).join(', ')}${more}`;
}

function count(n: number, one: string): string {
  return `${n} ${one}${n === 1 ? '' : 's'}`;
}
