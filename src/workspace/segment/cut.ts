import { describeLines, isHeading } from './line.ts';
import type { Line, LineKind } from './line.ts';

/**
 * What it costs to begin a segment at a line: 0 is the best place, 1 and more the middle of something. Only the ratios
 * count. Tuned, on sources in several languages, for few cuts inside definitions that would fit into one segment.
 */
const cost = {
  /** Per four columns of indentation, up to `deepest` columns: the outermost place is wanted. */
  indent: 0.4,
  deepest: 16,
  /** No blank line above. */
  joined: 0.4,
  /** Neither the line nor what its comments and decorators lead to looks like the start of a definition. */
  body: 0.5,
  /** A closing bracket, `else`, `catch` …: it belongs to what is above. */
  closer: 0.8,
  /** The line above is the comment, the decorator or the attribute of this one. */
  attached: 0.9,
  /** Between two lines of one comment … */
  comment: 0.6,
  /** … and between two paragraphs of it. */
  paragraph: 0.3,
  /** Inside a block comment, a triple-quoted string or a fenced block. */
  inside: 0.5,
  /** The line above ends open (`{`, `(`, `:`, `=` …): this is the first line of its body. */
  opened: 0.4,
  /** The line above ends with a comma: a list goes on. */
  item: 0.1,
  /** The last text above is a heading: a title stays with its section. */
  titled: 0.5,
  /** A blank line, over the text below it: it goes with what is above, so that segments begin with text. */
  blank: 0.4,
  /** A blank line that nothing follows. */
  last: 1.2,
  /**
   * Times a hash, in [0, 1), of the two lines at the boundary. Among equal places the content chooses and not the
   * position, so that after an edit the same places win again.
   */
  tie: 0.2,
} as const;

const open = /(?:[{([:=\\|&+]|=>|->|\bdo|\bbegin)$/;

/**
 * For every line, the cost of beginning a segment there. The first line's means nothing.
 * Each depends on the line, its neighbors and the run of comments it begins, on nothing farther away.
 */
export function cutCosts(text: readonly string[]): Float64Array {
  const lines = describeLines(text);
  const leads = whatFollowsComments(lines);
  const costs = new Float64Array(lines.length);
  let above: Line | undefined;
  let lastText: Line | undefined;
  for (const [i, line] of lines.entries()) {
    if (above && above.kind !== 'blank') lastText = above;
    if (line.kind !== 'blank') {
      const tie = cost.tie * fraction(`${lastText?.trimmed ?? ''}\n${line.trimmed}`);
      costs[i] = tie + structural(line, leads[i] ?? 'blank', above, lastText);
    }
    above = line;
  }
  let below: number = cost.last;
  for (let i = lines.length - 1; i >= 0; i--) {
    if (lines[i]?.kind === 'blank') costs[i] = below + cost.blank;
    else below = costs[i] ?? below;
  }
  return costs;
}

function structural(line: Line, lead: LineKind, above: Line | undefined, lastText: Line | undefined): number {
  let value = (cost.indent * Math.min(line.indent, cost.deepest)) / 4;
  const commentGoesOn = line.kind === 'comment' && above?.kind === 'comment';
  if (above && above.kind !== 'blank') value += cost.joined;
  else if (lastText && isHeading(lastText)) value += cost.titled;
  if (commentGoesOn) value += /\w/.test(above.trimmed) ? cost.comment : cost.paragraph;
  else if (above?.kind === 'comment' || above?.kind === 'decorator') value += cost.attached;
  if (line.inside) value += cost.inside;
  if (line.kind === 'closer') value += cost.closer;
  const begins = lead === 'definition' || (line.kind === 'comment' && lead === 'blank');
  if (!begins) value += cost.body;
  if (above && open.test(above.trimmed)) value += cost.opened;
  else if (above?.trimmed.endsWith(',')) value += cost.item;
  return value;
}

/** For every line, the kind of the first line at or after it that is neither a comment nor a decorator. */
function whatFollowsComments(lines: readonly Line[]): LineKind[] {
  let lead: LineKind = 'blank';
  return lines
    .toReversed()
    .map(({ kind }) => {
      if (kind !== 'comment' && kind !== 'decorator') lead = kind;
      return lead;
    })
    .reverse();
}

/** FNV-1a over the UTF-16 units, mixed once more, as a fraction in [0, 1). */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
