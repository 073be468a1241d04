import { citationText } from '../answer/citation.ts';
import type { Evidence, EvidenceChoice, EvidenceItem, EvidenceKind, EvidenceLabel } from '../evidence/evidence.ts';
import { linesShown } from '../evidence/evidence.ts';
import { evidenceFor } from '../evidence/gather.ts';
import { counted } from '../common/number-format.ts';
import { checkedQuestion } from '../retrieve/multi-folder-search.ts';
import { EXIT } from './exit.ts';
import { out } from './output.ts';
import type { Row } from './output.ts';
import { scopeOf } from './scope.ts';
import { commitFields, withMembers } from './session.ts';
import type { QuestionOptions } from './session.ts';

export interface EvidenceCommand extends QuestionOptions {
  readonly kind?: EvidenceKind;
  readonly from?: number;
  readonly most?: number;
}

/** Items that are left out, and items that are printed; what else the command for the next page has to say again. */
interface Page extends Pick<EvidenceCommand, 'from' | 'most'> {
  readonly kind?: EvidenceChoice | undefined;
  readonly scope?: string | undefined;
}

const LIMITS = {
  /** Items that are listed above an answer, and on a page of their own. */
  items: 20,
  page: 100,
} as const;

const TITLES: Readonly<Record<EvidenceKind, string>> = {
  overview: 'What the project says of itself',
  howto: 'Scripts, documents and CI steps',
  definition: 'Definitions',
  list: 'Matches',
  references: 'References',
  settings: 'Settings and versions',
  history: 'History',
  trace: 'Lines of the trace',
  lines: 'Lines that say most',
};

/** Prints a page of what answers a question by itself; no model is loaded. */
export async function evidenceCommand(given: string, options: EvidenceCommand): Promise<number> {
  const question = checkedQuestion(given);
  return withMembers(options, undefined, async ({ members, search, commits, signal }) => {
    const scope = scopeOf(options.scope, members);
    const { kind, json, from = 0, most = LIMITS.page } = options;
    const evidence = await evidenceFor(search, question, { from, most, signal, kind, scope });
    if (json === true) out.json({ ...commitFields(commits), from, evidence });
    else if (evidence) out.rows(...evidenceRows(evidence, { from, most, kind, scope: options.scope }));
    else out.rows('Nothing was found that answers this question by itself. Choose a kind with --kind, or `ask` it.');
    return evidence ? EXIT.done : EXIT.unknown;
  });
}

/** What answers a question by itself, as it is printed above the answer, or on a page of its own. */
export function evidenceRows(
  evidence: Evidence,
  { from = 0, most = LIMITS.items, kind: chosen, scope }: Page = {},
): Row[] {
  const { kind, items, count } = evidence;
  const listed = items.slice(0, most);
  const next = from + listed.length;
  const more = count - next;
  const again = [
    'evidence',
    ...(chosen === undefined ? [] : [`--kind ${chosen}`]),
    ...(scope === undefined ? [] : [`--scope "${scope}"`]),
    `--from ${next} "…"`,
  ].join(' ');
  return [
    [{ style: 'bold', text: TITLES[kind] }, `  ${countText(evidence)}`],
    ...listed.flatMap(itemRows),
    ...(more > 0 ? [`  … and ${more} more: \`${again}\``] : []),
  ];
}

function countText({ count, files, names, isComplete }: Evidence): string {
  if (count === 0) return 'nothing of this kind was found';
  const places = `${counted(count, 'place')} in ${counted(files, 'file')}`;
  const named = names > 0 && names < count ? `, ${names} names` : '';
  return `${places}${named}${isComplete ? '' : ' (perhaps not all)'}`;
}

/** What is said of an item beside its place. */
const ABOUT: Partial<Readonly<Record<EvidenceLabel, (note: string) => string>>> = {
  commit: (note) => note,
  added: (note) => `added by ${note}`,
  imported: (note) => `imported by ${note} files`,
};

function itemRows(item: EvidenceItem): Row[] {
  const { label, path, lines, text, note } = item;
  // A row shows a tab as an escape.
  const shown = text.replaceAll('\t', '  ').split('\n');
  const place = label === 'tree' ? '.' : citationText({ path, ...lines });
  const about = ABOUT[label]?.(note) ?? '';
  const [first = ''] = shown;
  if (shown.length === 1 && about === '') {
    return [['  ', { style: 'green', text: place }, first.trim() === '' ? '' : `  ${first.trim()}`]];
  }
  const head: Row = ['  ', { style: 'green', text: place }, about === '' ? '' : `  ${about}`];
  const most = linesShown(item);
  const cut = shown.length > most ? ['      …'] : [];
  return [head, ...shown.slice(0, most).map((line) => `      ${line}`), ...cut];
}
