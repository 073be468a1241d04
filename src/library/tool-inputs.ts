import * as v from 'valibot';
import { ROLES } from '../workspace/files/role.ts';

/** Tokens of an answer: what a call may ask for, and what it gets unasked. A search is short, because it goes on. */
export const TOKENS = { least: 256, most: 32_000, usual: 4_000, search: 2_000 } as const;

const LONGEST_QUESTION = 20_000;
const tokens = v.optional(v.pipe(v.number(), v.integer(), v.minValue(TOKENS.least), v.maxValue(TOKENS.most)));
const paths = v.optional(v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(400))), v.maxLength(50)));
const line = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)));
const revision = v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(1_000)));
const kind = v.optional(v.picklist(ROLES));

/** What each tool takes. The manifest describes the same to models; a test compares the two. */
export const toolInputs = {
  search_codebase: v.strictObject({
    question: v.pipe(v.string(), v.minLength(1), v.maxLength(LONGEST_QUESTION)),
    scope: v.optional(v.pipe(v.string(), v.maxLength(1_000))),
    paths,
    kind,
    at: revision,
    from: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(50))),
    tokens,
  }),
  read_lines: v.strictObject({
    path: v.pipe(v.string(), v.minLength(1), v.maxLength(4_096)),
    start: line,
    end: line,
    at: revision,
    tokens,
  }),
  find_references: v.strictObject({
    name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
    paths,
    kind,
    at: revision,
    tokens,
  }),
  what_changed: v.strictObject({ base: revision, head: revision, paths, tokens }),
} as const;

export type ToolName = keyof typeof toolInputs;

export function isToolName(name: string): name is ToolName {
  return Object.hasOwn(toolInputs, name);
}
