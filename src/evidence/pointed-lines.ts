import { definingLines } from '../workspace/segment/definition.ts';
import { questionTerms, terms } from '../memory/search/tokenize.ts';
import { roleOf } from '../workspace/files/role.ts';
import { namesIn } from '../retrieve/identifiers.ts';
import type { LineRange } from '../retrieve/named-lines.ts';
import type { Corpus } from './corpus.ts';
import { definitionsOf, extentOf } from './definition.ts';
import type { Gathered } from './evidence.ts';
import type { LinesOf } from './history.ts';

const LIMITS = {
  /** Recalled places that are looked at, and places that are shown. */
  places: 6,
  shown: 3,
  /** Lines of a definition that is shown whole, and of what is shown of a longer one. */
  whole: 30,
  window: 10,
  /** Lines above a place in which its definition may begin. */
  above: 60,
  /** Characters of a line in which a name is defined, and lines below it that tell whether it has a body. */
  characters: 200,
  below: 13,
  /** Definitions of a name: one that has more is no name of its own. */
  definitions: 3,
  /** Lines that are shown of a text at least, and around a line of code that stands in no definition. */
  paragraph: 8,
  around: 3,
  /** Each further line must add this much, so that what is shown is as short as it can be. */
  perLine: 0.12,
  /** Part of the best place's weight that another has to have, and what a later place of the ranking keeps. */
  near: 0.7,
  rank: 0.85,
} as const;

interface Scored {
  readonly path: string;
  readonly ranges: readonly LineRange[];
  readonly weight: number;
}

type Weights = ReadonlyMap<string, number>;

/**
 * For a question of no known kind: what it names, where that is defined; else, of the places that the ranking brought
 * back, the lines that hold most of its telling words, with the head of the definition that they stand in. A short
 * definition is shown whole.
 */
export async function gatherPointedLines(
  corpus: Corpus,
  question: string,
  recalled: readonly LinesOf[],
): Promise<Gathered> {
  if (recalled.length === 0) return { items: [], isComplete: false };
  const weights: Weights = new Map(questionTerms(question).map((term) => [term, weightOf(corpus, term)]));
  const named = await namedPlaces(corpus, question, weights, new Set(recalled.map(({ path }) => path)));
  const scored: Scored[] = [];
  for (const [at, { path, lines }] of recalled.slice(0, LIMITS.places).entries()) {
    const found = pointedIn(await corpus.lines(path), path, lines, weights);
    if (found) scored.push({ ...found, path, weight: found.weight * LIMITS.rank ** at });
  }
  scored.sort((a, b) => b.weight - a.weight);
  const least = LIMITS.near * (scored[0]?.weight ?? 0);
  const near = scored.filter(({ weight }) => weight >= least);
  const shown = apart([...named, ...near]).slice(0, LIMITS.shown);
  const items = await Promise.all(
    shown.flatMap(({ path, ranges }) => ranges.map((range) => corpus.item('line', path, capped(range)))),
  );
  return { items, isComplete: false };
}

/** A word that few segments hold tells much (inverse document frequency, Spärck Jones 1972). */
function weightOf({ index }: Corpus, term: string): number {
  const holding = index.holding(term, index.length).length;
  return holding === 0 ? 0 : Math.log(1 + index.length / (1 + holding));
}

/** Definitions of what the question names for sure, in the files that the ranking brought back. */
async function namedPlaces(
  corpus: Corpus,
  question: string,
  weights: Weights,
  recalled: ReadonlySet<string>,
): Promise<Scored[]> {
  // Of `res.json`, what is defined is `json`.
  const members = [...question.matchAll(/\b[A-Za-z_$][\w$]*\.([A-Za-z_$][\w$]*)/g)].map(([, name = '']) => name);
  const written = namesIn(question).flatMap(({ name, kind }) => (kind === 'word' ? [] : [name]));
  const found: Scored[] = [];
  for (const name of new Set([...members, ...written])) {
    const paths = corpus.holding([name]).paths.filter((path) => recalled.has(path) && roleOf(path) === 'source');
    const own = await definitionsOf(corpus, name, paths);
    if (own.length > LIMITS.definitions) continue;
    for (const { path, line, lines: head, context } of own) {
      const weight = weights.get(terms(name)[0] ?? '') ?? 0;
      const best = bestWindow(await corpus.lines(path), { start: head.end + 1, end: context.end }, weights);
      found.push({
        path,
        weight,
        ranges: definitionLines({ lines: head, context }, best?.range ?? { start: line, end: line }),
      });
    }
  }
  return found.slice(0, LIMITS.shown - 1);
}

