import { isAbsolute, relative, sep } from 'node:path';
import { AppError } from '../common/app-error.ts';
import { idleSentence, namedPaths, selectPaths } from '../memory/search/scope.ts';
import type { IndexedFolder } from '../retrieve/multi-folder-search.ts';
import { reasonOf } from './chosen-files.ts';
import type { IndexingState, IndexingStates } from './coverage.ts';
import { numbered } from './numbered.ts';
import type { ToolText } from './tool-text.ts';

export interface ReadRequest {
  /** As a search shows it, or absolute below one of the folders. */
  readonly path: string;
  /** First line, from 1; the file's first where it is left out. */
  readonly start?: number | undefined;
  /** Last line, inclusive; the file's last where it is left out. */
  readonly end?: number | undefined;
}

export interface ReadLines {
  readonly path: string;
  /** Lines that were read, 1-based and inclusive. */
  readonly start: number;
  readonly end: number;
  /** Lines of the whole file. */
  readonly ofLines: number;
  /** Secrets in them are masked. */
  readonly lines: readonly string[];
}

/** Lines of one item, so that a budget can cut between them. */
const BLOCK = 20;

/**
 * Lines of an indexed file as they stand now, unsaved ones included. A file that is not indexed is not read: its owner
 * may have said so, and the sentence tells why.
 *
 * @throws `scope/no-match`, `command/usage`
 */
export async function readLines(
  members: readonly IndexedFolder[],
  states: IndexingStates,
  request: ReadRequest,
): Promise<ReadLines & { readonly parts: ToolText }> {
  const place = placeOf(members, request.path);
  const { index, prefix } = place.member;
  const path = prefix + place.path;
  const lines = index.ledger.file(place.path)?.state.kind === 'ingested' ? await index.lines(place.path) : undefined;
  if (lines === undefined) throw notRead(members, states(), path);
  const { start = 1, end = Math.max(start, lines.length) } = request;
  if (start > end || (start > lines.length && lines.length > 0)) {
    throw new AppError('command/usage', `${path} has ${lines.length} lines; there are no lines ${start} to ${end}.`);
  }
  const last = Math.min(end, lines.length);
  const own = lines.slice(start - 1, last);
  const items = Array.from({ length: Math.ceil(own.length / BLOCK) }, (_, n) =>
    numbered(own.slice(n * BLOCK, (n + 1) * BLOCK), start + n * BLOCK),
  );
  const head = lines.length === 0 ? `${path} is empty.` : `${path}, lines ${start} to ${last} of ${lines.length}:`;
  const next = items.map((_, shown) => (shown === 0 ? undefined : start + shown * BLOCK));
  const parts = { head, items, foot: '', next, goesOnBy: 'start' } as const;
  return { path, start, end: last, ofLines: lines.length, lines: own, parts };
}

/** @throws `command/usage` for a path that leads out of the folders */
function placeOf(members: readonly IndexedFolder[], given: string): { member: IndexedFolder; path: string } {
  const plain = given.replaceAll('\\', '/').replace(/^\.\//, '');
  for (const member of members) {
    const below = isAbsolute(given)
      ? relative(member.index.root, given).split(sep).join('/')
      : plain.startsWith(member.prefix)
        ? plain.slice(member.prefix.length)
        : undefined;
    if (below !== undefined && below !== '' && !isAbsolute(below) && !below.split('/').includes('..')) {
      return { member, path: below };
    }
  }
  const folders = members.map(({ index, prefix }) => (prefix === '' ? index.root : prefix.slice(0, -1))).join(', ');
  throw new AppError(
    'command/usage',
    `"${given}" is in none of the folders that may be read (${folders}). Give a path as search_codebase shows it.`,
  );
}

function notRead(members: readonly IndexedFolder[], states: readonly IndexingState[], path: string): AppError {
  const reason = reasonOf(members, path);
  if (reason !== undefined) return new AppError('scope/no-match', `${path} is not read: ${reason}`);
  const open = states.find(({ kind }) => kind !== 'complete');
  if (open) return new AppError('scope/no-match', `${path} is not indexed. ${open.message}`);
  const shown = members.flatMap(({ index, prefix }) => index.paths().map((each) => prefix + each));
  const [slip] = selectPaths(namedPaths([path]), shown).idle;
  return new AppError(
    'scope/no-match',
    slip ? idleSentence(slip) : `${path} is not indexed: it is not there, or ignore files name it.`,
  );
}
