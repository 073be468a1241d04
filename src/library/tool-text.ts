/** Counts the tokens of a text, by whichever model reads it. */
export type CountTokens = (text: string) => number | PromiseLike<number>;

/** What a tool answers, in parts: a budget takes items from the end, and keeps what says how sure the answer is. */
export interface ToolText {
  /** What was found, in a sentence or a list; cut only where it and the foot alone are too long. */
  readonly head: string;
  /** Results, best first. Each stands alone. */
  readonly items: readonly string[];
  /** What the answer does not cover; kept whatever the budget. */
  readonly foot: string;
  /** By the number of items that are shown: where the next call goes on, as its "from". Missing where all is shown. */
  readonly next?: readonly (number | undefined)[];
  /** What the next call names that number by, where it is not "from". */
  readonly goesOnBy?: 'from' | 'start';
}

export interface FittedText {
  readonly text: string;
  readonly tokens: number;
  /** Items that are shown whole. */
  readonly shown: number;
}

/**
 * The text within a number of tokens. Items that do not fit are left out from the end, and the text says how many;
 * where not even the first fits, its first lines are shown.
 */
export async function fitText(parts: ToolText, budget: number, count: CountTokens): Promise<FittedText> {
  const { items } = parts;
  const frame = await count(compose(parts, 0));
  let shown = 0;
  let used = frame;
  for (const item of items) {
    used += 1 + (await count(item));
    if (used > budget) break;
    shown += 1;
  }
  // A text's tokens are not quite those of its parts.
  for (; shown > 0; shown -= 1) {
    const text = compose(parts, shown);
    const tokens = await count(text);
    if (tokens <= budget) return { text, tokens, shown };
  }
  return firstLines(parts, budget, count);
}

/** Not even one item fits: as many lines as fit of the first. */
async function firstLines(parts: ToolText, budget: number, count: CountTokens): Promise<FittedText> {
  const lines = parts.items[0]?.split('\n') ?? [];
  const cut = (kept: number): string => compose(parts, 0, [...lines.slice(0, kept), '(cut here)'].join('\n'));
  return (await longest(lines.length - 1, cut, budget, count)) ?? cutHead(parts, budget, count);
}

/** Not even the head fits: its last lines go, so that the answer still ends with what it does not cover. */
async function cutHead(parts: ToolText, budget: number, count: CountTokens): Promise<FittedText> {
  const lines = parts.head.split('\n');
  const cut = (kept: number): string => {
    const head = kept < lines.length ? [...lines.slice(0, kept), '(cut here)'].join('\n') : parts.head;
    return compose({ ...parts, head }, 0);
  };
  const fitted = await longest(lines.length, cut, budget, count);
  if (fitted !== undefined) return fitted;
  // One line is too long, or the foot.
  let text = compose(parts, 0);
  let tokens = await count(text);
  while (tokens > budget && text.length > 1) {
    text = text.slice(0, Math.min(text.length - 1, Math.floor((0.95 * text.length * budget) / tokens)));
    tokens = await count(text);
  }
  return { text, tokens, shown: 0 };
}

/** The text of the most lines, one at least, that fits; by halves, since each trial is counted whole. */
async function longest(
  most: number,
  textOf: (lines: number) => string,
  budget: number,
  count: CountTokens,
): Promise<FittedText | undefined> {
  let best: FittedText | undefined;
  for (let [least, above] = [1, most + 1]; least < above;) {
    const lines = Math.floor((least + above) / 2);
    const text = textOf(lines);
    const tokens = await count(text);
    if (tokens <= budget) [best, least] = [{ text, tokens, shown: 0 }, lines + 1];
    else above = lines;
  }
  return best;
}

function compose({ head, items, foot, next, goesOnBy = 'from' }: ToolText, shown: number, cut?: string): string {
  const left = items.length - shown;
  const from = next?.[shown];
  const how =
    from === undefined
      ? 'Raise "tokens", or narrow the call.'
      : `For what comes next, repeat the call with "${goesOnBy}": ${from}.`;
  const more = left > 0 ? `${leftOut(left, items.length, cut !== undefined)} ${how}` : from === undefined ? '' : how;
  return [head, ...items.slice(0, shown), cut ?? '', more, foot].filter((part) => part !== '').join('\n\n');
}

function leftOut(left: number, of: number, isCut: boolean): string {
  if (!isCut) return `${left} of ${of} results are left out to keep the token budget.`;
  const rest = of > 1 ? `The first of ${of} results is cut, and no other is shown,` : 'The result is cut';
  return `${rest} to keep the token budget.`;
}
