import * as v from 'valibot';
import type { Destination } from '../answer-model/answer-model.ts';
import type { AnswerEvent } from '../answer/answer.ts';
import type { Attributed } from '../answer/citation.ts';
import type { PlacedLines } from '../answer/excerpt.ts';
import { EVIDENCE_KINDS, EVIDENCE_LABELS, linesShown } from '../evidence/evidence.ts';
import type { Evidence, EvidenceChoice, EvidenceItem } from '../evidence/evidence.ts';
import type { RankedFile } from '../retrieve/ranked-files.ts';
import { ACTIONS } from '../common/error-codes.ts';

/** Sizes of what is kept and of what is let in from a page or a file. */
export const TRANSCRIPT = {
  /** Characters of a question: more than the model reads. */
  question: 8_000,
  /** Characters of an answer; the engine stops long before. */
  answer: 100_000,
  /** Characters of a path, a term list or a sentence that is shown. */
  line: 10_000,
  /** Ranked files that are kept beside an answer at most; the others own the rest of the shares. */
  ranked: 20,
  /** Lines of one ranked file, as runs. */
  lines: 5,
  /** Places that an answer was made of. */
  places: 200,
  /** Items of evidence, and characters of each. */
  evidence: 40,
  evidenceText: 1_500,
  sentences: 2_000,
  /** Names of a sentence that stand in no file. */
  names: 50,
  /** Characters of a conversation's title. */
  title: 80,
  exchanges: 200,
} as const;

const line = v.pipe(v.string(), v.maxLength(TRANSCRIPT.line));
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const count = v.pipe(v.number(), v.finite(), v.minValue(0));
const share = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1.001));
const listOf = <S extends v.GenericSchema>(item: S, most: number) =>
  v.pipe(v.array(item), v.maxLength(most), v.readonly());

const scopeSchema = v.object({
  base: v.variant('kind', [
    v.object({ kind: v.literal('workspace') }),
    v.object({ kind: v.literal('folder'), path: line }),
    v.object({ kind: v.literal('files'), paths: listOf(line, 10_000) }),
    v.object({ kind: v.literal('changed') }),
  ]),
  terms: line,
});

/** Versions before kept more of both. */
const rankedSchema = v.object({
  path: line,
  share,
  lines: listOf(v.object({ start: count, end: count, cells: v.optional(line), share }), 20),
}) satisfies v.GenericSchema<unknown, RankedFile>;

export const placeSchema = v.object({ path: line, start: count, end: count }) satisfies v.GenericSchema<
  unknown,
  PlacedLines
>;

const evidenceLinesSchema = v.object({ start: count, end: count });

const evidenceKindSchema = v.picklist(EVIDENCE_KINDS);

/** What a user may choose for a question. */
export const evidenceChoiceSchema = v.picklist([...EVIDENCE_KINDS, 'none']) satisfies v.GenericSchema<
  unknown,
  EvidenceChoice
>;

/** What answers a question by itself. */
const evidenceSchema = v.object({
  kind: evidenceKindSchema,
  items: listOf(
    v.object({
      label: v.picklist(EVIDENCE_LABELS),
      path: line,
      lines: evidenceLinesSchema,
      text: v.pipe(v.string(), v.maxLength(TRANSCRIPT.evidenceText)),
      note: line,
    }),
    TRANSCRIPT.evidence,
  ),
  from: count,
  count,
  files: count,
  names: count,
  isComplete: v.boolean(),
}) satisfies v.GenericSchema<unknown, Evidence>;

const sentenceSchema = v.object({
  text: v.pipe(v.string(), v.maxLength(TRANSCRIPT.answer)),
  kind: v.picklist(['prose', 'code']),
});

/** Names that stand in no file. */
const unknownNames = v.optional(listOf(line, TRANSCRIPT.names));

const attributedSchema = v.variant('kind', [
  v.object({
    kind: v.literal('supported'),
    sentence: sentenceSchema,
    citation: v.object({ path: line, start: count, end: count, cells: v.optional(line), overlap: share }),
    unknown: unknownNames,
  }),
  v.object({ kind: v.literal('unsupported'), sentence: sentenceSchema, reason: line, unknown: unknownNames }),
]) satisfies v.GenericSchema<unknown, Attributed>;

/** Where a prompt goes. */
const destinationSchema = v.variant('kind', [
  v.object({ kind: v.literal('process') }),
  v.object({ kind: v.literal('loopback'), address: line }),
  v.object({ kind: v.literal('network'), address: line }),
  v.object({ kind: v.literal('editor'), vendor: line }),
]) satisfies v.GenericSchema<unknown, Destination>;

export const actionSchema = v.picklist(ACTIONS);

