import * as v from 'valibot';

const stateSchema = v.object({
  draft: v.object({
    text: v.string(),
    scope: v.object({ kind: v.picklist(['workspace', 'folder', 'editors', 'changed']), terms: v.string() }),
  }),
  /** Where the transcript stood, and in which conversation; left out at its end. */
  scrolled: v.optional(v.object({ conversation: v.string(), top: v.number() })),
});

/** What a page leaves to the page that comes after it. Everything else is the host's. */
export type PageState = v.InferOutput<typeof stateSchema>;

export function pageState(value: unknown): PageState | undefined {
  const parsed = v.safeParse(stateSchema, value);
  return parsed.success ? parsed.output : undefined;
}
