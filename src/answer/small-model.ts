import type { AnswerProfile } from '../answer-model/profile.ts';
import { isCounted } from '../evidence/evidence.ts';
import type { Evidence, EvidenceKind } from '../evidence/evidence.ts';
import { wordCount } from '../memory/search/tokenize.ts';

/** Words of a question that a small model still answers. */
const SHORT = 16;
/** Part of the weight of a sentence's words that its lines have to hold, where how or why is asked. */
const LITERAL = 0.9;
/**
 * How, why and what then, one language a line; "how many" asks for a number, which stands in a line. `WHY` and
 * `BEHAVIOUR` in ../evidence/inquiry.ts are like it and choose the evidence: a word may belong there too.
 */
const HOW_WORDS = [
  String.raw`how(?!\s+(?:many|much|long|often|old|far|large|big)\b)|why|what happens`,
  String.raw`wie(?!\s+(?:viele?|lange|oft|groß|alt)(?!\p{L}))|warum|wieso|weshalb|was passiert\p{L}*`,
  String.raw`comment|pourquoi|que se passe\p{L}*`,
  String.raw`cómo|por qué|qué pasa\p{L}*`,
  String.raw`como(?!\s+muit[ao]s?(?!\p{L}))|por que|o que acontece\p{L}*`,
  String.raw`come|perché|cosa succede\p{L}*`,
  'как|почему|зачем',
];
/** Of languages that put no blanks between words: anywhere. Not "whether" in Japanese. */
const HOW_UNSPACED = ['怎么|怎样|如何|为什么', 'どう(?!か)|どのように|なぜ', '어떻게|왜'];
const HOW = new RegExp(
  String.raw`^[^\p{L}]*(?:${HOW_WORDS.join('|')})(?![\p{L}\p{N}_])|${HOW_UNSPACED.join('|')}`,
  'iu',
);

/**
 * Whether a model is not asked, because the lines say more than its sentences would: under a complete list that is
 * empty or has more places than the model can name, and, of a small model, under the lines of a long question, whose
 * answers it mostly makes up (test/eval/answers-read.md).
 */
export function areLinesTheAnswer(evidence: Evidence, question: string, { sentences, places }: AnswerProfile): boolean {
  const isSmall = sentences.kind === 'sourced';
  if (isCounted(evidence)) return evidence.count > places || (isSmall && evidence.count === 0);
  return isSmall && evidence.kind === 'lines' && wordCount(question) > SHORT;
}

/**
 * The part of a small model's sentence that its lines have to hold, 0..1. Of how and why, what the model takes from
 * several places it puts together wrongly (test/eval/answers-read.md).
 */
export function leastSupport(kind: EvidenceKind | undefined, question: string): number {
  if (kind === 'trace' || kind === 'history' || kind === 'howto') return LITERAL;
  return kind === 'lines' && HOW.test(question) ? LITERAL : 0;
}