/** What is shown of a place (lines from 1), and how much of the question's weight its best lines hold. */
function pointedIn(
  lines: readonly string[],
  path: string,
  place: LineRange,
  weights: Weights,
): { readonly ranges: readonly LineRange[]; readonly weight: number } | undefined {
  const best = bestWindow(lines, place, weights);
  if (!best) return undefined;
  const { range, weight } = best;
  if (['documentation', 'changelog'].includes(roleOf(path))) return { ranges: [paragraph(lines, range)], weight };
  const definition = definitionAround(lines, range, place);
  if (definition !== undefined) return { ranges: definitionLines(extentOf(lines, definition), range), weight };
  const start = Math.max(place.start, range.start - LIMITS.around);
  return { ranges: [{ start, end: Math.min(place.end, range.end + LIMITS.around) }], weight };
}

/** A short definition whole; of a long one its head, and the lines that were found in it. */
function definitionLines(
  { lines: head, context: whole }: Pick<ReturnType<typeof extentOf>, 'lines' | 'context'>,
  found: LineRange,
): LineRange[] {
  if (whole.end - whole.start < LIMITS.whole) return [whole];
  const start = Math.max(found.start, head.end + 1);
  // What the head says already needs no second place: the body's beginning is shown with it.
  if (start - head.end <= LIMITS.window) {
    return [{ start: head.start, end: Math.max(found.end, Math.min(whole.end, head.end + LIMITS.window)) }];
  }
  return [head, { start, end: Math.max(found.end, Math.min(whole.end, start + LIMITS.around)) }];
}

function bestWindow(lines: readonly string[], place: LineRange, weights: Weights) {
  const held = lines.slice(place.start - 1, place.end).map((line) => new Set(terms(line)));
  let best: { readonly range: LineRange; readonly weight: number } | undefined;
  let most = 0;
  for (const from of held.keys()) {
    const found = new Set<string>();
    let weight = 0;
    for (let to = from; to < Math.min(held.length, from + LIMITS.window); to += 1) {
      for (const [term, own] of weights) {
        if (found.has(term) || held[to]?.has(term) !== true) continue;
        found.add(term);
        weight += own;
      }
      const score = weight - LIMITS.perLine * (to - from);
      if (score <= most) continue;
      most = score;
      best = { range: { start: place.start + from, end: place.start + to }, weight };
    }
  }
  return best;
}

/** The line (from 0) that defines what some lines stand in, or what they are a comment of. */
function definitionAround(lines: readonly string[], range: LineRange, place: LineRange): number | undefined {
  for (let at = range.start - 1; at >= Math.max(0, range.start - LIMITS.above); at -= 1) {
    if (!defines(lines, at)) continue;
    if (extentOf(lines, at).context.end >= range.start) return at;
    break;
  }
  // A comment stands above what it is about.
  for (let at = range.start - 1; at < Math.min(lines.length, place.end + LIMITS.below); at += 1) {
    if (!defines(lines, at)) continue;
    return extentOf(lines, at).lines.start <= range.start ? at : undefined;
  }
  return undefined;
}

/** Whether a line (from 0) defines any name; the lines below tell whether it has a body. */
function defines(lines: readonly string[], at: number): boolean {
  const names = new Set((lines[at] ?? '').slice(0, LIMITS.characters).match(/[A-Za-z_$][\w$]*/g));
  const below = lines.slice(at, at + LIMITS.below);
  return [...names].some((name) => definingLines(below, name).includes(0));
}

/** Of a text, what stands between blank lines, and what follows where that is short: an example, most often. */
function paragraph(lines: readonly string[], { start, end }: LineRange): LineRange {
  const isText = (line: number) => (lines[line - 1] ?? '').trim() !== '';
  let [first, last] = [start, end];
  while (first > 1 && isText(first - 1) && start - first < LIMITS.paragraph) first -= 1;
  while (isText(last + 1) && last - first < LIMITS.whole) last += 1;
  const least = first + LIMITS.paragraph - 1;
  while (last < Math.min(lines.length, least) && !/^#{1,6}\s/.test(lines[last] ?? '')) last += 1;
  return { start: first, end: last };
}

const capped = ({ start, end }: LineRange): LineRange => ({ start, end: Math.min(end, start + LIMITS.whole - 1) });

/** Without those that have a line in common with one before. */
function apart(scored: readonly Scored[]): Scored[] {
  const kept: Scored[] = [];
  for (const one of scored) {
    const meets = kept.some(
      ({ path, ranges }) =>
        path === one.path && ranges.some((own) => one.ranges.some((it) => own.start <= it.end && it.start <= own.end)),
    );
    if (!meets) kept.push(one);
  }
  return kept;
}
