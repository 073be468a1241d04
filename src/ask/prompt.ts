import type { Message } from '../engine/tokenizer.ts';
import type { Excerpt } from './excerpt.ts';

/** One exchange that came before. */
export interface Turn {
  readonly question: string;
  readonly answer: string;
}

/** Sizes in tokens, times in seconds. */
export const PROMPT = {
  /** From the question to the first token, at most; the model reads as much as it can in that time. */
  firstToken: 6,
  /**
   * Less than that is not worth an answer. More than that a 0.5B model does not hold together: answers from 900 tokens were
   * no worse than those from more, and came in half the time.
   */
  least: 500,
  most: 1_500,
  /** The question and the frame around the excerpts. */
  frame: 120,
  /** An answer of some paragraphs. */
  answer: 400,
} as const;

/** Said last, next to the question: a small model follows what it read last. */
const TASK = 'Answer briefly, then explain how the code does it.';

/** Tokens of file text that may be read for an answer, from the measured prefill speed in tokens per second. */
export function excerptBudget(prefillRate: number): number {
  return Math.round(Math.min(PROMPT.most, Math.max(PROMPT.least, PROMPT.firstToken * prefillRate - PROMPT.frame)));
}

/**
 * The conversation that is put to the model; file text is fenced and named as data. There is no system message of ours: with
 * the one that the base was tuned on (its chat template adds it), answers to questions about two projects were right more
 * often than with any that told it how to behave, and an invitation to say that the code does not show it was taken too often.
 */
export function promptFor(question: string, excerpts: readonly Excerpt[], history: readonly Turn[]): Message[] {
  // The best file comes last, next to the question: a small model follows what it read last.
  const byFile = [...Map.groupBy(excerpts, ({ path }) => path).values()].reverse().flat();
  const shown = byFile.map(({ path, start, end, lines }) => {
    const text = lines.join('').trimEnd();
    const fence = text.includes('```') ? '~~~~' : '```';
    return `File ${path}, lines ${start}-${end}:\n${fence}\n${text}\n${fence}`;
  });
  const last = history.at(-1);
  return [
    ...(last
      ? [
          { role: 'user' as const, content: last.question },
          { role: 'assistant' as const, content: last.answer },
        ]
      : []),
    { role: 'user', content: `${shown.join('\n\n')}\n\nBased on the code above, ${question}\n${TASK}` },
  ];
}
