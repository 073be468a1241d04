/** What one call of a tool puts into an agent's context. */
export interface Answer {
  readonly tokens: number;
  /** Files of which lines are shown; a name alone does not count. */
  readonly files: readonly string[];
}

/** What an agent spent on one question with one tool. */
export interface Spent {
  /** Whether lines of every gold file were shown before the tool, or the agent's patience, was at its end. */
  readonly isComplete: boolean;
  /** Part of the gold files of which lines were shown, 0..1. */
  readonly recall: number;
  /** Of all calls until then. */
  readonly tokens: number;
  readonly calls: number;
  /** Different files of which lines were shown. */
  readonly files: number;
}

/** Tokens after which an agent gives a question up: about what the context of a usual model holds. */
const PATIENCE = 128_000;

/**
 * Calls a tool until lines of all gold files are in context, the tool has nothing more, or the agent's patience ends.
 * Every call counts whole, and so does what an answer repeats: it is sent again.
 */
export async function spend(
  answers: AsyncIterable<Answer>,
  gold: readonly string[],
  patience = PATIENCE,
): Promise<Spent> {
  const shown = new Set<string>();
  let tokens = 0;
  let calls = 0;
  const found = () => gold.filter((path) => shown.has(path)).length;
  for await (const answer of answers) {
    // An answer that is too long for what is left is cut, and what it holds is not counted on.
    if (tokens + answer.tokens > patience) {
      tokens = patience;
      calls += 1;
      break;
    }
    tokens += answer.tokens;
    calls += 1;
    for (const path of answer.files) shown.add(path);
    if (found() === gold.length) break;
  }
  return { isComplete: found() === gold.length, recall: found() / gold.length, tokens, calls, files: shown.size };
}

/** A tool's row: means over questions. */
interface CostRow {
  /** Part of the questions. */
  readonly complete: number;
  readonly recall: number;
  readonly tokens: { readonly mean: number; readonly median: number };
  readonly calls: number;
  readonly files: number;
}

/** Means over what was spent on each question; those that were given up count with what they cost. */
export function costRow(spent: readonly Spent[]): CostRow {
  const mean = (of: (one: Spent) => number) => spent.reduce((sum, one) => sum + of(one), 0) / spent.length;
  const sorted = spent.map(({ tokens }) => tokens).sort((a, b) => a - b);
  const [low = 0, high = low] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ];
  return {
    complete: mean(({ isComplete }) => Number(isComplete)),
    recall: mean(({ recall }) => recall),
    tokens: { mean: mean(({ tokens }) => tokens), median: (low + high) / 2 },
    calls: mean(({ calls }) => calls),
    files: mean(({ files }) => files),
  };
}
