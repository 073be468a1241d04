import { isOutOfScope } from '../answer/answer.ts';
import { loadExcerpts } from '../answer/excerpt.ts';
import type { Excerpt } from '../answer/excerpt.ts';
import { exactPercent } from '../common/number-format.ts';
import { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';
import type { IndexedFolder } from '../retrieve/multi-folder-search.ts';
import { chosenFiles } from './chosen-files.ts';
import type { Choice } from './chosen-files.ts';
import { coverageOf, refuseUnread } from './coverage.ts';
import type { Coverage, ReadingState } from './coverage.ts';
import { numbered } from './numbered.ts';
import type { ToolText } from './tool-text.ts';

export interface SearchRequest extends Choice {
  /** In the caller's own words; names, paths and error messages in it are used. */
  readonly question: string;
  /** Tokens of the answer, about. */
  readonly tokens: number;
  /** Milliseconds for vectors that the best candidates have not yet. */
  readonly embedMs?: number | undefined;
}

/** Lines of a file that speak to a question, 1-based and inclusive. */
interface FoundLines {
  readonly start: number;
  readonly end: number;
  /** Part of the whole ranking, 0..1. */
  readonly share: number;
  readonly text: string;
}

export interface FoundFile {
  /** As it is shown: with the folder's name first where there are several. */
  readonly path: string;
  /** Part of the whole ranking that this file owns, 0..1. */
  readonly share: number;
  /** Its best line ranges, best first, without text. */
  readonly lines: readonly { readonly start: number; readonly end: number; readonly share: number }[];
  /** The lines that are shown, in reading order; read from disk for this call. */
  readonly excerpts: readonly FoundLines[];
}

interface SearchResult {
  /** `unlikely`: neither words nor meaning come near; the nearest files are listed all the same. */
  readonly kind: 'found' | 'unlikely' | 'nothing';
  readonly message: string;
  /** Best first. */
  readonly files: readonly FoundFile[];
  readonly coverage: Coverage;
  readonly parts: ToolText;
}

/** Files of the list above the excerpts, as many as the budget allows; `ranges` are lines of each. */
const LISTED = { least: 4, most: 12, tokensOfEach: 200, ranges: 3 } as const;
/** Part of the budget for excerpts: line numbers, the list and the sentences take the rest. */
const FOR_EXCERPTS = 0.55;

/**
 * Ranked files for a question, with lines read again from disk: only those that still are what was indexed.
 *
 * @throws `ask/…`, `scope/…`, `engine/…`, `ledger/…`; the signal's reason
 */
export async function searchFiles(
  members: readonly IndexedFolder[],
  states: readonly ReadingState[],
  request: SearchRequest,
  signal?: AbortSignal,
): Promise<SearchResult> {
  const search = new MultiFolderSearch(members);
  refuseUnread(members, states);
  const scope = chosenFiles(members, states, request);
  const { embedMs } = request;
  const ranking = await search.recall(request.question, { embedMs, scope, signal });
  const { excerpts, stale } = await loadExcerpts(search, ranking.segments, Math.floor(FOR_EXCERPTS * request.tokens));
  const byPath = Map.groupBy(excerpts, ({ path }) => path);
  const files = ranking.files.map(({ path, share, lines }) => ({
    path,
    share,
    lines: lines.map(({ start, end, share: own }) => ({ start, end, share: own })),
    excerpts: (byPath.get(path) ?? []).map(({ start, end, share: own, lines: text }) => ({
      start,
      end,
      share: own,
      text: text.join(''),
    })),
  }));
  const kind = files.length === 0 ? 'nothing' : isOutOfScope(ranking) ? 'unlikely' : 'found';
  const coverage = coverageOf(members, states);
  const message = MESSAGES[kind];
  const foot = [
    ...(stale > 0 ? [`${stale} places changed on disk since they were indexed and are not shown.`] : []),
    coverage.message,
  ].join(' ');
  const parts = {
    head: [message, ...fileRows(files, request.tokens)].join('\n'),
    items: excerpts.map(excerptText),
    foot,
  };
  return { kind, message, files, coverage, parts };
}

const MESSAGES: Readonly<Record<SearchResult['kind'], string>> = {
  found: 'Files by relevance, best first (share of the ranking, path, best lines):',
  unlikely:
    'No file comes near this question. It may be about something else than this code; these are the nearest files:',
  nothing: 'No indexed file matches. That does not prove that there is none: read what was searched below.',
};

function fileRows(files: readonly FoundFile[], tokens: number): string[] {
  const most = Math.max(LISTED.least, Math.min(LISTED.most, Math.floor(tokens / LISTED.tokensOfEach)));
  const rows = files.slice(0, most).map(({ path, share, lines }) => {
    const ranges = lines.slice(0, LISTED.ranges).map(({ start, end }) => `${start}-${end}`);
    return `${exactPercent(share)} ${path}:${ranges.join(',')}`;
  });
  const rest = files.length - rows.length;
  return rest > 0 ? [...rows, `and ${rest} files with less`] : rows;
}

const excerptText = ({ path, start, lines, end }: Excerpt): string =>
  `${path}:${start}-${end}\n${numbered(lines, start)}`;
