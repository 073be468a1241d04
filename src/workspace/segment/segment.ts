import { cutCosts } from './cut.ts';
import { splitLines } from './line.ts';

/** A run of whole lines of one file. `start` and `end` are 1-based and inclusive; `text` keeps its line ends. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface SegmentOptions {
  /** The most tokens a segment may have, its header not counted. A longer line stands alone. In use: 256. */
  readonly maxTokens: number;
  /** The tokens of a text. Called once for every different line and once or twice for every segment. */
  readonly measure: (text: string) => number;
}

/** In the unit of the cut costs (`cut.ts`), where not said otherwise. */
const weight = {
  /** Every segment costs this, so that small neighbors share one. */
  each: 0.5,
  /** A segment below this part of `maxTokens` costs up to `small` more, by the square of what it lacks. */
  half: 0.5,
  small: 2,
  /** A place that no place within this many times `maxTokens` before or after it can beat is always cut. */
  wall: 1.5,
  /** No wall is nearer, in `maxTokens`, to an end of the file, where it has rivals on one side only. */
  edge: 1,
} as const;

/**
 * Cuts a text into segments: every line in exactly one, in order, joined again the text; none for an empty text.
 *
 * Stability comes from two things. *Walls*, the best places far and wide, are chosen by the lines around them alone,
 * and are always cut. Between two walls the cheapest set of cuts is found exactly; an edit cannot move a cut beyond the
 * walls around it, and the tie-breaking hash makes it rare that it moves any. Packing from the top would move them all.
 */
export function segment(text: string, options: SegmentOptions): Segment[] {
  const { maxTokens, measure } = options;
  if (!(maxTokens >= 1)) throw new RangeError(`maxTokens must be at least 1, not ${maxTokens}.`);
  const lines = splitLines(text);
  const tokens = lineTokens(lines, measure);
  const costs = cutCosts(lines);
  const walls = findWalls(tokens, costs, maxTokens);
  const make = (from: number, to: number): Segment[] => {
    const text = lines.slice(from, to).join('');
    // A tokenizer may give a text a few tokens more than the sum over its lines, so the whole is measured too.
    if (to - from === 1 || measure(text) <= maxTokens) return [{ start: from + 1, end: to, text }];
    const middle = middleCut(tokens, costs, from, to, maxTokens);
    return [...make(from, middle), ...make(middle, to)];
  };
  const starts = cheapestStarts(tokens, costs, walls, maxTokens);
  return starts.flatMap((from, i) => make(from, starts[i + 1] ?? lines.length));
}

/**
 * The tokens of every line, at least 1: no segment then has more than `maxTokens` lines, and the search stays linear.
 */
function lineTokens(lines: readonly string[], measure: (text: string) => number): Float64Array {
  const known = new Map<string, number>();
  return Float64Array.from(lines, (line) => {
    const count = known.get(line) ?? Math.max(1, measure(line));
    known.set(line, count);
    return count;
  });
}

/** 1 at every line whose cost is the lowest among all lines within reach before and after it; the first of equals. */
function findWalls(tokens: Float64Array, costs: Float64Array, maxTokens: number): Uint8Array {
  const walls = new Uint8Array(tokens.length);
  const reach = weight.wall * maxTokens;
  const edge = weight.edge * maxTokens;
  const all = tokens.reduce((sum, count) => sum + count, 0);
  let above = 0;
  for (let i = 1; i < tokens.length; i++) {
    above += tokens[i - 1] ?? 0;
    if (Math.min(above, all - above) < edge) continue;
    const own = costs[i] ?? 0;
    let before = 0;
    let after = 0;
    // Both directions in step: a line that is no wall is mostly beaten by a near one, whichever side that is on.
    for (let step = 1; ; step++) {
      before += tokens[i - step] ?? Infinity;
      after += tokens[i + step - 1] ?? Infinity;
      const hasBefore = before <= reach && i - step >= 1;
      const hasAfter = after <= reach && i + step < tokens.length;
      if (!hasBefore && !hasAfter) {
        walls[i] = 1;
        break;
      }
      if (hasBefore && (costs[i - step] ?? 0) <= own) break;
      if (hasAfter && (costs[i + step] ?? 0) < own) break;
    }
  }
  return walls;
}

/** The first lines (0-based) of the cheapest segments that respect every wall. Shortest path, one node per line. */
function cheapestStarts(tokens: Float64Array, costs: Float64Array, walls: Uint8Array, maxTokens: number): number[] {
  const count = tokens.length;
  const total = new Float64Array(count + 1);
  const previous = new Int32Array(count + 1);
  for (let end = 1; end <= count; end++) {
    let size = 0;
    let lowest = Infinity;
    for (let start = end - 1; start >= 0; start--) {
      size += tokens[start] ?? 0;
      if (size > maxTokens && start < end - 1) break;
      const lacking = Math.max(0, 1 - size / maxTokens / weight.half);
      const value = (total[start] ?? 0) + (costs[start] ?? 0) + weight.each + weight.small * lacking ** 2;
      if (value < lowest) {
        lowest = value;
        previous[end] = start;
      }
      if (walls[start] === 1) break;
    }
    // Every path runs through a wall: counting from zero there keeps rounding apart as well.
    total[end] = walls[end] === 1 ? 0 : lowest;
  }
  const starts: number[] = [];
  for (let end = count; end > 0; end = previous[end] ?? 0) starts.push(previous[end] ?? 0);
  return starts.reverse();
}

/** A line between `from` and `to` (0-based, both outside) to split at: cheap, and near the middle. */
function middleCut(tokens: Float64Array, costs: Float64Array, from: number, to: number, maxTokens: number): number {
  const all = tokens.subarray(from, to).reduce((sum, count) => sum + count, 0);
  let before = 0;
  let lowest = Infinity;
  let middle = from + 1;
  for (let i = from + 1; i < to; i++) {
    before += tokens[i - 1] ?? 0;
    const value = (costs[i] ?? 0) + Math.abs(all - 2 * before) / maxTokens;
    if (value < lowest) {
      lowest = value;
      middle = i;
    }
  }
  return middle;
}
