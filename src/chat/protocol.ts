import * as v from 'valibot';
import type { MemoryState } from '../service/protocol.ts';
import { holdsStrings } from './strings.ts';
import type { Strings } from './strings.ts';
import {
  actionSchema,
  conversationSchema,
  eventSchema,
  evidenceChoiceSchema,
  exchangeSchema,
  placeSchema,
  TRANSCRIPT,
} from './transcript.ts';

/*
 * What the host and the chat's page say to each other. The host owns everything; the page shows it and forgets it. Both
 * sides let in only what has the shape below: the page shows text that nobody vouches for.
 */

const line = v.pipe(v.string(), v.maxLength(TRANSCRIPT.line));
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const count = v.pipe(v.number(), v.finite(), v.minValue(0));
const question = v.pipe(v.string(), v.maxLength(TRANSCRIPT.question));
const answer = v.pipe(v.string(), v.maxLength(TRANSCRIPT.answer));
const lineNumber = v.pipe(v.number(), v.integer(), v.minValue(1));

export type { Action } from '../common/error-codes.ts';

/** Which chip is chosen; the host knows which files that means when the question is asked. */
const choiceSchema = v.object({ kind: v.picklist(['workspace', 'folder', 'editors', 'changed']), terms: line });

const memorySchema = v.variant('kind', [
  v.object({ kind: v.literal('opening'), message: line }),
  v.object({ kind: v.literal('walking'), message: line, files: count }),
  v.object({
    kind: v.literal('reading'),
    message: line,
    percent: count,
    files: count,
    ofFiles: count,
    path: line,
  }),
  v.object({
    kind: v.literal('embedding'),
    message: line,
    percent: count,
    files: count,
    rate: count,
    secondsLeft: v.optional(count),
    path: line,
  }),
  v.object({ kind: v.literal('paused'), message: line, percent: count, isIndexed: v.boolean() }),
  v.object({
    kind: v.literal('ready'),
    message: line,
    files: count,
    segments: count,
    suggestedPlaces: v.pipe(v.array(line), v.maxLength(10), v.readonly()),
  }),
  v.object({ kind: v.literal('failed'), message: line, action: actionSchema }),
]) satisfies v.GenericSchema<unknown, MemoryState>;

const editorContextSchema = v.object({
  /** `none` where no folder is open. */
  workspace: v.picklist(['open', 'none']),
  /** Where the workspace is not trusted, git is not asked which files have changed. */
  trust: v.picklist(['trusted', 'restricted']),
  /** The folder of the active editor, as it is shown. */
  folder: v.optional(line),
  /** Lines that are selected in the active editor. */
  selection: v.optional(placeSchema),
  /** Open editors that show a file of the workspace. */
  editors: count,
  suggestions: v.pipe(v.array(line), v.maxLength(10), v.readonly()),
  /** Where the memory of each folder stands. */
  memories: v.pipe(v.array(v.object({ name: line, state: memorySchema })), v.maxLength(1_000), v.readonly()),
  /** Other conversations, newest first. `updated` in milliseconds since 1970. */
  recent: v.pipe(v.array(v.object({ id, title: line, updated: count })), v.maxLength(1_000), v.readonly()),
});

const hostSchema = v.variant('kind', [
  v.object({
    kind: v.literal('all'),
    strings: v.custom<Strings>(holdsStrings),
    conversation: conversationSchema,
    editorContext: editorContextSchema,
  }),
  v.object({ kind: v.literal('conversation'), conversation: conversationSchema }),
  v.object({ kind: v.literal('exchange'), conversation: id, exchange: exchangeSchema }),
  /** What happened on the way to an answer that has `at` characters until now, `seconds` after its question. */
  v.object({ kind: v.literal('event'), exchange: id, event: eventSchema, seconds: count, at: count }),
  v.object({ kind: v.literal('editor-context'), editorContext: editorContextSchema }),
  v.object({ kind: v.literal('focus') }),
]);

const pageSchema = v.variant('kind', [
  v.object({ kind: v.literal('ready') }),
  /** Somebody begins to write: the model may be loaded. */
  v.object({ kind: v.literal('typing') }),
  /** With `replaces`, that exchange and all after it make room; without a `scope`, all but its words is kept. */
  v.object({
    kind: v.literal('ask'),
    question,
    scope: v.optional(choiceSchema),
    selection: v.optional(placeSchema),
    /** The kind of question, where the user chose it. */
    evidenceKind: v.optional(evidenceChoiceSchema),
    replaces: v.optional(id),
  }),
  /** Another page of an exchange's evidence. */
  v.object({ kind: v.literal('evidence'), exchange: id, from: count }),
  v.object({ kind: v.literal('stop') }),
  v.object({ kind: v.literal('open'), path: line, start: v.optional(lineNumber), end: v.optional(lineNumber) }),
  v.object({ kind: v.literal('copy'), text: answer }),
  v.object({ kind: v.literal('copyAnswer'), exchange: id }),
  v.object({ kind: v.literal('insert'), text: answer }),
  /** The button of a failure: an exchange's, or without one the memory's. */
  v.object({ kind: v.literal('act'), action: actionSchema, exchange: v.optional(id) }),
  v.object({ kind: v.literal('openFolder') }),
  v.object({ kind: v.literal('switch'), conversation: id }),
  v.object({ kind: v.literal('delete'), conversation: id }),
  v.object({ kind: v.literal('history') }),
]);

export type ScopeChoice = v.InferOutput<typeof choiceSchema>;
export type EditorContext = v.InferOutput<typeof editorContextSchema>;
export type HostMessage = v.InferOutput<typeof hostSchema>;
export type PageMessage = v.InferOutput<typeof pageSchema>;

/** A message of the host, or undefined where it is none. */
export function hostMessage(value: unknown): HostMessage | undefined {
  const parsed = v.safeParse(hostSchema, value);
  return parsed.success ? parsed.output : undefined;
}

/** A message of the page, or undefined where it is none. */
export function pageMessage(value: unknown): PageMessage | undefined {
  const parsed = v.safeParse(pageSchema, value);
  return parsed.success ? parsed.output : undefined;
}
