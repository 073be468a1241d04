import type { EditorContext } from '../../src/chat/protocol.ts';
import { fill } from '../../src/chat/strings.ts';
import type { Context } from './context.ts';
import { h, icon, iconButton } from './dom.ts';
import { bar, failureNote } from './notes.ts';
import { visible } from './visible.ts';

/** Conversations that are listed before somebody asks for all. */
const LISTED = 3;

/**
 * What is seen before the first question: what this is, where the memory stands, what one could ask, what was asked
 * before.
 */
export function emptyState(
  editorContext: EditorContext,
  context: Context,
  ask: (question: string) => void,
): HTMLElement {
  const { strings, post } = context;
  const { workspace, suggestions, memories, recent } = editorContext;
  const head = h(
    'header',
    { class: 'empty-head' },
    h('h2', {}, strings.emptyTitle),
    h('p', {}, workspace === 'open' ? strings.emptyLine : strings.noFolder),
  );
  if (workspace === 'none') {
    const open = h(
      'button',
      {
        type: 'button',
        class: 'button',
        onclick: () => {
          post({ kind: 'openFolder' });
        },
      },
      strings.openFolder,
    );
    return h('section', { class: 'empty' }, head, open);
  }
  return h(
    'section',
    { class: 'empty' },
    head,
    memories.length > 0 ? memoryStates(memories, context) : undefined,
    suggestions.length > 0 ? suggestionList(suggestions, strings.tryThese, ask) : undefined,
    recent.length > 0 ? recentList(recent, context) : undefined,
  );
}

function suggestionList(suggestions: readonly string[], title: string, ask: (question: string) => void): HTMLElement {
  const rows = suggestions.map((question) =>
    h(
      'li',
      {},
      h(
        'button',
        {
          type: 'button',
          class: 'suggestion',
          onclick: () => {
            ask(question);
          },
        },
        visible(question),
      ),
    ),
  );
  return h('section', { class: 'suggestions', 'aria-label': title }, h('h3', {}, title), h('ul', {}, ...rows));
}

function recentList(recent: EditorContext['recent'], { strings, post }: Context): HTMLElement {
  const rows = recent.slice(0, LISTED).map(({ id, title, updated }) =>
    h(
      'li',
      { class: 'recent-item' },
      h(
        'button',
        {
          type: 'button',
          class: 'row recent',
          title: visible(title),
          onclick: () => {
            post({ kind: 'switch', conversation: id });
          },
        },
        h('span', { class: 'name' }, visible(title)),
        h('span', { class: 'when' }, when(updated)),
      ),
      iconButton('trash', fill(strings.deleteConversation, visible(title)), () => {
        post({ kind: 'delete', conversation: id });
      }),
    ),
  );
  const all = h(
    'button',
    {
      type: 'button',
      class: 'file-link all',
      onclick: () => {
        post({ kind: 'history' });
      },
    },
    strings.allConversations,
  );
  const more = recent.length > LISTED ? [all] : [];
  return h(
    'section',
    { class: 'recents', 'aria-label': strings.recent },
    h('h3', {}, strings.recent),
    h('ul', { class: 'rows' }, ...rows),
    ...more,
  );
}

/** The time for today, the day for everything before. */
function when(updated: number): string {
  const date = new Date(updated);
  const style: Intl.DateTimeFormatOptions =
    date.toDateString() === new Date().toDateString()
      ? { hour: '2-digit', minute: '2-digit' }
      : { day: 'numeric', month: 'short' };
  return new Intl.DateTimeFormat(document.documentElement.lang || 'en', style).format(date);
}

function memoryStates(memories: EditorContext['memories'], { strings, post }: Context): HTMLElement {
  const several = memories.length > 1;
  const rows = memories.map(({ name, state }) => {
    const message = several ? `${visible(name)}: ${visible(state.message)}` : visible(state.message);
    if (state.kind === 'failed') {
      return failureNote(message, state.action, strings, () => {
        post({ kind: 'act', action: state.action });
      });
    }
    const percent = 'percent' in state ? state.percent : undefined;
    const symbol = {
      ready: 'check',
      paused: 'debug-pause',
      opening: 'database',
      walking: 'search',
      reading: 'book',
      embedding: 'library',
    }[state.kind];
    const row = h('div', { class: `memory ${state.kind}` }, icon(symbol), h('span', {}, message));
    if (percent !== undefined) {
      row.append(h('span', { class: 'done' }, `${Math.floor(percent)}%`), bar(percent, strings.memory));
    }
    return row;
  });
  return h('section', { class: 'memories', 'aria-label': strings.memory }, ...rows);
}
