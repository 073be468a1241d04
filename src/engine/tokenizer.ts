import { dirname, basename } from 'node:path';
import { AutoTokenizer, env } from '@xenova/transformers';
import type { PreTrainedTokenizer } from '@xenova/transformers';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** The base's tokenizer and chat template, from the model's folder alone: nothing is ever fetched. */
export class Tokenizer {
  readonly #inner: PreTrainedTokenizer;
  /** Tokens that end an answer. */
  readonly stops: ReadonlySet<number>;

  private constructor(inner: PreTrainedTokenizer) {
    this.#inner = inner;
    const ends = ['<|im_end|>', '<|endoftext|>', '</s>'].flatMap((token) => this.#special(token));
    this.stops = new Set(ends);
  }

  static async load(folder: string): Promise<Tokenizer> {
    env.allowRemoteModels = false;
    env.localModelPath = dirname(folder);
    return new Tokenizer(await AutoTokenizer.from_pretrained(basename(folder), { local_files_only: true }));
  }

  encode(text: string): number[] {
    return this.#inner.encode(text, { add_special_tokens: false });
  }

  decode(ids: readonly number[]): string {
    return this.#inner.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }

  count(text: string): number {
    return this.encode(text).length;
  }

  /** The conversation in the base's own chat format, ending where the assistant begins to speak. */
  chat(messages: readonly Message[]): number[] {
    const text = this.#inner.apply_chat_template([...messages], { tokenize: false, add_generation_prompt: true });
    if (typeof text !== 'string') throw new Error('The chat template gave no text.');
    return this.encode(text);
  }

  #special(token: string): number[] {
    const ids = this.#inner.encode(token, { add_special_tokens: false });
    return ids.length === 1 ? ids : [];
  }
}
