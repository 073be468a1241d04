import type { AnswerEvent } from '../answer/answer.ts';

/** Which of the ranked files a user wants to see beside an answer. */
export interface ListedFiles {
  /** At most so many, 1 or more. */
  readonly most: number;
  /** A file with a smaller share is left out; a part of one. */
  readonly leastShare: number;
}

/**
 * Passes events on with the files that are to be listed alone. The best file always is; the shares stay those of the
 * whole ranking, and what the answer is made of stays the same.
 */
export function toListed(onEvent: (event: AnswerEvent) => void, { most, leastShare }: ListedFiles) {
  return (event: AnswerEvent): void => {
    if (event.kind !== 'preliminary' && event.kind !== 'recalled') {
      onEvent(event);
      return;
    }
    const files = event.files.slice(0, most).filter(({ share }, at) => at === 0 || share >= leastShare);
    onEvent({ ...event, files });
  };
}
