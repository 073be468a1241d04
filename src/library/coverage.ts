import { AppError } from '../common/app-error.ts';
import { counted } from '../common/number-format.ts';
import type { IndexedFolder, RecallOptions } from '../retrieve/multi-folder-search.ts';

/** How far the words of a folder's files are indexed. */
export type IndexingState =
  | { readonly kind: 'complete'; readonly message: string }
  /** Files are listed or read: what is not read yet cannot be found. */
  | { readonly kind: 'indexing'; readonly percent: number; readonly message: string }
  | { readonly kind: 'paused'; readonly percent: number; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

/** How far each folder is read at the moment: a search of some seconds ends with other states than it began with. */
export type IndexingStates = () => readonly IndexingState[];

/** What of the folders can be found now, so that "not found" is never taken for "not there". */
export interface Coverage {
  /** Files that are asked about. */
  readonly files: number;
  /** Files that are not, by the reason why. */
  readonly skipped: readonly { readonly reason: string; readonly files: number }[];
  readonly segments: number;
  /** Segments that have vectors; the others are found by their words alone. */
  readonly embedded: number;
  /** The least complete of the folders. */
  readonly indexing: IndexingState;
  /** All of it in a few sentences, for a person or a model. */
  readonly message: string;
}

const ORDER: readonly IndexingState['kind'][] = ['failed', 'paused', 'indexing', 'complete'];
/** Reasons that are named; the others are rare. */
const NAMED = 4;

export const complete: IndexingState = { kind: 'complete', message: 'Every file of the folder was looked at.' };

export const failedIndexing = (message: string): IndexingState => ({ kind: 'failed', message });

export const indexingState = (percent: number, isPaused = false): IndexingState => {
  const part = `${Math.floor(percent)} %`;
  return isPaused
    ? { kind: 'paused', percent, message: `Indexing is paused at ${part}: the other files cannot be found.` }
    : { kind: 'indexing', percent, message: `Indexing is under way (${part}): the other files cannot be found yet.` };
};

/** The least complete of them. */
export function leastComplete(states: readonly IndexingState[]): IndexingState {
  return states.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))[0] ?? complete;
}

/**
 * Nothing is indexed because indexing has only begun, or failed: that must not look like an empty folder.
 *
 * @throws `service/paused`, `service/not-read-yet`
 */
export function refuseUnread(members: readonly IndexedFolder[], states: readonly IndexingState[]): void {
  const state = leastComplete(states);
  if (state.kind === 'complete' || members.some(({ index }) => index.length > 0)) return;
  const code = state.kind === 'paused' ? 'service/paused' : 'service/not-read-yet';
  throw new AppError(code, `No file is indexed yet. ${state.message} Ask again in a moment, or use your own search.`);
}

/** What can be found in these folders, each with how far indexing has come. */
export function coverageOf(members: readonly IndexedFolder[], states: readonly IndexingState[]): Coverage {
  const totals = members.map(({ index }) => index.ledger.totals());
  const skipped = new Map<string, number>();
  for (const { kind, reason, files } of totals.flatMap(({ reasons }) => reasons)) {
    if (kind !== 'ingested') skipped.set(reason, (skipped.get(reason) ?? 0) + files);
  }
  const byReason = [...skipped].map(([reason, files]) => ({ reason, files })).sort((a, b) => b.files - a.files);
  const found = {
    files: totals.reduce((sum, { files }) => sum + files.ingested, 0),
    skipped: byReason,
    segments: members.reduce((sum, { index }) => sum + index.length, 0),
    embedded: members.reduce((sum, { index }) => sum + index.embedded, 0),
    indexing: leastComplete(states),
  };
  return { ...found, message: messageOf(found) };
}

/** What a call has to do with the coverage. */
interface FootOptions {
  readonly members: readonly IndexedFolder[];
  /** What it chose of them; every file where it is left out. */
  readonly scope?: RecallOptions['scope'];
  /** Vectors count in the answer. */
  readonly isRanked: boolean;
}

/** The coverage below the answer to one call: nothing that the call did not use, or that stands above the answer. */
export function coverageFoot(coverage: Coverage, { members, scope, isRanked }: FootOptions): string {
  const chosen =
    scope && members.reduce((sum, member) => sum + (scope(member)?.size ?? member.index.paths().length), 0);
  // What a commit has and what of it is not indexed is told before its answer.
  const isOfCommit = members.every(({ index }) => index.revision !== 'HEAD');
  return [
    ...(isOfCommit && chosen === undefined ? [] : [searchedSentence(coverage, chosen)]),
    ...(isOfCommit ? [] : skippedSentences(coverage)),
    ...(isRanked ? embeddedSentences(coverage) : []),
  ].join(' ');
}

function messageOf(found: Omit<Coverage, 'message'>): string {
  return [searchedSentence(found), ...skippedSentences(found), ...embeddedSentences(found)].join(' ');
}

function searchedSentence({ files }: Pick<Coverage, 'files'>, chosen?: number): string {
  const of = chosen === undefined || chosen === files ? '' : `${chosen} of `;
  return `Searched: ${of}${counted(files, 'indexed file')}.`;
}

/** What cannot be found, and why. */
function skippedSentences({ skipped, indexing }: Pick<Coverage, 'skipped' | 'indexing'>): string[] {
  const others = skipped.reduce((sum, { files: count }) => sum + count, 0);
  const named = skipped.slice(0, NAMED).map(({ reason, files: count }) => `${count} ${reason}`);
  const missing = `Not indexed: ${counted(others, 'file')} (${named.join(', ')}), and all that ignore files exclude.`;
  return [...(others > 0 ? [missing] : []), ...(indexing.kind === 'complete' ? [] : [indexing.message])];
}

function embeddedSentences({ segments, embedded }: Pick<Coverage, 'segments' | 'embedded'>): string[] {
  if (embedded >= segments) return [];
  const percent = Math.floor((100 * embedded) / segments);
  return [`${percent} % of the segments are embedded; the others were ranked by their words alone.`];
}
