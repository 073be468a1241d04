import { printable } from '../../common/printable.ts';

/**
 * Why a snapshot cannot be used.
 * - `unreadable`  there is no such file, or it may not be read
 * - `unwritable`  it cannot be written there
 * - `no-snapshot` a file of another kind
 * - `newer`       a later version of the program made it
 * - `damaged`     bytes are missing or changed
 * - `unsafe`      it holds what no export writes: paths that lead elsewhere, tables of its own, sizes beyond every
 *   limit
 * - `foreign`     made with another model or adapter, or of another repository
 */
export type SnapshotErrorKind =
  'unreadable' | 'unwritable' | 'no-snapshot' | 'newer' | 'damaged' | 'unsafe' | 'foreign';

const REMEDIES: Record<SnapshotErrorKind, string> = {
  unreadable: 'Give the path of a snapshot, which ends in .imem.',
  unwritable: 'Give another path for the snapshot.',
  'no-snapshot': 'Give a file that `export` wrote.',
  newer: 'Update this program.',
  damaged: 'Copy it again, or ask for a new export; nothing of it was used.',
  unsafe: 'Do not use this file, and ask where it comes from; nothing of it was used.',
  foreign: 'Nothing of it was used.',
};

/** The beginning of a text from a file of somebody else, in quotes, such that it moves no cursor and hides nothing. */
export function quoted(text: string): string {
  const beginning = Array.from(text).slice(0, 80).join('');
  const shown = printable(JSON.stringify(beginning));
  return beginning === text ? shown : `${shown}…`;
}

/** One plain sentence and what to do. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
  readonly kind: SnapshotErrorKind;
  readonly sentence: string;

  constructor(kind: SnapshotErrorKind, sentence: string, cause?: unknown) {
    super(`${sentence} ${REMEDIES[kind]}`, { cause });
    this.kind = kind;
    this.sentence = sentence;
  }
}
