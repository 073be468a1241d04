import type { Strings } from '../../src/chat/strings.ts';
import { TRANSCRIPT } from '../../src/chat/transcript.ts';
import { h } from './dom.ts';

/** A question in its place, to be changed and asked again. Enter asks, Escape leaves it as it was. */
export function questionEditor(
  question: string,
  strings: Strings,
  act: { readonly ask: (question: string) => void; readonly cancel: () => void },
): { readonly element: HTMLElement; readonly focus: () => void } {
  const text = h('textarea', { rows: 1, maxlength: TRANSCRIPT.question, 'aria-label': strings.editLabel, dir: 'auto' });
  text.value = question;
  const ask = () => {
    if (text.value.trim() !== '') act.ask(text.value);
  };
  const element = h(
    'form',
    { class: 'question-editor box' },
    text,
    h(
      'div',
      { class: 'editor-buttons' },
      h('button', { type: 'button', class: 'button secondary', onclick: act.cancel }, strings.cancel),
      h('button', { type: 'submit', class: 'button' }, strings.askAgain),
    ),
  );
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    ask();
  });
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      act.cancel();
    } else if (event.target === text && event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      ask();
    }
  });
  return {
    element,
    focus: () => {
      text.focus();
      text.setSelectionRange(text.value.length, text.value.length);
    },
  };
}
