import type { Text } from './corpus.ts';

/**
 * A program that runs the base on the CPU. The caller holds the clock; a new prompt always begins with an empty cache.
 */
export interface System {
  readonly name: string;
  /** Bytes of weights that it reads. */
  readonly bytes: number;
  /** Runs the whole decoder over `ids`. */
  prefill(ids: readonly number[], signal: AbortSignal): Promise<void>;
  /** Runs the whole decoder over `ids`, and then over one token a step. */
  decode(ids: readonly number[], signal: AbortSignal): Promise<Decoding>;
  /** What the program has to do to take in one segment; absent where a model only answers. */
  readonly takeIn?: (segment: Text) => Promise<void>;
  close(): Promise<void>;
}

export interface Decoding {
  /** One more token; gives the one that is likeliest to follow it. */
  step(token: number): Promise<number>;
  end(): Promise<void>;
}
