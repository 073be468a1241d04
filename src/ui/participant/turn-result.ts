import * as v from 'valibot';

/** Sizes of what is kept with a turn: the editor saves it with its conversation. */
const KEPT = { answer: 4_000, paths: 500 } as const;

const question = v.string();
/** Of a /scope of this conversation, for all turns after it. */
const terms = v.string();
/** What the next question is understood by; the lists around an answer are not part of it. */
const answer = v.string();

const resultSchema = v.variant('kind', [
  v.object({ kind: v.literal('answered'), question, answer, terms }),
  v.object({ kind: v.picklist(['listed', 'quoted']), question, terms }),
  /** With the files that differ and can be asked about. */
  v.object({ kind: v.literal('compared'), question, answer, paths: v.array(v.string()), terms }),
  v.object({ kind: v.literal('scoped'), terms }),
  v.object({ kind: v.literal('nothing'), message: v.string(), terms }),
]);

/** What became of a turn: kept with it, and read by the next one and by the suggestions. */
export type TurnResult = v.InferOutput<typeof resultSchema>;

/** The result of an earlier turn; undefined for one of somebody else, or of another version. */
export function turnResultOf(metadata: unknown): TurnResult | undefined {
  const parsed = v.safeParse(resultSchema, metadata);
  return parsed.success ? parsed.output : undefined;
}

/** The result with no more in it than is kept. */
export function keptResult(result: TurnResult): TurnResult {
  switch (result.kind) {
    case 'answered':
      return { ...result, answer: result.answer.slice(0, KEPT.answer) };
    case 'compared':
      return { ...result, answer: result.answer.slice(0, KEPT.answer), paths: result.paths.slice(0, KEPT.paths) };
    case 'listed':
    case 'quoted':
    case 'scoped':
    case 'nothing':
      return result;
  }
}
