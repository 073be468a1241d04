import type { Sampling } from './generate/sampler.ts';
import type { Message } from './generate/tokenizer.ts';

/** What the host asks of the engine's process. One request is in the works at a time; a `cancel` may cross it. */
export type Request =
  | { readonly kind: 'describe' }
  | { readonly kind: 'segment'; readonly text: string }
  | { readonly kind: 'encode'; readonly header: string; readonly text: string }
  | { readonly kind: 'question'; readonly text: string }
  | { readonly kind: 'count'; readonly texts: readonly string[] }
  | {
      readonly kind: 'generate';
      readonly messages: readonly Message[];
      readonly maxTokens: number;
      readonly sampling: Sampling;
      /** Segments with their headers that the token memory holds while the answer is made. */
      readonly remembered: readonly string[];
    };

export type Envelope =
  | { readonly kind: 'request'; readonly id: number; readonly request: Request }
  | { readonly kind: 'cancel'; readonly id: number };

/** A segment with its size in tokens, its header not counted. */
export interface MeasuredSegment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokens: number;
}

/** Why an answer ended; `repeated` is where it began to say again, word for word, what it had said. */
export type FinishReason = 'stop' | 'repeated' | 'length' | 'context';

type Problem = 'model-file' | 'load' | 'memory' | 'internal';

/** What comes back. `token` and `prefilled` are on the way; every other kind ends its request. */
export type Reply =
  | { readonly kind: 'token'; readonly text: string }
  | { readonly kind: 'prefilled'; readonly tokens: number; readonly of: number }
  | { readonly kind: 'described'; readonly description: Description }
  | { readonly kind: 'segmented'; readonly segments: readonly MeasuredSegment[] }
  | { readonly kind: 'encoded'; readonly keys: Float32Array; readonly tokens: number; readonly milliseconds: number }
  | { readonly kind: 'asked'; readonly key: Float32Array; readonly tokens: number }
  | { readonly kind: 'counted'; readonly counts: readonly number[] }
  | { readonly kind: 'generated'; readonly generated: Generated }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly problem: Problem; readonly sentence: string };

export interface ReplyEnvelope {
  readonly id: number;
  readonly reply: Reply;
}

export interface Generated {
  readonly text: string;
  readonly ending: FinishReason;
  readonly promptTokens: number;
  readonly tokens: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
}

/** What runs, and what was measured when it was loaded. */
export interface Description {
  readonly model: string;
  readonly device: 'cpu' | 'webgpu';
  /** Why this device: a sentence. */
  readonly because: string;
  readonly threads: number;
  /** Whole-decoder prefill, tokens per second, measured in this process. */
  readonly prefillRate: number;
  /** Bytes of memory the engine's process holds. */
  readonly residentBytes: number;
}

export function isReplyEnvelope(message: unknown): message is ReplyEnvelope {
  return typeof message === 'object' && message !== null && 'id' in message && 'reply' in message;
}

export function isEnvelope(message: unknown): message is Envelope {
  return typeof message === 'object' && message !== null && 'id' in message && 'kind' in message;
}
