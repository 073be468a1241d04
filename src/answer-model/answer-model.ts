import type { GenerateOptions } from '../engine/client/engine.ts';
import type { Generated } from '../engine/protocol.ts';
import type { Message } from '../engine/generate/tokenizer.ts';
import type { AnswerProfile } from './profile.ts';

/** Where a prompt goes, so that it can be said before it goes there. Only `network` leaves the machine by itself. */
export type Destination =
  /** A process of this program. */
  | { readonly kind: 'process' }
  /** A server on this machine's own addresses. */
  | { readonly kind: 'loopback'; readonly address: string }
  /** A server elsewhere. */
  | { readonly kind: 'network'; readonly address: string }
  /** A model that the editor offers: its vendor decides where the text goes. */
  | { readonly kind: 'editor'; readonly vendor: string };

/** Writes answers from a prompt. The encoder, which finds the lines, is apart from it and never changes with it. */
export interface AnswerModel {
  /** As a user knows it, such as `Qwen2.5-Coder-0.5B-Instruct`. */
  readonly name: string;
  readonly destination: Destination;
  readonly profile: AnswerProfile;
  /** Tokens of file text that are worth reading for one answer, by this model on this machine. */
  excerptTokens(signal: AbortSignal | undefined): Promise<number>;
  /** Tokens of the last prompt that it need not read again; it has none of this where it keeps nothing. */
  keptTokens?(signal: AbortSignal | undefined): Promise<number>;
  /** Streams the reply to `onEvent`. Throws `engine/…`, `answer-model/…`, or the signal's reason. */
  generate(messages: readonly Message[], options: GenerateOptions): Promise<Generated>;
}
