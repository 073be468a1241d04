import { counted } from '../../common/number-format.ts';
import type { Elsewhere, Left } from './elsewhere.ts';

interface Hashes {
  /** SetHash.hex() of the embedded segments */
  readonly setHash: string;
  /** treeHashOf() the files */
  readonly treeHash: string;
}

interface Scan {
  /** Names of the database's own files that were read, without their folder. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** How many pieces of records and of content hashes were searched for, all there are, and how many were found. */
  readonly traces: number;
  readonly found: number;
}

/** What was forgotten and how that is known. Plain JSON; README.md says what it proves and what not. */
export interface Certificate {
  readonly kind: 'forgotten';
  readonly version: 3;
  /** ISO 8601 */
  readonly at: string;
  readonly checkout: string;
  readonly adapter: string;
  readonly paths: readonly string[];
  readonly segments: number;
  /**
   * Records that were taken out of the database. `former` of them no file used: those of earlier versions, under
   * whatever name, are among them, and those of other branches too, because nobody can tell them apart.
   */
  readonly records: number;
  readonly former: number;
  /** Who still uses records of these files: other checkouts with the same content, files made of the same records. */
  readonly kept: readonly { readonly checkout: string; readonly path: string; readonly records: number }[];
  readonly before: Hashes;
  /** By subtraction: the set hash that is stored once the files' elements went, the tree less their leaves. */
  readonly subtracted: Hashes;
  /** Made anew from what the ledger holds now. Equal to `subtracted`, or there is no certificate. */
  readonly rebuilt: Hashes;
  /** The database's files as they lie on disk, searched for bytes of the records: none was found. */
  readonly scan: Scan;
  /** Damaged databases that were set aside earlier: they may hold the files. */
  readonly setAside: readonly string[];
  /** All other files of the folder in which memories are kept: what was done, and what is left to do. */
  readonly elsewhere: Elsewhere;
  readonly message: string;
}

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
    `${counted(paths.length, 'file')} with ${counted(segments, 'segment')} forgotten: taking them out leaves exactly the ` +
      `index that a rebuild without them gives (${rebuilt.setHash.slice(0, 12)}), and nothing of ` +
      `${counted(records, 'record')} is left in the database.`,
  ];
  if (former > 0) {
    sentences.push(`${counted(former, 'record')} of them no file used: former versions, former names, other branches.`);
  }
  if (databases + files > 0) {
    sentences.push(`${counted(databases, 'other database')} and ${counted(files, 'file')} beside it were searched.`);
  }
  if (cleared.length > 0)
    sentences.push(`The files were also taken out of ${list(cleared.map(({ place }) => place))}.`);
  if (deleted.length > 0) {
    sentences.push(
      `Unpacked copies of ${counted(deleted.length, 'snapshot')} that may have held them were deleted; ` +
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
        `${counted(places.length, 'damaged database')} set aside earlier may still hold it; delete what you do not need: ` +
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
