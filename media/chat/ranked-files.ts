import { exactPercent } from '../../src/common/number-format.ts';
import { othersShare, percents, percentText } from '../../src/chat/share.ts';
import { fill } from '../../src/chat/strings.ts';
import type { Exchange, RankedFile } from '../../src/chat/transcript.ts';
import type { Context } from './context.ts';
import { h, icon } from './dom.ts';
import { rangeText, split } from './place.ts';
import { visible } from './visible.ts';

/** Files that are listed before somebody asks for more. */
const LISTED = 5;

/** A share that is only what rounding left over. */
const NOTHING = 1e-6;

/** What somebody unfolded; kept while the list is drawn anew. */
export interface Unfolded {
  list: 'open' | 'closed';
  rest: 'open' | 'closed';
}

/** The files that the question brought back, with shares that add up to 100%. */
export function rankedList(exchange: Exchange, unfolded: Unfolded, context: Context): HTMLElement | undefined {
  const { ranked: files = [], read, state } = exchange;
  if (files.length === 0) return undefined;
  const { strings } = context;
  const others = othersShare(files);
  const whole = percents([...files.map(({ share }) => share), others]);
  const listed = unfolded.rest === 'open' ? files.length : Math.min(LISTED, files.length);
  const reads = new Map<string, string[]>();
  for (const { path, start, end } of read?.places ?? []) {
    reads.set(path, [...(reads.get(path) ?? []), rangeText(start, end)]);
  }
  const rows = files
    .slice(0, listed)
    .map((file, at) => fileRow(file, whole[at] ?? 0, read && reads.get(file.path), read !== undefined, context));
  const rest = whole.slice(listed).reduce((sum, percent) => sum + percent, 0);
  const restShare = others + files.slice(listed).reduce((sum, { share }) => sum + share, 0);
  const last = othersRow(rest, restShare, files.length - LISTED, unfolded, context, () => {
    const redrawn = rankedList(exchange, unfolded, context);
    if (!redrawn) return;
    details.replaceWith(redrawn);
    redrawn.querySelector<HTMLElement>('.others')?.focus();
  });
  // A workspace of four files has no others.
  const owned = files.length > listed || unfolded.rest === 'open' || restShare > NOTHING;
  const details = h(
    'details',
    { class: 'ranked', open: unfolded.list === 'open' },
    h(
      'summary',
      {},
      icon('chevron-right', 'twistie'),
      h('span', { class: 'ranked-title' }, state.kind === 'unknown' ? strings.nearest : strings.relevant),
      h('span', { class: 'ranked-summary' }, summary(files, whole)),
    ),
    h('ul', { class: 'rows' }, ...rows, ...(owned ? [last] : [])),
  );
  details.addEventListener('toggle', () => {
    unfolded.list = details.open ? 'open' : 'closed';
  });
  return details;
}

/** Draws lists anew; where a row of one had the focus, its file's row has it again, wherever it stands now. */
export function keepFocus(parent: HTMLElement, draw: () => void): void {
  const { activeElement: active } = document;
  const isInList = active instanceof HTMLElement && parent.contains(active) && active.closest('.ranked') !== null;
  draw();
  if (!isInList || active.isConnected) return;
  const rows = [...parent.querySelectorAll<HTMLElement>('.ranked-file')];
  const row = rows.find(({ dataset }) => dataset['path'] === active.dataset['path']);
  const same = active.matches('.others') ? parent.querySelector<HTMLElement>('.ranked button.others') : row;
  // A file that is not among the first any more has no row.
  (same ?? parent.querySelector<HTMLElement>('.ranked > summary'))?.focus({ preventScroll: true });
}

/** What a folded list says: its best files. */
function summary(files: readonly RankedFile[], whole: readonly number[]): string {
  return files
    .slice(0, 2)
    .map(({ path, share }, at) => `${visible(split(path).name)} ${percentText(whole[at] ?? 0, share)}`)
    .join(', ');
}

function fileRow(
  { path, share, lines }: RankedFile,
  percent: number,
  ranges: readonly string[] | undefined,
  known: boolean,
  { strings, post }: Context,
): HTMLElement {
  const [best] = lines;
  const { name, folder } = split(path);
  const title = [
    visible(path),
    fill(strings.shareOf, exactPercent(share)),
    ...(known ? [ranges ? fill(strings.readFor, ranges.join(', ')) : strings.notRead] : []),
  ].join('\n');
  const button = h(
    'button',
    {
      type: 'button',
      class: known && !ranges ? 'row ranked-file unread' : 'row ranked-file',
      title,
      'data-path': path,
      'aria-label': `${visible(path)}, ${percentText(percent, share)}`,
      onclick: () => {
        post({ kind: 'open', path, ...(best ? { start: best.start, end: best.end } : {}) });
      },
    },
    h('span', { class: 'bar' }),
    h('span', { class: 'name' }, visible(name)),
    h('span', { class: 'folder' }, visible(folder)),
    h('span', { class: 'percent' }, percentText(percent, share)),
  );
  button.style.setProperty('--share', String(Math.min(1, share)));
  return h('li', {}, button);
}

function othersRow(
  percent: number,
  share: number,
  more: number,
  unfolded: Unfolded,
  { strings }: Context,
  redraw: () => void,
): HTMLElement {
  const parts = [
    h('span', { class: 'bar' }),
    h('span', { class: 'name' }, strings.others),
    h('span', { class: 'percent' }, percentText(percent, share)),
  ];
  if (more <= 0) return h('li', {}, h('div', { class: 'row others' }, ...parts));
  const open = unfolded.rest === 'open';
  const button = h(
    'button',
    {
      type: 'button',
      class: 'row others',
      'aria-expanded': String(open),
      onclick: () => {
        unfolded.rest = open ? 'closed' : 'open';
        redraw();
      },
    },
    ...parts.slice(0, 2),
    h('span', { class: 'folder' }, open ? strings.fewer : fill(strings.more, more)),
    ...parts.slice(2),
  );
  return h('li', {}, button);
}
