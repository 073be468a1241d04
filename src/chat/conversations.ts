import { titleOf, TRANSCRIPT } from './transcript.ts';
import type { Conversation, Exchange } from './transcript.ts';
import { STORE } from './store.ts';
import type { Saved } from './store.ts';

/** The conversations of a workspace and which of them is shown. One that has not begun is shown, but not kept. */
export class Conversations {
  readonly #conversations = new Map<string, Conversation>();
  #current: Conversation = fresh();

  /** Takes in what was kept on disk. */
  fill({ conversations, current }: Saved): void {
    for (const conversation of conversations) this.#conversations.set(conversation.id, conversation);
    const shown = current === undefined ? undefined : this.#conversations.get(current);
    if (shown && this.#current.exchanges.length === 0) this.#current = shown;
  }

  get current(): Conversation {
    return this.#current;
  }

  get(id: string): Conversation | undefined {
    return this.#current.id === id ? this.#current : this.#conversations.get(id);
  }

  /** All that have begun, newest first. */
  all(): Conversation[] {
    return [...this.#conversations.values()].sort((a, b) => b.updated - a.updated);
  }

  kept(): Saved {
    return { conversations: this.all(), current: this.#current.exchanges.length > 0 ? this.#current.id : undefined };
  }

  begin(): void {
    if (this.#current.exchanges.length > 0) this.#current = fresh();
  }

  /** Shows a conversation; one that is not there leaves everything as it is. */
  show(id: string): void {
    this.#current = this.#conversations.get(id) ?? this.#current;
  }

  delete(id: string): void {
    this.#conversations.delete(id);
    if (this.#current.id === id) this.#current = fresh();
  }

  clear(): void {
    this.#conversations.clear();
    this.#current = fresh();
  }

  exchange(conversation: string, id: string): Exchange | undefined {
    return this.get(conversation)?.exchanges.find((exchange) => exchange.id === id);
  }

  append(conversation: string, exchange: Exchange): void {
    this.#change(conversation, ({ exchanges }) => [...exchanges.slice(1 - TRANSCRIPT.exchanges), exchange]);
  }

  replace(conversation: string, exchange: Exchange): void {
    this.#change(conversation, ({ exchanges }) => exchanges.map((own) => (own.id === exchange.id ? exchange : own)));
  }

  /** Takes an exchange and all after it out; gives them back. */
  cut(conversation: string, id: string): readonly Exchange[] {
    const exchanges = this.get(conversation)?.exchanges ?? [];
    const at = exchanges.findIndex((exchange) => exchange.id === id);
    if (at < 0) return [];
    this.#change(conversation, () => exchanges.slice(0, at));
    return exchanges.slice(at);
  }

  #change(id: string, change: (conversation: Conversation) => readonly Exchange[]): void {
    const conversation = this.get(id);
    if (!conversation) return;
    const exchanges = change(conversation);
    const title = titleOf(exchanges[0]?.question ?? '');
    const changed = { ...conversation, exchanges, title, updated: Date.now() };
    this.#conversations.set(id, changed);
    if (this.#current.id === id) this.#current = changed;
    for (const { id: old } of this.all().slice(STORE.conversations)) this.#conversations.delete(old);
  }
}

function fresh(): Conversation {
  return { id: crypto.randomUUID(), title: '', updated: Date.now(), exchanges: [] };
}
