import type { Conversation } from './transcript.ts';

/** A conversation that holds what was looked for. */
export interface FoundConversation {
  readonly conversation: Conversation;
  /** The words around the first one that was found, on one line; undefined where nothing was looked for. */
  readonly snippet: string | undefined;
}

/** Characters before the word that was found, and of the whole. */
const SNIPPET = { before: 40, length: 140 } as const;

/**
 * Conversations with an exchange that holds every word of the query, in its question or its answer, whatever the case.
 * The order stays: the newest is what somebody means most often.
 */
export function findConversations(conversations: readonly Conversation[], query: string): FoundConversation[] {
  const words = plain(query).split(' ').filter(Boolean);
  if (words.length === 0) return conversations.map((conversation) => ({ conversation, snippet: undefined }));
  return conversations.flatMap((conversation) => {
    for (const { question, text } of conversation.exchanges) {
      const whole = `${question} ${text}`.replace(/\s+/gu, ' ').trim();
      const folded = plain(whole);
      if (words.every((word) => folded.includes(word))) {
        // Folding may change lengths in a few languages: then the snippet begins a little off.
        const at = Math.min(...words.map((word) => folded.indexOf(word)));
        return [{ conversation, snippet: snippetAt(whole, at) }];
      }
    }
    return [];
  });
}

const plain = (text: string) => text.toLowerCase().replace(/\s+/gu, ' ').trim();

function snippetAt(text: string, at: number): string {
  const start = Math.max(0, at - SNIPPET.before);
  const end = Math.min(text.length, start + SNIPPET.length);
  return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`;
}
