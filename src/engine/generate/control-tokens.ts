import { escapeRegExp } from '../../common/escape-regexp.ts';

/** What a tokenizer.json says of a token that it adds to its model's vocabulary. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Whether blanks before or after the token belong to it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

export type Section =
  | { readonly kind: 'control'; readonly id: number }
  | { readonly kind: 'text'; readonly text: string };

/** Blanks (`▁` to tokenizers that come from SentencePiece) and single characters frame nothing. */
export const ORDINARY = /^(?:[\s▁]+|.)$/u;
/** The first of 6,400 characters that Unicode assigns to nobody. */
const PRIVATE = 0xe000;
const PRIVATE_COUNT = 6_400;
const MARK_LENGTH = 8;

/**
 * The added tokens that mean something to the model: frames of a chat, ends, calls of tools. Only a chat template may
 * produce them. Some vocabularies add runs of blanks and rare letters; those are text.
 */
export class ControlTokens {
  readonly ids: ReadonlySet<number>;
  /** The special ones: a model that emits one of them has ended its answer. */
  readonly ends: ReadonlySet<number>;
  /** Finds the longest of the added tokens that are text; its one group holds the token. */
  readonly text: RegExp;
  readonly #tokens: ReadonlyMap<string, AddedToken>;
  readonly #longestFirst: RegExp;
  readonly #firstCharacters: RegExp;

  constructor(added: readonly AddedToken[]) {
    const named = added.filter(({ content }) => content !== '');
    const control = named.filter(({ content, special }) => special || !ORDINARY.test(content));
    this.ids = new Set(control.map(({ id }) => id));
    this.ends = new Set(control.filter(({ special }) => special).map(({ id }) => id));
    this.#tokens = new Map(control.map((token) => [token.content, token]));
    this.text = new RegExp(`(${anyOf(named.filter((token) => !control.includes(token)))})`);
    const any = anyOf(control);
    this.#longestFirst = new RegExp(`(${any})`);
    this.#firstCharacters = new RegExp(`(?=${any})[^]`, 'g');
  }

  /** Cuts a rendered chat at every control token; a token that strips takes the blanks of its neighbors. */
  split(rendered: string): Section[] {
    // Every second part is a token, because the pattern has one group.
    const parts = rendered.split(this.#longestFirst);
    return parts.flatMap((part, at): Section[] => {
      const token = at % 2 === 1 ? this.#tokens.get(part) : undefined;
      if (token) return [{ kind: 'control', id: token.id }];
      const started = this.#tokens.get(parts[at - 1] ?? '')?.rstrip === true ? part.trimStart() : part;
      const text = this.#tokens.get(parts[at + 1] ?? '')?.lstrip === true ? started.trimEnd() : started;
      return text === '' ? [] : [{ kind: 'text', text }];
    });
  }

  /** Replaces the first character of every control token in `text`, wherever they overlap. */
  replaceFirst(text: string, replace: (character: string) => string): string {
    return text.replace(this.#firstCharacters, replace);
  }
}

/**
 * Hides in a message's content what a chat template or `ControlTokens.split` could take for a control token. The first
 * and the last character are hidden as well, so that no token forms across the border to the frame. Blanks stay
 * visible: templates trim.
 */
export class ContentMask {
  readonly #tokens: ControlTokens;
  readonly #mark: string;
  readonly #hidden: string[] = [];

  /** @param contents all that will be hidden; none of them holds the mark */
  constructor(tokens: ControlTokens, contents: readonly string[]) {
    this.#tokens = tokens;
    let mark = freshMark();
    while (contents.some((content) => content.includes(mark))) mark = freshMark();
    this.#mark = mark;
  }

  hide(content: string): string {
    const start = content.length - content.trimStart().length;
    const end = content.trimEnd().length;
    if (start >= end) return content;
    const inner = content.slice(start, end);
    const last = inner.length > 1 ? this.#placeholder(inner.slice(-1)) : '';
    const between = inner.slice(1, Math.max(1, inner.length - 1));
    // The token that begins with the first or ends with the last character is broken already; all others lie in
    // between.
    const masked = this.#tokens.replaceFirst(between, (character) => this.#placeholder(character));
    return `${content.slice(0, start)}${this.#placeholder(inner.slice(0, 1))}${masked}${last}${content.slice(end)}`;
  }

  /** The text with all that was hidden in its place again. */
  show(text: string): string {
    const [first = '', ...others] = text.split(this.#mark);
    return first + others.map((part) => (this.#hidden[part.charCodeAt(0) - PRIVATE] ?? '') + part.slice(1)).join('');
  }

  #placeholder(character: string): string {
    let at = this.#hidden.indexOf(character);
    if (at < 0) at = this.#hidden.push(character) - 1;
    return this.#mark + String.fromCharCode(PRIVATE + at);
  }
}

/** Nobody who writes a file can know it: a mark that is in use cannot be forged. */
function freshMark(): string {
  const numbers = crypto.getRandomValues(new Uint32Array(MARK_LENGTH));
  return String.fromCharCode(...Array.from(numbers, (number) => PRIVATE + (number % PRIVATE_COUNT)));
}

function anyOf(tokens: readonly AddedToken[]): string {
  if (tokens.length === 0) return '(?!)';
  const contents = tokens.map(({ content }) => content).toSorted((a, b) => b.length - a.length);
  return contents.map(escapeRegExp).join('|');
}
