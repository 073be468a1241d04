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
  /**
   * All sentences, where those without a source are marked; or only those that have one and name nothing that stands
   * nowhere, so many at most.
   */
  readonly sentences: { readonly kind: 'all' } | { readonly kind: 'sourced'; readonly most: number };
  /** Most places of a complete list that it is asked about: of more it names a part, where the list has all. */
  readonly places: number;
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
  answerTokens: 200,
  task: 'Answer in two or three sentences.',
  sentences: { kind: 'sourced', most: 3 },
  places: 6,
};

/** What a model that is larger than ours, and that others run, is asked for; its context is not known to be large. */
const OTHERS = {
  firstToken: 15,
  /** Part of a context that our count of tokens may fill: another tokenizer counts others. */
  safe: 0.8,
  excerpts: { least: 300, most: 6_000 },
  answerTokens: 1_000,
  /** Part of the context that an answer may take. */
  answerPart: 0.25,
  task: 'Answer, then explain how the code does it.',
  sentences: { kind: 'all' },
  places: Number.POSITIVE_INFINITY,
} as const;

/** For a model that somebody else runs. `contextTokens`: prompt and answer together. */
export function profileOfContext(contextTokens: number): AnswerProfile {
  const answerTokens = Math.round(Math.min(OTHERS.answerTokens, OTHERS.answerPart * contextTokens));
  // The last exchange goes with a question, and its answer was as long as this one may be.
  const left = OTHERS.safe * contextTokens - 2 * answerTokens - FRAME;
  const most = Math.round(Math.min(OTHERS.excerpts.most, Math.max(OTHERS.excerpts.least, left)));
  const { firstToken, task, excerpts, sentences, places } = OTHERS;
  return {
    firstToken,
    task,
    sentences,
    places,
    answerTokens,
    excerpts: { least: Math.min(excerpts.least, most), most },
  };
}

/**
 * For models of one or two thousand million numbers. They hold more text together than the 0.5B, but what they explain
 * at length is as often invented (test/eval/answers-read.md), so that they say as little.
 */
const middleProfile: AnswerProfile = {
  ...smallProfile,
  firstToken: 8,
  excerpts: { least: 800, most: 3_000 },
  answerTokens: 300,
  sentences: { kind: 'sourced', most: 4 },
};

/** For models of some three thousand million numbers and more. */
const largeProfile: AnswerProfile = {
  firstToken: 8,
  excerpts: { least: 800, most: 3_000 },
  answerTokens: 700,
  task: 'Answer the question first, then explain how the code does it.',
  sentences: { kind: 'all' },
  places: 6,
};

/** Bytes, in this project's own format: the 0.5B has 354 MB, the 1.5B 1 GB, one of 3B about 2 GB. */
const FROM = { middle: 700e6, large: 1_700e6 } as const;

/** The profile of a model by its bytes on disk. */
export function profileFor(bytes: number): AnswerProfile {
  if (bytes >= FROM.large) return largeProfile;
  return bytes >= FROM.middle ? middleProfile : smallProfile;
}

/** Tokens of file text that may be read for an answer. `prefillRate` in tokens per second. */
export function excerptTokens({ firstToken, excerpts }: AnswerProfile, prefillRate: number): number {
  return Math.round(Math.min(excerpts.most, Math.max(excerpts.least, firstToken * prefillRate - FRAME)));
}
