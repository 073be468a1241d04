/** What is asked of a model, by its size: chosen by measurement (docs/evaluation.md), never one constant for all. */
export interface AnswerProfile {
  /** Seconds from the question to the first token, at most; the model reads as much as it can in that time. */
  readonly firstToken: number;
  /** Fewest and most tokens of file text in a prompt. */
  readonly excerpts: { readonly least: number; readonly most: number };
  /** Most tokens of an answer. */
  readonly answerTokens: number;
  /** Said last, next to the question: a small model follows what it read last. */
  readonly task: string;
}

/** Tokens of the question and of the frame around the excerpts. */
const FRAME = 120;

/**
 * For the 0.5B. Fewer tokens are not worth an answer, and more it does not hold together: answers from 900 tokens were
 * no worse than those from more, and came in half the time.
 */
export const smallProfile: AnswerProfile = {
  firstToken: 6,
  excerpts: { least: 500, most: 1_500 },
  answerTokens: 400,
  task: 'Answer briefly, then explain how the code does it.',
};

/** Tokens of file text that may be read for an answer. `prefillRate` in tokens per second. */
export function excerptTokens({ firstToken, excerpts }: AnswerProfile, prefillRate: number): number {
  return Math.round(Math.min(excerpts.most, Math.max(excerpts.least, firstToken * prefillRate - FRAME)));
}
