import type { AnswerProfile } from '../answer-model/profile.ts';
import { isCounted } from '../evidence/evidence.ts';
import type { Evidence, EvidenceKind } from '../evidence/evidence.ts';

/** Words of a question that a small model still answers. */
const SHORT = 16;
/** Part of the weight of a sentence's words that its lines have to hold, where how or why something is so is asked. */
const LITERAL = 0.9;
/** How, why and what then, in ten languages; "how many" asks for a number, which stands in a line. */
const HOW =
  /^[^\p{L}]*(?:how\b(?!\s+(?:many|much|long|often|old|far|large|big)\b)|why\b|what happens\b|wie(?!\p{L})(?!\s+(?:viele?|lange|oft|groß|alt)(?!\p{L}))|warum|wieso|weshalb|was passiert|comment|pourquoi|que se passe|cómo|por qué|qué pasa|como|por que|o que acontece|come(?!\p{L})|perché|cosa succede|как(?!\p{L})|почему|зачем)|怎么|怎样|如何|为什么|どう|どのように|なぜ|어떻게|왜/iu;

/**
 * Whether a model is not asked, because the lines say more than its sentences would: under a complete list that is
 * empty or has more places than the model can name, and, of a small model, under the lines of a long question, whose
 * answers it mostly makes up (test/eval/answers-read.md).
 */
export function areLinesTheAnswer(evidence: Evidence, question: string, { sentences, places }: AnswerProfile): boolean {
  const isSmall = sentences.kind === 'sourced';
  if (isCounted(evidence)) return evidence.count > places || (isSmall && evidence.count === 0);
  return isSmall && evidence.kind === 'lines' && question.trim().split(/\s+/).length > SHORT;
}

/**
 * The part of a small model's sentence that its lines have to hold, 0..1. Of how and why, what the model takes from
 * several places it puts together wrongly (test/eval/answers-read.md).
 */
export function leastSupport(kind: EvidenceKind | undefined, question: string): number {
  if (kind === 'trace' || kind === 'history') return LITERAL;
  return kind === 'lines' && HOW.test(question) ? LITERAL : 0;
}
