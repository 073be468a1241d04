import type { IndexedFolder, MultiFolderSearch, RecallOptions } from '../retrieve/multi-folder-search.ts';
import { Corpus } from './corpus.ts';
import { gatherDefinitions } from './definition.ts';
import { gatherEnvironment } from './environment.ts';
import type { Evidence, EvidenceChoice, EvidenceItem, EvidenceKind, Gathered } from './evidence.ts';
import { gatherDefaults } from './defaults.ts';
import { gatherDependencies } from './dependencies.ts';
import { gatherHistory, gatherReasons } from './history.ts';
import { gatherHowTo } from './howto.ts';
import { bareMessage, inquiryOf } from './inquiry.ts';
import type { Inquiry } from './inquiry.ts';
import { gatherListing, pathsIn } from './listing.ts';
import { gatherOverview } from './overview.ts';
import { gatherPointedLines } from './pointed-lines.ts';
import { gatherReferences } from './references.ts';
import { gatherLicence, gatherSettings, gatherVersions } from './settings.ts';
import { gatherTrace } from './trace.ts';

/** Lines of a file by its path as it is shown, 1-based and inclusive. */
interface RecalledLines {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

export interface EvidenceOptions {
  readonly scope?: RecallOptions['scope'] | undefined;
  /** What the user chose; told by the question's words where it is left out. */
  readonly kind?: EvidenceChoice | undefined;
  /**
   * What the ranking brought back, best first: shown for a question of no other kind, and its history is asked for
   * where the question names nothing. Left out where nothing near was found.
   */
  readonly recalled?: readonly RecalledLines[];
  /** The best place of the file that the ranking has first: some of it is shown for a question of no other kind. */
  readonly best?: RecalledLines | undefined;
  /** Items that are left out before the page begins, and items of a page. */
  readonly from?: number;
  readonly most?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Items of a page, unless somebody says otherwise. */
const PAGE = 50;
/** Most ranked places whose commits are read. */
const OF_HISTORY = 6;

/**
 * What answers a question by itself, gathered from all indexed files of the scope without any model; for a question of
 * no known kind the lines that it points to. Undefined where nothing was found: then the ranking alone answers.
 */
export async function evidenceFor(
  search: MultiFolderSearch,
  question: string,
  { scope, kind, recalled = [], best, from = 0, most = PAGE, signal }: EvidenceOptions = {},
): Promise<Evidence | undefined> {
  if (kind === 'none') return undefined;
  const asked = search.members.map((member) => ({ member, corpus: new Corpus(member, scope?.(member), signal) }));
  const all: Gathered[] = [];
  let found: EvidenceKind | undefined;
  let none: EvidenceKind | undefined;
  for (const { member, corpus } of asked) {
    const told = inquiryOf(question, await search.projectNames(member), kind);
    const places = placesIn(corpus, member, recalled);
    const message = kind === undefined ? bareMessage(question, told) : undefined;
    const said = message && (await gather(corpus, message, question, places));
    const inquiry = said && said.items.length > 0 ? message : told;
    if (!inquiry || isElsewhere(corpus, inquiry)) continue;
    const gathered = said && inquiry === message ? said : await gather(corpus, inquiry, question, places);
    if (gathered.items.length > 0) found ??= inquiry.kind;
    else if (isSureOfNone(inquiry) && gathered.isComplete) none ??= inquiry.kind;
    all.push(gathered);
  }
  // That there is none is the answer: lines that say the same words would only look like one.
  const isNone = found === undefined && none !== undefined;
  if (isNone) found = none;
  if (found === undefined && kind === undefined) {
    found = 'lines';
    for (const { member, corpus } of asked) {
      const [place] = best ? placesIn(corpus, member, [best]) : [];
      all.push(await gatherPointedLines(corpus, question, placesIn(corpus, member, recalled), place));
    }
  }
  const items = all.flatMap((gathered) => gathered.items);
  // No commit tells the reason: then the lines do, or nothing does.
  if (kind === undefined && found === 'history' && items.every(({ label }) => label !== 'commit' && label !== 'added'))
    found = 'lines';
  if (found === undefined || (items.length === 0 && !isNone)) return undefined;
  return {
    kind: found,
    items: items.slice(from, from + most),
    from,
    count: items.length,
    files: new Set(items.map(({ path }) => path)).size,
    names: namesOf(items),
    isComplete: all.every(({ isComplete }) => isComplete),
  };
}

async function gather(
  corpus: Corpus,
  inquiry: Inquiry,
  question: string,
  recalled: Parameters<typeof gatherHistory>[2],
): Promise<Gathered> {
  switch (inquiry.kind) {
    case 'overview':
      return gatherOverview(corpus);
    case 'howto':
      return gatherHowTo(corpus, inquiry.task);
    case 'definition':
      return gatherDefinitions(corpus, inquiry.names, question);
    case 'list':
      return gatherListing(corpus, inquiry);
    case 'references':
      return gatherReferences(corpus, inquiry.names, inquiry.asks);
    case 'settings':
      return gatherSettingsAbout(corpus, inquiry);
    case 'history':
      // Where the ranking brought nothing back, what the question names is all that there is.
      return inquiry.asks === 'when' || recalled.length === 0
        ? gatherHistory(corpus, inquiry, recalled.slice(0, OF_HISTORY))
        : gatherReasons(corpus, await gatherPointedLines(corpus, question, recalled));
    case 'trace':
      return gatherTrace(corpus, question, inquiry.least);
    case 'lines':
      return gatherPointedLines(corpus, question, recalled);
  }
}

/** Whether a list is wanted of a place that is no path here: another folder has it, or it means something else. */
function isElsewhere(corpus: Corpus, inquiry: Inquiry): boolean {
  return inquiry.kind === 'list' && inquiry.place !== undefined && pathsIn(corpus.paths, inquiry.place).size === 0;
}

/** Whether all forms of what is asked for are known, so that nothing found means that there is none. */
function isSureOfNone(inquiry: Inquiry): boolean {
  if (inquiry.kind === 'settings') return inquiry.about === 'environment';
  return inquiry.kind === 'list' && inquiry.words.length === 0 && ['todo', 'file'].includes(inquiry.what);
}

function gatherSettingsAbout(corpus: Corpus, { about, words }: Extract<Inquiry, { readonly kind: 'settings' }>) {
  switch (about) {
    case 'version':
      return gatherVersions(corpus, words);
    case 'dependencies':
      return gatherDependencies(corpus);
    case 'licence':
      return gatherLicence(corpus);
    case 'environment':
      return gatherEnvironment(corpus, words);
    case 'default':
      return gatherDefaults(corpus, words);
    case 'setting':
      return gatherSettings(corpus, words);
  }
}

function placesIn(corpus: Corpus, { index }: IndexedFolder, recalled: readonly RecalledLines[]) {
  const known = new Set(index.paths());
  return recalled.flatMap(({ path, start, end }) => {
    const own = corpus.own(path);
    return own !== undefined && known.has(own) ? [{ path: own, lines: { start, end } }] : [];
  });
}

/** How many different names the items have. */
function namesOf(items: readonly EvidenceItem[]): number {
  const named = items.filter(({ label, note }) => note !== '' && ['variable', 'match'].includes(label));
  return new Set(named.map(({ note }) => note)).size;
}
