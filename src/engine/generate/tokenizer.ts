import { dirname, basename } from 'node:path';
import { AutoTokenizer, env } from '@xenova/transformers';
import type { PreTrainedTokenizer } from '@xenova/transformers';
import { ContentMask, ControlTokens } from './control-tokens.ts';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/**
 * The base's tokenizer and chat template, from the model's folder alone: nothing is ever fetched. Text is data:
 * whatever it says, it never becomes a control token. Those come from the chat template's own frame and from nowhere
 * else.
 */
export class Tokenizer {
  readonly #inner: PreTrainedTokenizer;
  readonly #control: ControlTokens;
  readonly #vocabulary: NonNullable<PreTrainedTokenizer['_tokenizer']['model']>;
  /** Tokens that end an answer. */
  readonly stops: ReadonlySet<number>;

  private constructor(inner: PreTrainedTokenizer) {
    this.#inner = inner;
    this.#control = new ControlTokens([...inner._tokenizer.get_added_tokens_decoder().values()]);
    const { model } = inner._tokenizer;
    if (model === null) throw new Error('The tokenizer has no vocabulary.');
    this.#vocabulary = model;
    this.stops = new Set([...this.#control.ends].filter((id) => id !== model.unk_token_id));
  }

  static async load(folder: string): Promise<Tokenizer> {
    env.allowRemoteModels = false;
    env.localModelPath = dirname(folder);
    return new Tokenizer(await AutoTokenizer.from_pretrained(basename(folder), { local_files_only: true }));
  }

  /** The tokens of a text; none of them is a control token. */
  encode(text: string): number[] {
    return this.#encode(text, 0);
  }

  /** The text of tokens; control tokens say nothing. */
  decode(ids: readonly number[]): string {
    const spoken = ids.filter((id) => !this.#control.ids.has(id));
    if (spoken.length === 0) return '';
    return this.#inner.decode(spoken, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }

  count(text: string): number {
    return this.encode(text).length;
  }

  /**
   * The conversation in the base's own chat format, ending where the assistant begins to speak. Each run between two
   * control tokens is encoded as one text, frame and content together: these are the tokens that the base was trained
   * on.
   */
  chat(messages: readonly Message[]): number[] {
    const mask = new ContentMask(
      this.#control,
      messages.map(({ content }) => content),
    );
    const hidden = messages.map(({ role, content }) => ({ role, content: mask.hide(content) }));
    // Models that can think at length before they answer are asked not to: who asks waits for the first word.
    const how = { tokenize: false, add_generation_prompt: true, enable_thinking: false };
    const rendered = this.#inner.apply_chat_template(hidden, how);
    if (typeof rendered !== 'string') throw new Error('The chat template gave no text.');
    return this.#control
      .split(rendered)
      .flatMap((part, at) => (part.kind === 'control' ? [part.id] : this.#encode(mask.show(part.text), at)));
  }

  /**
   * The library's own steps without the one that looks for added tokens.
   *
   * @param section 0 where the text is the first of a prompt: some tokenizers put a blank before it
   */
  #encode(text: string, section: number): number[] {
    if (text === '') return [];
    const { normalizer, pre_tokenizer } = this.#inner._tokenizer;
    const normal = normalizer === null ? text : normalizer(text);
    return normal.split(this.#control.text).flatMap((part, at) => {
      if (part === '') return [];
      if (at % 2 === 1) return this.#vocabulary.tokens_to_ids.get(part) ?? [];
      return this.#merge(pre_tokenizer === null ? [part] : pre_tokenizer(part, { section_index: section }));
    });
  }

  /** A vocabulary may hold pieces that merge into a control token: such words are halved until they give none. */
  #merge(words: readonly string[]): number[] {
    const model = this.#vocabulary;
    const ids = model([...words]).flatMap((piece) => model.tokens_to_ids.get(piece) ?? model.unk_token_id ?? []);
    const isControl = (id: number) => this.#control.ids.has(id) && !this.#isUnknown(id, words);
    if (!ids.some(isControl)) return ids;
    const halves = words.length > 1 ? halve(words) : halve(Array.from(words[0] ?? '')).map((half) => [half.join('')]);
    const whole = halves.length < 2;
    return whole ? ids.filter((id) => !isControl(id)) : halves.flatMap((half) => this.#merge(half));
  }

  /** A character that the vocabulary has not, and not the word by which the vocabulary calls it. */
  #isUnknown(id: number, words: readonly string[]): boolean {
    const { unk_token_id: unknown, unk_token: word } = this.#vocabulary;
    return id === unknown && !words.some((text) => word !== undefined && text.includes(word));
  }
}

/** Both halves, or the one item. */
function halve<T>(items: readonly T[]): (readonly T[])[] {
  const middle = Math.ceil(items.length / 2);
  return middle < items.length ? [items.slice(0, middle), items.slice(middle)] : [items];
}
