import type { Action } from '../../src/chat/protocol.ts';
import type { Strings } from '../../src/chat/strings.ts';
import { h, icon } from './dom.ts';

/** A message of the chat itself, with an icon before it. */
export function note(name: string, text: string, kind?: string): HTMLElement {
  return h('div', { class: kind ? `note ${kind}` : 'note' }, icon(name), h('span', { dir: 'auto' }, text));
}

/** What goes on until the answer is complete. `percent` 0..100 where it is known. */
export function progressLine(message: string, percent?: number): HTMLElement {
  const line = h('div', { class: 'progress' }, icon('loading', 'codicon-modifier-spin'), h('span', {}, message));
  if (percent !== undefined) line.append(bar(percent, message));
  return line;
}

export function bar(percent: number, label: string): HTMLElement {
  const whole = Math.round(Math.min(100, Math.max(0, percent)));
  const track = h('div', {
    class: 'track',
    role: 'progressbar',
    'aria-label': label,
    'aria-valuemin': 0,
    'aria-valuemax': 100,
    'aria-valuenow': whole,
  });
  track.append(h('div', {}));
  track.style.setProperty('--done', `${whole}%`);
  return track;
}

/** A failure with the one button that repairs it. */
export function failureNote(message: string, action: Action, strings: Strings, act: () => void): HTMLElement {
  const element = repairable(note('error', message, 'failed'), action, strings, act);
  element.setAttribute('role', 'alert');
  return element;
}

/** That there is no answer, and why; with a button where something can be done about it. */
export function unknownNote(message: string, action: Action, strings: Strings, act: () => void): HTMLElement {
  return repairable(note('question', message, 'unknown'), action, strings, act);
}

function repairable(element: HTMLElement, action: Action, strings: Strings, act: () => void): HTMLElement {
  const label = actionLabel(action, strings);
  if (label !== undefined) element.append(h('button', { type: 'button', class: 'button', onclick: act }, label));
  return element;
}

function actionLabel(action: Action, strings: Strings): string | undefined {
  switch (action) {
    case 'retry':
      return strings.actRetry;
    case 'refresh':
      return strings.actRefresh;
    case 'resume':
      return strings.actResume;
    case 'all-files':
      return strings.actAllFiles;
    case 'show-memory':
      return strings.actMemory;
    case 'open-folder':
      return strings.actOpenFolder;
    case 'open-log':
      return strings.actLog;
    case 'restore-model':
      return strings.actModel;
    case 'choose-model':
      return strings.actChooseModel;
    case 'update':
      return strings.actUpdate;
    case 'free-space':
    case 'show-folder':
      return strings.actFolder;
    case 'none':
      return undefined;
  }
}