const stateSchema = v.variant('kind', [
  v.object({ kind: v.literal('waiting'), message: line }),
  v.object({ kind: v.literal('recalling'), message: line }),
  /** The model reads the places; `percent` of their tokens, 0..100. */
  v.object({ kind: v.literal('reading'), message: line, percent: count }),
  v.object({ kind: v.literal('writing'), message: line }),
  /** The text is whole; `percent` of its sentences were looked up in the files, 0..100. */
  v.object({ kind: v.literal('checking'), message: line, percent: count }),
  v.object({
    kind: v.literal('answered'),
    sentences: listOf(attributedSchema, TRANSCRIPT.sentences),
    /** Why it ended there: the model was done, or the longest length was reached. */
    ending: line,
    seconds: count,
    tokens: count,
    /** Tokens per second of writing. */
    rate: count,
    /** Sentences without a source that are no part of the text; versions before left out none. */
    leftOut: v.optional(count, 0),
  }),
  v.object({
    kind: v.literal('unknown'),
    message: line,
    seconds: count,
    /** Left out by versions that had none. */
    action: v.optional(actionSchema, 'none'),
  }),
  v.object({ kind: v.literal('stopped'), message: line, seconds: count }),
  v.object({ kind: v.literal('failed'), message: line, action: actionSchema }),
]);

const answerText = v.pipe(v.string(), v.maxLength(TRANSCRIPT.answer));

/** An event on the way to an answer, as large as `withinLimits` leaves it. */
export const eventSchema = v.variant('kind', [
  v.object({ kind: v.literal('partial'), percent: count }),
  v.object({ kind: v.literal('preliminary'), files: listOf(rankedSchema, TRANSCRIPT.ranked), percent: count }),
  v.object({ kind: v.literal('embedded'), segments: count, ofSegments: count }),
  v.object({ kind: v.literal('recalled'), files: listOf(rankedSchema, TRANSCRIPT.ranked) }),
  v.object({ kind: v.literal('evidence'), evidence: evidenceSchema }),
  v.object({ kind: v.literal('read'), places: listOf(placeSchema, TRANSCRIPT.places), stale: count }),
  v.object({ kind: v.literal('model'), name: line, destination: destinationSchema }),
  v.object({ kind: v.literal('prefilled'), tokens: count, of: count }),
  v.object({ kind: v.literal('token'), text: answerText }),
  v.object({ kind: v.literal('checking'), sentences: count, of: count }),
  v.object({ kind: v.literal('unknown'), reason: v.picklist(['far', 'changed']) }),
  v.object({
    kind: v.literal('answered'),
    answer: v.object({
      text: answerText,
      ending: v.picklist(['stop', 'repeated', 'length', 'context']),
      sentences: listOf(attributedSchema, TRANSCRIPT.sentences),
      leftOut: count,
      promptTokens: count,
      tokens: count,
      prefillMs: count,
      decodeMs: count,
    }),
  }),
]) satisfies v.GenericSchema<unknown, AnswerEvent>;

export const exchangeSchema = v.object({
  id,
  question: v.pipe(v.string(), v.maxLength(TRANSCRIPT.question)),
  scope: scopeSchema,
  /** Lines that the question is about. */
  selection: v.optional(placeSchema),
  /** Milliseconds since 1970. */
  asked: count,
  /** Said while the first reading of the files goes on. */
  partial: v.optional(line),
  /** The files that the question brought back, best first. */
  ranked: v.optional(listOf(rankedSchema, TRANSCRIPT.ranked)),
  /** The kind of question, where the user chose it. */
  evidenceKind: v.optional(evidenceChoiceSchema),
  /** What answers a question of a known kind by itself. */
  evidence: v.optional(evidenceSchema),
  /** What entered the prompt, and how many places had changed and were left out. */
  read: v.optional(v.object({ places: listOf(placeSchema, TRANSCRIPT.places), stale: count })),
  /** Who wrote the answer, and where the prompt went; left out by versions that knew one model. */
  model: v.optional(v.object({ name: line, destination: destinationSchema })),
  text: answerText,
  state: stateSchema,
});

export const conversationSchema = v.object({
  id,
  title: v.pipe(v.string(), v.maxLength(TRANSCRIPT.title + 1)),
  /** Milliseconds since 1970. */
  updated: count,
  exchanges: listOf(exchangeSchema, TRANSCRIPT.exchanges),
});

// For the page, which knows the chat alone.
export type { AnswerEvent, Attributed, Evidence, EvidenceChoice, EvidenceItem, PlacedLines, RankedFile };
export { EVIDENCE_KINDS, linesShown };
export type ExchangeState = v.InferOutput<typeof stateSchema>;
export type Exchange = v.InferOutput<typeof exchangeSchema>;
export type Conversation = v.InferOutput<typeof conversationSchema>;

/** Whether more is to come for an exchange. */
export function unfinished({ state }: Exchange): boolean {
  return ['waiting', 'recalling', 'reading', 'writing', 'checking'].includes(state.kind);
}

/** A conversation is called by its first question, on one line. */
export function titleOf(question: string): string {
  const line = question.replace(/\s+/gu, ' ').trim();
  return line.length <= TRANSCRIPT.title ? line : `${line.slice(0, TRANSCRIPT.title - 1).trimEnd()}…`;
}
