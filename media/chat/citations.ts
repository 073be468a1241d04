import { fill, linesText } from '../../src/chat/strings.ts';
import type { Cited } from './answer.ts';
import type { Context } from './context.ts';
import { h } from './dom.ts';
import { split } from './place.ts';
import { visible } from './visible.ts';

/** The sources of an answer. A row lights its sentences, and a sentence lights its row. */
export function citationList(cited: readonly Cited[], { strings, post }: Context): HTMLElement | undefined {
  if (cited.length === 0) return undefined;
  const rows = cited.map((citation) => {
    const { number, path, start, end, pieces } = citation;
    const { name, folder } = split(path);
    const lines = linesText(citation, strings);
    const place = `${path}:${lines}`;
    const row = h(
      'button',
      {
        type: 'button',
        class: 'row citation',
        title: visible(place),
        'aria-label': fill(strings.citation, number, visible(place)),
        'data-citation': number,
        onclick: () => {
          post({ kind: 'open', path, start, end });
        },
      },
      h('span', { class: 'number' }, String(number)),
      h('span', { class: 'name' }, visible(name)),
      h('span', { class: 'lines' }, `:${lines}`),
      h('span', { class: 'folder' }, visible(folder)),
    );
    light(row, pieces);
    for (const piece of pieces) light(piece, [row]);
    return h('li', {}, row);
  });
  return h(
    'section',
    { class: 'citations', 'aria-label': strings.sources },
    h('h3', {}, strings.sources),
    h('ul', { class: 'rows' }, ...rows),
  );
}

function light(source: HTMLElement, targets: readonly HTMLElement[]): void {
  const set = (lit: boolean) => () => {
    for (const target of targets) target.classList.toggle('lit', lit);
  };
  for (const event of ['pointerenter', 'focusin']) source.addEventListener(event, set(true));
  for (const event of ['pointerleave', 'focusout']) source.addEventListener(event, set(false));
}
