import { citationText } from '../answer/citation.ts';
import type { Evidence, EvidenceItem, EvidenceKind } from '../evidence/evidence.ts';
import type { Row } from './output.ts';

const LIMITS = {
  /** Items that are listed, and lines of each that has several. */
  items: 20,
  lines: 8,
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
};

/** What answers a question by itself, as it is printed above the answer. */
export function evidenceRows(evidence: Evidence): Row[] {
  const { kind, items, count } = evidence;
  const listed = items.slice(0, LIMITS.items);
  const more = count - listed.length;
  return [
    [{ style: 'bold', text: TITLES[kind] }, `  ${counted(evidence)}`],
    ...listed.flatMap(itemRows),
    ...(more > 0 ? [`  … and ${more} more; --json lists ${items.length}.`] : []),
  ];
}

function counted({ count, files, names, isComplete }: Evidence): string {
  const places = `${count} ${count === 1 ? 'place' : 'places'} in ${files} ${files === 1 ? 'file' : 'files'}`;
  const named = names > 0 && names < count ? `, ${names} names` : '';
  return `${places}${named}${isComplete ? '' : ' (a selection)'}`;
}

function itemRows({ label, path, lines, text, note }: EvidenceItem): Row[] {
  const shown = text.split('\n');
  const place = label === 'tree' ? '.' : citationText({ path, ...lines });
  const about = label === 'commit' ? note : label === 'imported' ? `imported by ${note} files` : '';
  const [first = ''] = shown;
  if (shown.length === 1 && about === '') return [['  ', { style: 'green', text: place }, `  ${first.trim()}`]];
  const head: Row = ['  ', { style: 'green', text: place }, about === '' ? '' : `  ${about}`];
  const cut = shown.length > LIMITS.lines ? ['      …'] : [];
  return [head, ...shown.slice(0, LIMITS.lines).map((line) => `      ${line}`), ...cut];
}
