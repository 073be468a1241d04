import { evidenceCountText, evidenceKindText } from '../../src/chat/evidence-text.ts';
import { fill, linesText } from '../../src/chat/strings.ts';
import type { Strings } from '../../src/chat/strings.ts';
import { EVIDENCE_KINDS, linesShown, TRANSCRIPT, unfinished } from '../../src/chat/transcript.ts';
import type { Evidence, EvidenceChoice, EvidenceItem, Exchange } from '../../src/chat/transcript.ts';
import type { Context } from './context.ts';
import { h } from './dom.ts';
import { split } from './place.ts';
import { visible } from './visible.ts';

const LIMITS = {
  /** Items that are listed before somebody asks for more. */
  listed: 6,
  /** The same of a question without a kind: its items are chosen, and few. */
  chosen: 20,
} as const;

/** Whether somebody unfolded what is not listed at first; kept while the evidence is drawn anew. */
export interface UnfoldedEvidence {
  rest: 'open' | 'closed';
}

/**
 * What answers the question by itself, with a chip that says which kind of question it was taken for; another kind asks
 * again. Nothing while a question of no kind is answered.
 */
export function evidenceView(
  exchange: Exchange,
  unfolded: UnfoldedEvidence,
  context: Context,
): HTMLElement | undefined {
  const { evidence, evidenceKind } = exchange;
  const choice = evidenceKind ?? evidence?.kind ?? 'none';
  if (choice === 'none' && (unfinished(exchange) || exchange.ranked === undefined)) return undefined;
  const { strings } = context;
  const items = evidence?.items ?? [];
  const most = evidence?.kind === 'lines' ? LIMITS.chosen : LIMITS.listed;
  const listed = unfolded.rest === 'open' ? items : items.slice(0, most);
  const more = items.length - most;
  const view = h(
    'section',
    { class: 'evidence' },
    h(
      'header',
      {},
      chip(exchange, choice, context),
      h('span', { class: 'evidence-count' }, countText(exchange, strings)),
    ),
    ...(items.length > 0 ? [h('ul', { class: 'rows' }, ...listed.map((item) => row(item, context)))] : []),
  );
  const turn = evidence && pager(exchange, evidence, context);
  if (more <= 0) {
    if (turn) view.append(turn);
    return view;
  }
  const toggle = h(
    'button',
    {
      type: 'button',
      class: 'row others',
      'aria-expanded': String(unfolded.rest === 'open'),
      onclick: () => {
        unfolded.rest = unfolded.rest === 'open' ? 'closed' : 'open';
        const redrawn = evidenceView(exchange, unfolded, context);
        if (!redrawn) return;
        view.replaceWith(redrawn);
        redrawn.querySelector<HTMLElement>('.others')?.focus();
      },
    },
    unfolded.rest === 'open' ? strings.fewer : fill(strings.more, more),
  );
  view.append(toggle);
  if (turn && unfolded.rest === 'open') view.append(turn);
  return view;
}

/** Which of all items these are, and the way to the others; nothing where there are no others. */
function pager(
  { id }: Exchange,
  { from, items, count }: Evidence,
  { strings, post }: Context,
): HTMLElement | undefined {
  const end = from + items.length;
  if (from === 0 && end >= count) return undefined;
  const turn = (label: string, name: string, to: number, isThere: boolean) =>
    h('button', {
      type: 'button',
      class: `icon-button codicon codicon-${name}`,
      title: label,
      'aria-label': label,
      disabled: !isThere,
      onclick: () => {
        post({ kind: 'evidence', exchange: id, from: to });
      },
    });
  return h(
    'nav',
    { class: 'evidence-pages', 'aria-label': strings.evidenceKind },
    turn(strings.evidenceBefore, 'chevron-left', Math.max(0, from - TRANSCRIPT.evidence), from > 0),
    h('span', {}, fill(strings.evidencePage, from + 1, end, count)),
    turn(strings.evidenceAfter, 'chevron-right', end, end < count),
  );
}

/** A choice of the kinds; one that is not the exchange's asks its question again. */
function chip(exchange: Exchange, choice: EvidenceChoice, { strings, post }: Context): HTMLElement {
  const { id, question } = exchange;
  const options = [...EVIDENCE_KINDS, 'none' as const].map((kind) =>
    h('option', { value: kind, selected: kind === choice }, evidenceKindText(kind, strings)),
  );
  const select = h(
    'select',
    {
      class: 'evidence-kind',
      title: strings.evidenceKind,
      'aria-label': strings.evidenceKind,
      disabled: unfinished(exchange),
      onchange: () => {
        const chosen = [...EVIDENCE_KINDS, 'none' as const].find((kind) => kind === select.value);
        if (chosen !== undefined) post({ kind: 'ask', question, evidenceKind: chosen, replaces: id });
      },
    },
    ...options,
  );
  return select;
}

function countText({ evidence, evidenceKind, state }: Exchange, strings: Strings): string {
  if (evidence) return evidenceCountText(evidence, strings);
  const isSearched = state.kind !== 'waiting' && state.kind !== 'recalling';
  return evidenceKind !== undefined && evidenceKind !== 'none' && isSearched ? strings.evidenceNothing : '';
}

/** What is read as sentences, and wraps as these do; a table does not. */
function wraps({ label, text }: EvidenceItem): boolean {
  return ['readme', 'section', 'commit', 'added'].includes(label) && !/^[ \t]*\|/m.test(text);
}

function row(item: EvidenceItem, { strings, post }: Context): HTMLElement {
  const { label, path, lines, text } = item;
  const shown = visible(unindented(text.split('\n').slice(0, linesShown(item))).join('\n'));
  // A file that is listed is its name alone.
  const lined = text === '' ? [] : [h('pre', { class: wraps(item) ? 'prose' : '' }, shown)];
  const about = h('span', { class: 'folder' }, visible(aboutText(item, strings)));
  if (label === 'tree') return h('li', {}, about, ...lined);
  const place = `${visible(split(path).name)}:${linesText(lines, strings)}`;
  const onclick = () => {
    post({ kind: 'open', path, start: lines.start, end: lines.end });
  };
  const title = fill(strings.openAt, `${visible(path)}:${linesText(lines, strings)}`);
  return h('li', {}, h('button', { type: 'button', class: 'evidence-place', title, onclick }, place), about, ...lined);
}

/** Without the indentation that all lines have: the side bar is narrow. */
function unindented(lines: readonly string[]): string[] {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  const least = indents.length > 0 ? Math.min(...indents) : 0;
  return lines.map((line) => line.slice(least));
}

function aboutText({ label, note, path }: EvidenceItem, strings: Strings): string {
  const { folder } = split(path);
  switch (label) {
    case 'tree':
      return fill(strings.evidenceTree, note);
    case 'commit':
      return note;
    case 'added':
      return fill(strings.evidenceAdded, note);
    case 'imported':
      return [folder, fill(strings.evidenceImported, note)].filter((part) => part !== '').join(' · ');
    default:
      return folder;
  }
}
