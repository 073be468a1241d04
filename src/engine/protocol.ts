import type { Call } from '../common/rpc/messages.ts';
import type { Sampling } from './generate/sampler.ts';
import type { Message } from './generate/tokenizer.ts';

/** What is asked of the engine's process. It runs one call at a time; an abort may cross it. */
export interface EngineCalls {
  readonly describe: Call<undefined, Description>;
  readonly segment: Call<{ readonly text: string }, readonly MeasuredSegment[]>;
  readonly encode: Call<{ readonly header: string; readonly text: string }, Encoded>;
  readonly question: Call<{ readonly text: string }, Float32Array>;
  readonly count: Call<{ readonly texts: readonly string[] }, readonly number[]>;
  readonly generate: Call<GenerateRequest, Generated, GenerateEvent>;
  /** Makes what prompts are read faster with, where it is not there: some seconds, once for a model. */
  readonly prepareAnswers: Call<undefined, void>;
  /** Overwrites what the process keeps of the last prompt. */
  readonly forgetPrompt: Call<undefined, void>;
}

export interface GenerateRequest {
  readonly messages: readonly Message[];
  readonly maxTokens: number;
  readonly sampling: Sampling;
}

export type GenerateEvent =
  | { readonly kind: 'token'; readonly text: string }
  | { readonly kind: 'prefilled'; readonly tokens: number; readonly of: number };

/** One segment under its header, encoded with an empty memory. */
export interface Encoded {
  /** [P · d_k] */
  readonly keys: Float32Array;
  readonly tokens: number;
  readonly milliseconds: number;
}

/** A segment with its size in tokens, its header not counted. */
export interface MeasuredSegment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly tokens: number;
}

/** Why an answer ended; `repeated` is where it began to say again, word for word, what it had said. */
export type FinishReason = 'stop' | 'repeated' | 'length' | 'context';

export interface Generated {
  readonly text: string;
  readonly ending: FinishReason;
  readonly promptTokens: number;
  /** Of these, so many were not read again: the prompt before began with them. */
  readonly keptTokens?: number;
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
  /** Tokens of the last prompt that are kept, for a prompt that begins as it did. */
  readonly keptTokens: number;
  /** Bytes of memory the engine's process holds. */
  readonly residentBytes: number;
}
