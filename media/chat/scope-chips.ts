import type { ScopeChoice, EditorContext } from '../../src/chat/protocol.ts';
import { fill } from '../../src/chat/strings.ts';
import type { Strings } from '../../src/chat/strings.ts';
import { TRANSCRIPT } from '../../src/chat/transcript.ts';
import { h, icon } from './dom.ts';
import { split } from './place.ts';
import { visible } from './visible.ts';

type Kind = ScopeChoice['kind'];

const KINDS = ['workspace', 'folder', 'editors', 'changed'] as const satisfies readonly Kind[];
const ICONS = { workspace: 'repo', folder: 'folder', editors: 'files', changed: 'source-control' } as const;

interface Chip {
  readonly input: HTMLInputElement;
  readonly label: HTMLLabelElement;
  readonly text: HTMLElement;
}

/** Which files are asked: one chip of four, and a field for terms such as `+src -tests`. */
export class ScopeChips {
  readonly chips: HTMLElement;
  readonly field: HTMLElement;
  readonly #strings: Strings;
  readonly #chips: ReadonlyMap<Kind, Chip>;
  readonly #terms: HTMLInputElement;
  readonly #toggle: HTMLButtonElement;
  readonly #onChange: () => void;

  constructor(strings: Strings, onChange: () => void) {
    this.#strings = strings;
    this.#onChange = onChange;
    this.#chips = new Map(KINDS.map((kind) => [kind, this.#chip(kind)]));
    this.#terms = h('input', {
      type: 'text',
      placeholder: strings.scopeTermsHint,
      'aria-label': strings.scopeTerms,
      maxlength: TRANSCRIPT.line,
      spellcheck: 'false',
      oninput: () => {
        this.#changed();
      },
    });
    this.#toggle = h(
      'button',
      {
        type: 'button',
        class: 'chip-toggle icon-button',
        title: strings.scopeTerms,
        'aria-label': strings.scopeTerms,
        'aria-expanded': 'false',
        onclick: () => {
          this.#unfold(this.field.hidden !== false, 'focus');
        },
      },
      icon('filter'),
    );
    this.field = h('div', { class: 'terms', hidden: true }, icon('filter'), this.#terms);
    this.chips = h('div', { class: 'chips', role: 'radiogroup', 'aria-label': strings.scope });
    for (const { label } of this.#chips.values()) this.chips.append(label);
    this.chips.append(this.#toggle);
  }

  get choice(): ScopeChoice {
    const kind = KINDS.find((each) => this.#chips.get(each)?.input.checked) ?? 'workspace';
    return { kind, terms: this.#terms.value.trim() };
  }

  choose({ kind, terms }: ScopeChoice): void {
    const chip = this.#chips.get(kind);
    if (chip) chip.input.checked = true;
    this.#terms.value = terms;
    this.#unfold(terms !== '');
  }

  /** What the chips mean now; one that means nothing cannot be chosen. */
  show({ folder, editors, trust }: EditorContext): void {
    const {
      scopeWorkspace,
      scopeFolderTitle,
      scopeFolderNone,
      scopeEditorsTitle,
      scopeEditorsNone,
      scopeChangedTitle,
      scopeChangedRestricted,
    } = this.#strings;
    this.#describe('workspace', scopeWorkspace);
    this.#describe(
      'folder',
      folder === undefined ? scopeFolderNone : fill(scopeFolderTitle, visible(folder)),
      folder !== undefined,
    );
    this.#describe('editors', editors > 0 ? fill(scopeEditorsTitle, editors) : scopeEditorsNone, editors > 0);
    const isTrusted = trust === 'trusted';
    this.#describe('changed', isTrusted ? scopeChangedTitle : scopeChangedRestricted, isTrusted);
    const chip = this.#chips.get('folder');
    if (chip) chip.text.textContent = folder === undefined ? this.#strings.scopeFolder : visible(split(folder).name);
  }

  #describe(kind: Kind, title: string, usable = true): void {
    const chip = this.#chips.get(kind);
    if (!chip) return;
    chip.label.title = title;
    chip.input.setAttribute('aria-label', title);
    chip.input.disabled = !usable;
    const whole = this.#chips.get('workspace');
    if (!usable && chip.input.checked && whole) whole.input.checked = true;
  }

  #unfold(open: boolean, then?: 'focus'): void {
    this.field.hidden = !open;
    this.#toggle.setAttribute('aria-expanded', String(open));
    if (!open && this.#terms.value !== '') {
      this.#terms.value = '';
      this.#onChange();
    }
    if (open && then === 'focus') this.#terms.focus();
    this.#toggle.classList.toggle('on', open);
  }

  #changed(): void {
    this.#onChange();
  }

  #chip(kind: Kind): Chip {
    const texts = {
      workspace: this.#strings.scopeWorkspace,
      folder: this.#strings.scopeFolder,
      editors: this.#strings.scopeEditors,
      changed: this.#strings.scopeChanged,
    };
    const input = h('input', {
      type: 'radio',
      name: 'scope',
      value: kind,
      checked: kind === 'workspace',
      onchange: () => {
        this.#onChange();
      },
    });
    const text = h('span', { class: 'chip-text' }, texts[kind]);
    return { input, text, label: h('label', { class: 'chip' }, input, icon(ICONS[kind]), text) };
  }
}
