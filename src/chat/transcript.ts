import * as v from 'valibot';
import { ACTIONS } from '../service/protocol.ts';

/** Sizes of what is kept and of what is let in from a page or a file. */
export const TRANSCRIPT = {
  /** Characters of a question: more than the model reads. */
  question: 8_000,
  /** Characters of an answer; the engine stops long before. */
  answer: 100_000,
  /** Characters of a path, a term list or a sentence that is shown. */
  line: 10_000,
  /** Files of a ranking that are kept beside an answer; the rest is in `others`. */
  pointed: 20,
  /** Line ranges of one pointed file. */
  ranges: 20,
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

const pointedSchema = v.object({
  path: line,
  share,
  lines: listOf(v.object({ start: count, end: count, share }), TRANSCRIPT.ranges),
});

export const placeSchema = v.object({ path: line, start: count, end: count });

const sentenceSchema = v.object({
  text: v.pipe(v.string(), v.maxLength(TRANSCRIPT.answer)),
  kind: v.picklist(['prose', 'code']),
});

const attributedSchema = v.variant('kind', [
  v.object({
    kind: v.literal('supported'),
    sentence: sentenceSchema,
    citation: v.object({ path: line, start: count, end: count, cells: v.optional(line), overlap: share }),
  }),
  v.object({ kind: v.literal('unsupported'), sentence: sentenceSchema, reason: line }),
]);

export const actionSchema = v.picklist(ACTIONS);

const stateSchema = v.variant('kind', [
  v.object({ kind: v.literal('waiting'), sentence: line }),
  v.object({ kind: v.literal('recalling'), sentence: line }),
  /** The model reads the places; `percent` of their tokens, 0..100. */
  v.object({ kind: v.literal('reading'), sentence: line, percent: count }),
  v.object({ kind: v.literal('writing'), sentence: line }),
  /** The text is whole; `percent` of its sentences were looked up in the files, 0..100. */
  v.object({ kind: v.literal('checking'), sentence: line, percent: count }),
  v.object({
    kind: v.literal('answered'),
    sentences: listOf(attributedSchema, 2_000),
    /** Why it ended there: the model was done, or the longest length was reached. */
    ending: line,
    seconds: count,
    tokens: count,
    /** Tokens per second of writing. */
    rate: count,
  }),
  v.object({
    kind: v.literal('unknown'),
    sentence: line,
    seconds: count,
    /** Left out by versions that had none. */
    action: v.optional(actionSchema, 'none'),
  }),
  v.object({ kind: v.literal('stopped'), sentence: line, seconds: count }),
  v.object({ kind: v.literal('failed'), sentence: line, action: actionSchema }),
]);

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
  /** `others` is the share of every file that is not listed. */
  pointed: v.optional(v.object({ files: listOf(pointedSchema, TRANSCRIPT.pointed), others: share })),
  /** What entered the prompt, and how many places had changed and were left out. */
  read: v.optional(v.object({ places: listOf(placeSchema, 200), stale: count })),
  text: v.pipe(v.string(), v.maxLength(TRANSCRIPT.answer)),
  state: stateSchema,
});

export const conversationSchema = v.object({
  id,
  title: v.pipe(v.string(), v.maxLength(TRANSCRIPT.title + 1)),
  /** Milliseconds since 1970. */
  updated: count,
  exchanges: listOf(exchangeSchema, TRANSCRIPT.exchanges),
});

export type Lines = v.InferOutput<typeof placeSchema>;
export type Pointed = v.InferOutput<typeof pointedSchema>;
export type Attribution = v.InferOutput<typeof attributedSchema>;
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
