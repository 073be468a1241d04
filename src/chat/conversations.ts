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
    return this.get(conversation)?.exchanges.findLast((exchange) => exchange.id === id);
  }

  append(conversation: string, exchange: Exchange): void {
    this.#change(conversation, ({ exchanges }) => [...exchanges.slice(1 - TRANSCRIPT.exchanges), exchange]);
    for (const { id: old } of this.all().slice(STORE.conversations)) this.#conversations.delete(old);
  }

  /** Puts an exchange in the place of its former self, once for every token: no other conversation is looked at. */
  replace(conversation: string, exchange: Exchange): void {
    const before = this.get(conversation);
    const at = before?.exchanges.findLastIndex(({ id }) => id === exchange.id) ?? -1;
    if (before && at >= 0) this.#put({ ...before, exchanges: before.exchanges.with(at, exchange) });
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
    this.#put({ ...conversation, exchanges, title });
  }

  #put(changed: Conversation): void {
    const conversation = { ...changed, updated: Date.now() };
    this.#conversations.set(conversation.id, conversation);
    if (this.#current.id === conversation.id) this.#current = conversation;
  }
}

function fresh(): Conversation {
  return { id: crypto.randomUUID(), title: '', updated: Date.now(), exchanges: [] };
}
