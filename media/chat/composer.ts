import type { ScopeChoice, EditorContext } from '../../src/chat/protocol.ts';
import { fill } from '../../src/chat/strings.ts';
import { TRANSCRIPT } from '../../src/chat/transcript.ts';
import type { PlacedLines } from '../../src/chat/transcript.ts';
import type { Context } from './context.ts';
import { h, icon, iconButton } from './dom.ts';
import { rangeText, split } from './place.ts';
import { ScopeChips } from './scope-chips.ts';
import { visible } from './visible.ts';

export interface ComposerActions {
  readonly onDraft: () => void;
  readonly onAsked: () => void;
  /** Up in an empty field. */
  readonly editLast: () => void;
}

export interface Draft {
  readonly text: string;
  readonly scope: ScopeChoice;
}

/** Where questions are written. Enter asks, Shift+Enter breaks the line, Escape stops, Up edits the last question. */
export class Composer {
  readonly element: HTMLFormElement;
  readonly #context: Context;
  readonly #actions: ComposerActions;
  readonly #text: HTMLTextAreaElement;
  readonly #scope: ScopeChips;
  readonly #ask: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #selected = h('div', { class: 'attachments', hidden: true });
  /** What the editor has selected, and what goes with the question. */
  #selection: PlacedLines | undefined;
  #attached: PlacedLines | undefined;
  #typed: 'not yet' | 'told' = 'not yet';

  constructor(context: Context, actions: ComposerActions) {
    this.#context = context;
    this.#actions = actions;
    const { strings, post } = context;
    this.#text = h('textarea', {
      rows: 1,
      maxlength: TRANSCRIPT.question,
      'aria-label': strings.askLabel,
      placeholder: strings.askFirst,
      dir: 'auto',
    });
    this.#scope = new ScopeChips(strings, actions.onDraft);
    this.#ask = iconButton('send', strings.ask, () => undefined);
    this.#ask.type = 'submit';
    this.#ask.classList.add('ask');
    this.#stop = iconButton('debug-stop', strings.stop, () => {
      post({ kind: 'stop' });
    });
    this.#stop.classList.add('stop');
    this.#stop.hidden = true;
    const tools = h('div', { class: 'composer-tools' }, this.#scope.chips, this.#stop, this.#ask);
    this.element = h(
      'form',
      { class: 'composer' },
      h('div', { class: 'box' }, this.#selected, this.#text, this.#scope.field, tools),
    );
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    this.element.addEventListener('keydown', (event) => {
      this.#key(event);
    });
    this.#text.addEventListener('input', () => {
      this.#changed();
      if (this.#typed === 'not yet') post({ kind: 'typing' });
      this.#typed = 'told';
    });
    this.#showAsk();
  }

  get draft(): Draft {
    return { text: this.#text.value, scope: this.#scope.choice };
  }

  restore({ text, scope }: Draft): void {
    this.#text.value = text;
    this.#scope.choose(scope);
    this.#changed();
  }

  write(text: string): void {
    this.#text.value = text;
    this.#changed();
    this.focus();
  }

  focus(): void {
    this.#text.focus();
  }

  editorContext(editorContext: EditorContext): void {
    this.#scope.show(editorContext);
    this.#selection = editorContext.selection;
    this.#showSelection();
    this.element.hidden = editorContext.workspace === 'none';
  }

  /** Whether an answer is under way, and whether something was asked before. */
  status(isAnswering: boolean, hasBegun: boolean): void {
    this.element.dataset['answering'] = String(isAnswering);
    const { askFirst, askNext } = this.#context.strings;
    this.#stop.hidden = !isAnswering;
    this.#text.placeholder = hasBegun ? askNext : askFirst;
  }

  #send(): void {
    const { text, scope } = this.draft;
    if (text.trim() === '') return;
    this.#context.post({ kind: 'ask', question: text, scope, selection: this.#attached });
    this.#text.value = '';
    this.#attached = undefined;
    this.#showSelection();
    this.#changed();
    this.#actions.onAsked();
  }

  /** Selected lines are offered, not taken: they would be read whatever the question is. */
  #showSelection(): void {
    const { strings } = this.#context;
    const place = this.#attached ?? this.#selection;
    this.#selected.hidden = !place;
    if (!place) return;
    const { path, start, end } = place;
    const label = fill(strings.attach, `${visible(path)}:${rangeText(start, end)}`);
    const chip = h(
      'button',
      {
        type: 'button',
        class: 'attachment',
        title: label,
        'aria-label': label,
        'aria-pressed': String(this.#attached !== undefined),
        onclick: () => {
          this.#attached = this.#attached ? undefined : place;
          this.#showSelection();
          this.focus();
        },
      },
      icon(this.#attached ? 'list-selection' : 'add'),
      h('span', {}, `${visible(split(path).name)}:${rangeText(start, end)}`),
    );
    if (!this.#selected.firstElementChild?.isEqualNode(chip)) this.#selected.replaceChildren(chip);
  }

  #changed(): void {
    this.#showAsk();
    this.#actions.onDraft();
  }

  #showAsk(): void {
    // Not disabled: a button that a keyboard stands on must not vanish under it.
    this.#ask.setAttribute('aria-disabled', String(this.#text.value.trim() === ''));
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const inText = event.target === this.#text;
    const inField = event.target instanceof HTMLInputElement && event.target.type === 'text';
    if (event.key === 'Enter' && !event.shiftKey && (inText || inField)) {
      event.preventDefault();
      this.#send();
    } else if (event.key === 'ArrowUp' && inText && this.#text.value === '') {
      event.preventDefault();
      this.#actions.editLast();
    }
  }
}
