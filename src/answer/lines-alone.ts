import { isCounted } from '../evidence/evidence.ts';
import type { Evidence } from '../evidence/evidence.ts';

/** Words of a question that a small model still answers. */
const SHORT = 16;

/**
 * Whether a small model is not asked, because the lines say more than its sentences would: under a complete list that
 * is empty or has more places than a few sentences can name, and under the lines of a long question, whose answers it
 * mostly makes up (test/eval/answers-read.md).
 *
 * @param sentences that the model may say
 */
export function areLinesTheAnswer(evidence: Evidence, question: string, sentences: number): boolean {
  if (isCounted(evidence)) return evidence.count === 0 || evidence.count > 2 * sentences;
  return evidence.kind === 'lines' && question.trim().split(/\s+/).length > SHORT;
}
