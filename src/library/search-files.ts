import { isOutOfScope } from '../answer/answer.ts';
import { loadExcerpts } from '../answer/excerpt.ts';
import type { Excerpt } from '../answer/excerpt.ts';
import { counted, exactPercent } from '../common/number-format.ts';
import { MultiFolderSearch } from '../retrieve/multi-folder-search.ts';
import type { IndexedFolder } from '../retrieve/multi-folder-search.ts';
import type { RankedFiles } from '../retrieve/ranked-files.ts';
import { chosenFiles } from './chosen-files.ts';
import type { Choice } from './chosen-files.ts';
import { coverageFoot, coverageOf, refuseUnread } from './coverage.ts';
import type { Coverage, IndexingStates } from './coverage.ts';
import { numbered } from './numbered.ts';
import type { ToolText } from './tool-text.ts';

export interface SearchRequest extends Choice {
  /** In the caller's own words; names, paths and error messages in it are used. */
  readonly question: string;
  /** Ranked files to leave out, best first: what earlier calls have shown. */
  readonly from?: number | undefined;
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
  states: IndexingStates,
  request: SearchRequest,
  signal?: AbortSignal,
): Promise<SearchResult> {
  const search = new MultiFolderSearch(members);
  refuseUnread(members, states());
  const scope = chosenFiles(members, states(), request);
  const { embedMs } = request;
  const ranking = await search.recall(request.question, { embedMs, scope, signal });
  const { from = 0 } = request;
  const page = ranking.files.slice(from);
  const segments = segmentsOf(page, ranking.segments);
  const { excerpts, stale } = await loadExcerpts(search, segments, Math.floor(FOR_EXCERPTS * request.tokens));
  const byPath = Map.groupBy(excerpts, ({ path }) => path);
  const files = page.map(({ path, share, lines }) => ({
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
  const coverage = coverageOf(members, states());
  const message = from > 0 && kind !== 'unlikely' ? laterPage(page.length, from) : MESSAGES[kind];
  // Pages go by files, so the excerpts of one stand together.
  const inOrder = page.flatMap(({ path }) => byPath.get(path) ?? []);
  const foot = [
    ...(stale > 0
      ? [`${counted(stale, 'place')} changed on disk since the indexing and ${stale === 1 ? 'is' : 'are'} not shown.`]
      : []),
    coverageFoot(coverage, { members, scope, isRanked: true }),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
  const parts = {
    // The first answer has listed the best files of all pages.
    head: [message, ...(from > 0 ? [] : fileRows(files, request.tokens))].join('\n'),
    items: inOrder.map(excerptText),
    foot,
    next: Array.from({ length: inOrder.length + 1 }, (_, shown) => nextPage(page, inOrder, shown, from)),
  };
  return { kind, message, files, coverage, parts };
}

const laterPage = (files: number, from: number) =>
  files > 0 ? `Files of the ranking after the first ${from}:` : `The ranking has no file after the first ${from}.`;

/** The segments of a page; its first file's best comes first, so that each page shows a file more. */
function segmentsOf(page: RankedFiles['files'], all: RankedFiles['segments']): RankedFiles['segments'] {
  const paths = new Set(page.map(({ path }) => path));
  const own = all.filter(({ path }) => paths.has(path));
  const first = own.find(({ path }) => path === page[0]?.path);
  return first === undefined ? own : [first, ...own.filter((segment) => segment !== first)];
}

/** The first file of a page of which not everything is shown; undefined where there is none. */
function nextPage(
  page: RankedFiles['files'],
  excerpts: readonly Excerpt[],
  shown: number,
  from: number,
): number | undefined {
  // Of the first file its first lines are shown, whatever the budget.
  if (shown === 0) return page.length > 1 && excerpts.length > 0 ? from + 1 : undefined;
  const begun = new Set(excerpts.slice(0, shown).map(({ path }) => path));
  const unfinished = new Set(excerpts.slice(shown).map(({ path }) => path));
  const at = page.findIndex(({ path }) => !begun.has(path) || unfinished.has(path));
  return at < 0 ? undefined : from + Math.max(1, at);
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
  return rest > 0 ? [...rows, `and ${counted(rest, 'file')} with less`] : rows;
}

const excerptText = ({ path, start, lines, end }: Excerpt): string =>
  `${path}:${start}-${end}\n${numbered(lines, start)}`;
